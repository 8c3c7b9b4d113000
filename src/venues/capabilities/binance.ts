/**
 * Binance, spot.
 *
 * Client order ids are unique among open orders only: the id of a dead IOC order is free again.
 * `recvWindow` is checked on arrival against the signed timestamp.
 */
import { decimal, toText } from '../../domain/decimal.ts';
import type { RejectionCategory } from '../../domain/order.ts';
import type { VenueBalance } from '../../ports/venue.ts';
import { bannedForMs, binanceFailure, binancePermissions, recvWindowMs, spotFeeCoinOf } from './binance-shared.ts';
import { decimalText, list, record, text } from './raw.ts';
import { allOrderKinds, callEndpoint, codes, dayMs, usual, withoutFunding } from './usual.ts';
import type { Paging, VenueDialect, VenueFailure } from './venue-dialect.ts';
import type { VenueReply } from '../calls/call-context.ts';

/** Orders and trades are listed for a day at most: https://developers.binance.com/docs/binance-spot-api-docs/rest-api */
const byTime: Paging = { kind: 'time', pageSize: 1_000, windowMs: dayMs - 1, continueById: null };

/** One code for all that the matching engine refuses; its words tell why. */
const engineCode = '-2010';
const noFunds = '-2010 insufficient balance';

/**
 * https://developers.binance.com/docs/binance-spot-api-docs/errors. Left out on purpose: -1000, -1001, -1006, -1007
 * ("execution status unknown") and the like.
 */
const rejections: Record<string, RejectionCategory> = {
  ...codes('insufficient_balance', noFunds),
  // Definite for an order: keys, address and permissions are checked before the matching engine is reached.
  ...codes('unauthorised', -1002, -1022, -2014, -2015),
  ...codes('rate_limited', -1003, -1008, -1015),
  ...codes('expired', -1021),
  // Filters, precision and parameters.
  ...codes('order_rejected', -1013, -1100, -1101, -1102, -1103, -1104, -1105, -1106, -1108, -1111, -1114, -1115, -1116),
  ...codes('order_rejected', -1117, -1118, -1119, -1121, -1128, -1130, -1131, -1145, -1151, engineCode),
};

function failure(reply: Pick<VenueReply, 'body'>): VenueFailure | null {
  const found = binanceFailure(reply);
  const lacks = found?.code === engineCode && /insufficient balance/i.test(found.message);
  return found !== null && lacks ? { code: noFunds, message: found.message } : found;
}

export const binance: VenueDialect = {
  ...usual,
  ...withoutFunding,
  capabilities: {
    venue: 'binance',
    clientOrderIdForm: 'alphanumeric',
    clientOrderIdScope: 'open_orders',
    requestExpiry: { mechanism: 'recvWindow', expiryMs: recvWindowMs },
    visibilityLagMs: 2_000,
    // Of the coin received, or BNB where the account says so, and the configuration: each fill names its own.
    spotFeeCurrency: 'received',
    fundingDelayMs: 0,
    orderKinds: allOrderKinds,
  },
  kinds: ['spot'],
  exchangeOptions: {
    recvWindow: recvWindowMs,
    defaultType: 'spot',
    fetchMarkets: { types: ['spot'] },
    fetchCurrencies: false,
    fetchMargins: false,
    newOrderRespType: { limit: 'RESULT', market: 'RESULT' },
  },
  exchangeHas: { fetchCurrencies: false },
  // 100 orders in 10 s an account, an order being a fifth of a unit to ccxt; 6,000 units of weight a minute an address, of
  // which ccxt counts each as a fifth.
  // https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits
  pace: {
    orders: { unitsPerSecond: 1.2, burstUnits: 8 },
    reads: { unitsPerSecond: 10, burstUnits: 200 },
  },
  readsCountedBy: 'address',

  failure,
  rejections,
  isDuplicate: ({ message }) => /duplicate order/i.test(message),
  rateLimitResetMs: bannedForMs,

  cancelByClientId: (clientOrderId) => ({ clientOrderId }),
  readByClientId: { kind: 'order', params: (clientOrderId) => ({ clientOrderId }) },
  closedOrders: 'fetchOrders',
  rawStatus: (info) => text(info['status'], 'order status'),
  statuses: {
    NEW: 'open',
    PENDING_NEW: 'open',
    PARTIALLY_FILLED: 'open',
    PENDING_CANCEL: 'open',
    FILLED: 'done',
    CANCELED: 'done',
    REJECTED: 'done',
    EXPIRED: 'done',
    EXPIRED_IN_MATCH: 'done',
  },

  closedOrderPaging: byTime,
  tradePaging: { ...byTime, continueById: 'fromId' },
  tradesOfOrder: (venueOrderId) => ({ orderId: venueOrderId }),

  balances(info): VenueBalance[] {
    return list(record(info, 'account')['balances'], 'balances').map((value) => {
      const balance = record(value, 'balance');
      const free = decimalText(balance['free'], 'free');
      const total = toText(decimal(free).plus(decimal(decimalText(balance['locked'], 'locked'))));
      return { currency: text(balance['asset'], 'asset'), total, free };
    });
  },
  permissions: (exchange) => binancePermissions(exchange, 'spot'),
  spotFeeCoin: async (exchange) => spotFeeCoinOf(await callEndpoint(exchange, 'sapiGetBnbBurn')),
};
