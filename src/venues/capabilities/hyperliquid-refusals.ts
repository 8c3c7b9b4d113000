/**
 * Hyperliquid has no codes, only sentences. Those that its documents and its own clients quote are named here after the
 * documents' error types; a sentence that is not here is `unlisted`, and proves nothing.
 * https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/error-responses
 */
import type { RejectionCategory } from '../../domain/order.ts';
import { isRecord, textOrNull } from './raw.ts';
import type { VenueFailure } from './venue-dialect.ts';
import type { VenueReply } from '../calls/call-context.ts';

interface Refusal {
  readonly code: string;
  /** Null: it does not prove that an order was not executed. */
  readonly category: RejectionCategory | null;
  readonly said: RegExp;
}

/** An order's error ends in ` asset=4`, which the documents leave out; some lack the full stop. */
function order(code: string, category: RejectionCategory, sentence: string): Refusal {
  return { code, category, said: new RegExp(`^${sentence}\\.?( asset=\\d+\\.?)?$`) };
}

const refusals: readonly Refusal[] = [
  order('Tick', 'order_rejected', 'Price must be divisible by tick size'),
  order('MinTradeNtl', 'order_rejected', 'Order must have minimum value of \\$[\\d.]+?'),
  order('MinTradeSpotNtl', 'order_rejected', 'Order must have minimum value of [\\d.]+ [^ ]+?'),
  order('PerpMargin', 'insufficient_balance', 'Insufficient margin to place order'),
  order('InsufficientSpotBalance', 'insufficient_balance', 'Insufficient spot balance'),
  order('ReduceOnly', 'reduce_only_rejected', 'Reduce only order would increase position'),
  order('BadAloPx', 'order_rejected', 'Post only order would have immediately matched, bbo was .*?'),
  order('IocCancel', 'order_rejected', 'Order could not immediately match against any resting orders'),
  order('BadTriggerPx', 'order_rejected', 'Invalid TP/SL price'),
  order('MarketOrderNoLiquidity', 'order_rejected', 'No liquidity available for market order'),
  order('OpenInterestCap', 'order_rejected', 'Order would increase open interest while open interest is capped'),
  order(
    'TooAggressiveAtOpenInterestCap',
    'order_rejected',
    'Order rejected due to price more aggressive than oracle while at open interest cap',
  ),
  order('OpenInterestIncrease', 'order_rejected', 'Order would increase open interest too quickly'),
  order('Oracle', 'order_rejected', '(Order p|P)rice too far from oracle'),
  order('ReferencePrice', 'order_rejected', 'Order price cannot be more than \\d+% away from the reference price'),
  order(
    'PerpMaxPosition',
    'order_rejected',
    'Order would cause position to exceed margin tier limit at current leverage',
  ),
  order('InvalidPrice', 'order_rejected', 'Order has invalid price'),
  order('InvalidSize', 'order_rejected', 'Order has invalid size'),
  order('ZeroSize', 'order_rejected', 'Order has zero size'),
  // Of the whole request, before any order in it is looked at. A wrong signature looks like another, unknown wallet.
  {
    code: 'UnknownWallet',
    category: 'unauthorised',
    said: /^(L1 error: )?User or API Wallet 0x[\da-f]+ does not exist/i,
  },
  { code: 'NeverDeposited', category: 'unauthorised', said: /^Must deposit before performing actions/ },
  { code: 'BadSignature', category: 'unauthorised', said: /^Unable to recover signer/ },
  { code: 'TooManyRequests', category: 'rate_limited', said: /^Too many cumulative requests sent/ },
  { code: 'Expired', category: 'expired', said: /^Action already expired/ },
  { code: 'NonceTooLow', category: 'expired', said: /^Invalid nonce: nonce too low/ },
  // A request of this wallet had this nonce: perhaps this very order, delivered twice.
  { code: 'DuplicateNonce', category: null, said: /^Invalid nonce: duplicate nonce/ },
  {
    code: 'MissingOrder',
    category: null,
    said: /^Order was never placed, already canceled, or filled\.?( asset=\d+\.?)?$/,
  },
];

export const hyperliquidRejections: Readonly<Record<string, RejectionCategory>> = Object.fromEntries(
  refusals.flatMap(({ code, category }) => (category === null ? [] : [[code, category] as const])),
);

/** `{status: 'err', response: sentence}`, or the first error among the statuses of an `ok` reply. */
export function hyperliquidFailure(reply: VenueReply): VenueFailure | null {
  const sentence = sentenceOf(reply.body);
  if (sentence === null) return null;
  const refusal = refusals.find(({ said }) => said.test(sentence));
  return { code: refusal?.code ?? 'unlisted', message: sentence };
}

function sentenceOf(body: unknown): string | null {
  if (!isRecord(body)) return null;
  if (body['status'] === 'err') return textOrNull(body['response']) ?? 'without words';
  const response = body['response'];
  const data = isRecord(response) ? response['data'] : undefined;
  const statuses: unknown = isRecord(data) ? data['statuses'] : undefined;
  if (!Array.isArray(statuses)) return textOrNull(body['error']);
  for (const status of statuses as readonly unknown[]) {
    const error = isRecord(status) ? textOrNull(status['error']) : null;
    if (error !== null) return error;
  }
  return null;
}
