/** Kraken Futures' ways of saying no: one word in the reply, or the status of an order request. */
import type { RefusalReason } from '../../exchange/placement.ts';
import type { RestReply } from '../protocol.ts';

/** Words of the exchange's documents. Application errors come with HTTP 200. */
export type ErrorWord =
  | 'apiLimitExceeded'
  | 'authenticationError'
  | 'contractNotFound'
  | 'invalidArgument'
  | 'Json Parse Error'
  | 'nonceBelowThreshold'
  | 'nonceDuplicate'
  | 'notFound'
  | 'requiredArgumentMissing'
  | 'Server Error';

export class KrakenFuturesError extends Error {
  readonly word: ErrorWord;
  readonly status: number;
  /** @param detail names the argument: `requiredArgumentMissing` and `invalidArgument` have one */
  constructor(word: ErrorWord, detail = '', status = 200) {
    super(detail === '' ? word : `${word}: ${detail}`);
    this.name = 'KrakenFuturesError';
    this.word = word;
    this.status = status;
  }
}

export const missing = (argument: string): KrakenFuturesError =>
  new KrakenFuturesError('requiredArgumentMissing', argument);
export const invalid = (argument: string): KrakenFuturesError => new KrakenFuturesError('invalidArgument', argument);

/** The exchange names a missing argument in a word alone, an invalid one with its name. */
export function failed(error: KrakenFuturesError, wallMs: number): RestReply {
  const text = error.word === 'invalidArgument' ? error.message : error.word;
  return {
    status: error.status,
    body: { result: 'error', error: text, serverTime: new Date(wallMs).toISOString() },
  };
}

const sendStatuses: Readonly<Record<RefusalReason, string>> = {
  quantity_not_positive: 'invalidSize',
  quantity_below_minimum: 'invalidSize',
  quantity_above_maximum: 'invalidSize',
  quantity_off_step: 'invalidSize',
  price_not_positive: 'invalidPrice',
  price_off_tick: 'invalidPrice',
  notional_below_minimum: 'invalidSize',
  duplicate_client_order_id: 'clientOrderIdAlreadyExist',
  insufficient_balance: 'insufficientAvailableFunds',
  insufficient_margin: 'insufficientAvailableFunds',
  above_leverage_cap: 'maxPositionViolation',
  reduce_only: 'wouldNotReducePosition',
  post_only_would_take: 'postWouldExecute',
  // There is no status of its own for a fill-or-kill.
  cannot_fill_at_once: 'iocWouldNotExecute',
  no_market: 'marketSuspended',
  market_closed: 'marketSuspended',
  order_limit: 'tooManyOrders',
};

export function refusalStatus(reason: RefusalReason): string {
  return sendStatuses[reason];
}
