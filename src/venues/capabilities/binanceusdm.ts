/**
 * Binance USDⓈ-M futures.
 *
 * Client order ids are unique among open orders only: the id of a dead IOC order is free again.
 * `recvWindow` is checked on arrival against the signed timestamp.
 */
import { bannedForMs, binanceFailure, binancePermissions, recvWindowMs } from './binance-shared.ts';
import { binanceClearances } from './liquidation-records.ts';
import { decimalText, list, record, text } from './raw.ts';
import type { RejectionCategory } from '../../domain/order.ts';
import type { VenueBalance } from '../../ports/venue.ts';
import { allOrderKinds, callEndpoint, codes, dayMs, usual } from './usual.ts';
import type { Paging, VenueDialect } from './venue-dialect.ts';

const weekMs = 7 * dayMs;
const byTime: Paging = { kind: 'time', pageSize: 1_000, windowMs: weekMs - 1, continueById: null };

/** https://developers.binance.com/docs/derivatives/usds-margined-futures/error-code */
const rejections: Record<string, RejectionCategory> = {
  ...codes('insufficient_balance', -2018, -2019, -2024, -2027, -2028),
  ...codes('reduce_only_rejected', -2022, -4118),
  // Definite for an order: keys, address and permissions are checked before the matching engine is reached. It says
  // nothing of later requests: -2015 also comes during bans, and a read that is refused so may be answered later.
  ...codes('unauthorised', -1002, -1022, -2014, -2015, -2017, -4088, -4192, -4402),
  ...codes('rate_limited', -1003, -1008, -1015),
  ...codes('expired', -1021, -5028),
  // Filters, precision and parameters.
  ...codes('order_rejected', -1013, -1100, -1101, -1102, -1103, -1104, -1105, -1106, -1111, -1114, -1115, -1116, -1117),
  ...codes('order_rejected', -1118, -1119, -1121, -1122, -1128, -1130, -1131),
  ...codes('order_rejected', -4001, -4002, -4003, -4004, -4005, -4013, -4014, -4015, -4016, -4023, -4024, -4030, -4164),
  // The matching engine and the account's limits.
  ...codes('order_rejected', -2010, -2020, -2021, -2023, -2025, -2026, -4061, -4087, -4131, -4140, -4141),
  ...codes('order_rejected', -4183, -4184, -4400, -4401, -5021, -5022, -5025),
};

export const binanceusdm: VenueDialect = {
  ...usual,
  capabilities: {
    venue: 'binanceusdm',
    clientOrderIdForm: 'alphanumeric',
    clientOrderIdScope: 'open_orders',
    requestExpiry: { mechanism: 'recvWindow', expiryMs: recvWindowMs },
    visibilityLagMs: 2_000,
    // https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Query-Order
    unfilledKeptMs: 3 * dayMs,
    spotFeeCurrency: 'quote',
    fundingDelayMs: 60_000,
    orderKinds: allOrderKinds,
  },
  deadMan: {
    scope: 'symbol',
    wind: (exchange, symbol, afterMs) =>
      callEndpoint(exchange, 'fapiPrivatePostCountdownCancelAll', { symbol, countdownTime: String(afterMs ?? 0) }),
  },
  kinds: ['perpetual'],
  exchangeOptions: {
    recvWindow: recvWindowMs,
    fetchMarkets: { types: ['linear'] },
    fetchCurrencies: false,
    fetchMargins: false,
    newOrderRespType: { limit: 'RESULT', market: 'RESULT' },
  },
  exchangeHas: { fetchCurrencies: false },
  // 300 orders in 10 s and 1,200 a minute an account, an order being 4 units; 2,400 units of weight a minute.
  pace: {
    orders: { unitsPerSecond: 76, burstUnits: 200 },
    reads: { unitsPerSecond: 20, burstUnits: 400 },
  },
  readsCountedBy: 'address',
  learnedOptions: ['leverageBrackets'],

  failure: binanceFailure,
  rejections,
  isDuplicate: (failure) => failure.code === '-4116' || /duplicate/i.test(failure.message),
  // -4046: margin mode, -4059: position mode, both "no need to change".
  isNoChange: (failure) => failure.code === '-4046' || failure.code === '-4059',
  rateLimitResetMs: bannedForMs,

  cancelByClientId: (clientOrderId) => ({ clientOrderId }),
  readByClientId: { kind: 'order', params: (clientOrderId) => ({ clientOrderId }) },
  closedOrders: 'fetchOrders',
  rawStatus: (info) => text(info['status'], 'order status'),
  statuses: {
    NEW: 'open',
    PARTIALLY_FILLED: 'open',
    FILLED: 'done',
    CANCELED: 'done',
    REJECTED: 'done',
    EXPIRED: 'done',
    EXPIRED_IN_MATCH: 'done',
  },

  closedOrderPaging: byTime,
  tradePaging: { ...byTime, continueById: 'fromId' },
  fundingPaymentPaging: byTime,
  fundingRatePaging: { kind: 'time', pageSize: 1_000, windowMs: 30 * dayMs, continueById: null },
  tradesOfOrder: (venueOrderId) => ({ orderId: venueOrderId }),
  liquidationRecords: { paging: byTime, fetchPage: binanceClearances },

  fundingPaymentSign: '1',
  fundingInterval: { source: 'intervals', fallbackHours: 8, nextSettlement: 'named' },

  balances(info): VenueBalance[] {
    return list(record(info, 'account')['assets'], 'assets').map((entry) => {
      const asset = record(entry, 'asset');
      return {
        currency: text(asset['asset'], 'asset name'),
        total: decimalText(asset['walletBalance'], 'walletBalance'),
        free: decimalText(asset['availableBalance'], 'availableBalance'),
      };
    });
  },
  freeMargin(info, settle) {
    const asset = list(record(info, 'account')['assets'], 'assets')
      .map((entry) => record(entry, 'asset'))
      .find((entry) => entry['asset'] === settle);
    return asset === undefined ? '0' : decimalText(asset['availableBalance'], 'availableBalance');
  },
  hasAccountModes: true,
  permissions: (exchange) => binancePermissions(exchange, 'perpetual'),
};
