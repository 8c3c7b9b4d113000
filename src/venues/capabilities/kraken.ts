/**
 * Kraken, spot.
 *
 * `cl_ord_id` is a UUID or at most 18 characters, unique among open orders only. `deadline` is checked when the order
 * reaches the matching engine: https://docs.kraken.com/api/docs/rest-api/add-order.
 * A nonce must be above the key's last one, so requests of one key take turns; processes that share a key need a
 * nonce window on it.
 */
import { decimal, toText } from '../../domain/decimal.ts';
import type { RejectionCategory } from '../../domain/order.ts';
import type { KeyPermissions, VenueBalance } from '../../ports/venue.ts';
import { adaptKraken } from './kraken-lists.ts';
import { decimalText, isRecord, list, record, text } from './raw.ts';
import { allOrderKinds, callEndpoint, codes, dayMs, usual, withoutFunding } from './usual.ts';
import type { Paging, VenueDialect, VenueFailure } from './venue-dialect.ts';
import type { ExactExchange } from '../exact-exchange.ts';

/** `deadline` may be 2 to 60 s ahead. */
const deadlineMs = 5_000;

/**
 * https://docs.kraken.com/api/docs/guides/spot-errors. Left out on purpose, since an order may have been taken all the
 * same: EService:Unavailable, EService:Busy, EService:Timeout, EGeneral:Internal error, EDatabase:Internal error.
 */
const rejections: Record<string, RejectionCategory> = {
  ...codes('insufficient_balance', 'EOrder:Insufficient funds', 'EOrder:Insufficient margin'),
  ...codes('insufficient_balance', 'EOrder:Insufficient initial margin', 'EOrder:Margin allowance exceeded'),
  ...codes('unauthorised', 'EAPI:Invalid key', 'EAPI:Invalid signature', 'EGeneral:Permission denied'),
  ...codes('unauthorised', 'EAPI:Feature disabled', 'EAccount:Invalid permissions', 'EGeneral:Temporary lockout'),
  ...codes('rate_limited', 'EAPI:Rate limit exceeded', 'EOrder:Rate limit exceeded', 'EGeneral:Too many requests'),
  // The nonce is checked before anything else: another process used the key.
  ...codes('expired', 'EService:Deadline elapsed', 'EAPI:Invalid nonce'),
  ...codes('reduce_only_rejected', 'EOrder:Reduce only:No position exists', 'EOrder:Reduce only:Position is closed'),
  ...codes('order_rejected', 'EOrder:Order minimum not met', 'EOrder:Cost minimum not met', 'EOrder:Invalid price'),
  ...codes('order_rejected', 'EOrder:Tick size check failed', 'EOrder:Post only order', 'EOrder:Invalid order'),
  ...codes('order_rejected', 'EOrder:Orders limit exceeded', 'EOrder:Domain rate limit exceeded'),
  ...codes('order_rejected', 'EOrder:Positions limit exceeded', 'EOrder:Trading agreement required'),
  ...codes('order_rejected', 'EOrder:Cannot open position', 'EOrder:Cannot open opposing position'),
  ...codes('order_rejected', 'EQuery:Unknown asset pair', 'EGeneral:Invalid arguments', 'EGeneral:Unknown method'),
  ...codes('order_rejected', 'EService:Market in cancel_only mode', 'EService:Market in post_only mode'),
};

/** `EGeneral:Invalid arguments:volume` and `EOrder:Invalid price:Invalid price argument` are what their beginning says. */
const withDetail = ['EGeneral:Invalid arguments', 'EOrder:Invalid price'];

function failure(reply: { readonly body: unknown }): VenueFailure | null {
  const errors = isRecord(reply.body) ? reply.body['error'] : null;
  const [first]: readonly unknown[] = Array.isArray(errors) ? errors : [];
  if (typeof first !== 'string') return null;
  const code = withDetail.find((known) => first.startsWith(`${known}:`)) ?? first;
  return { code, message: first };
}

function rowsOf(name: string): (body: unknown) => number {
  return (body) => Object.keys(record(record(record(body, 'reply')['result'], 'result')[name], name)).length;
}

function byOffset(name: string): Paging {
  return { kind: 'offset', parameter: 'ofs', rowsOf: rowsOf(name), pageSize: 50, windowMs: 30 * dayMs };
}

/** https://docs.kraken.com/api/docs/rest-api/get-api-key-info */
async function permissions(exchange: ExactExchange): Promise<KeyPermissions> {
  const key = record((await callEndpoint(exchange, 'privatePostGetApiKeyInfo'))['result'], 'key');
  const granted = list(key['permissions'], 'permissions');
  return { trade: granted.includes('modify-trades') ? ['spot'] : [], withdraw: granted.includes('withdraw-funds') };
}

export const kraken: VenueDialect = {
  ...usual,
  ...withoutFunding,
  capabilities: {
    venue: 'kraken',
    clientOrderIdForm: 'hex',
    clientOrderIdScope: 'open_orders',
    requestExpiry: { mechanism: 'deadline', expiryMs: deadlineMs },
    visibilityLagMs: 2_000,
    spotFeeCurrency: 'quote',
    fundingDelayMs: 0,
    orderKinds: allOrderKinds,
  },
  kinds: ['spot'],
  exchangeOptions: {},
  exchangeHas: { fetchCurrencies: false },
  // Tier Pro, in ccxt's units: a counter of 20 calls that empties by one a second, a call being 3 units. Orders are
  // counted apart, 180 and 3.75 a second a pair, and are 0 units to ccxt.
  // https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits
  pace: {
    orders: { unitsPerSecond: 3, burstUnits: 9 },
    reads: { unitsPerSecond: 3, burstUnits: 48 },
  },
  adapt: adaptKraken,
  noncesMustIncrease: true,

  failure,
  rejections,
  isDuplicate: ({ message }) => /cl_ord_id.*(unique|duplicate|exist)/i.test(message),
  isNotFound: ({ code }) => code === 'EOrder:Unknown order',

  // The fee of a sell is taken in the base coin unless the order says otherwise.
  orderParams: (clientOrderId) => ({ clientOrderId, oflags: 'fciq' }),
  deadMan: {
    scope: 'account',
    wind: (exchange, _symbol, afterMs) =>
      callEndpoint(exchange, 'privatePostCancelAllOrdersAfter', { timeout: Math.ceil((afterMs ?? 0) / 1_000) }),
  },
  orderExpiry: { place: 'parameter', name: 'deadline', text: (atMs) => new Date(atMs).toISOString() },
  cancelByClientId: (clientOrderId) => ({ clientOrderId }),
  readByClientId: { kind: 'lists', params: (clientOrderId) => ({ clientOrderId }) },
  closedOrders: 'fetchClosedOrders',
  rawStatus: (info) => text(info['status'], 'order status'),
  statuses: { pending: 'open', open: 'open', closed: 'done', canceled: 'done', expired: 'done' },

  closedOrderPaging: byOffset('closed'),
  tradePaging: byOffset('trades'),
  tradesOfOrder: (venueOrderId) => ({ ordertxid: venueOrderId }),

  balances(info, codeOf): VenueBalance[] {
    return Object.entries(record(record(info, 'reply')['result'], 'balances')).map(([id, value]) => {
      const total = decimalText(record(value, id)['balance'], 'balance');
      const held = decimalText(record(value, id)['hold_trade'], 'hold_trade');
      return { currency: codeOf(id), total, free: toText(decimal(total).minus(decimal(held))) };
    });
  },
  permissions,
  streamDepth: 25,
};
