/**
 * Bybit: spot and linear perpetuals, both in one unified trading account, so that a coin held is margin too.
 *
 * Client order ids (`orderLinkId`) are treated as unique among open orders only, the weaker reading of its
 * documents. `X-BAPI-RECV-WINDOW` is checked on arrival against the signed timestamp.
 * Reading an order by client order id through ccxt's `fetchOrder` returns the newest order instead, so lists
 * narrowed by `orderLinkId` are read and filtered.
 */
import { decimal, minimum, toText } from '../../domain/decimal.ts';
import { bybitLiquidations } from './liquidation-records.ts';
import { decimalText, decimalTextOrNull, isRecord, list, record, text, textOrNull, type RawRecord } from './raw.ts';
import type { RejectionCategory } from '../../domain/order.ts';
import type { KeyPermissions, VenueBalance } from '../../ports/venue.ts';
import { bybitLending, bybitLoans, nextCursor } from './bybit-loans.ts';
import { allOrderKinds, callEndpoint, codes, usual } from './usual.ts';
import type { Paging, VenueDialect, VenueFailure } from './venue-dialect.ts';
import type { ExactExchange } from '../exact-exchange.ts';

const recvWindowMs = 5_000;
const weekMs = 7 * 24 * 3_600_000;

function byCursor(pageSize: number): Paging {
  return { kind: 'cursor', parameter: 'cursor', nextCursor, pageSize, windowMs: weekMs - 1 };
}

/** https://bybit-exchange.github.io/docs/v5/error. Left out on purpose: 10000, 10016, 170007, 170032, 170146, 170149 and the like. */
const rejections: Record<string, RejectionCategory> = {
  ...codes('insufficient_balance', 110004, 110006, 110007, 110012, 110014, 110044, 110045, 110051, 110052, 110053),
  ...codes('insufficient_balance', 170033, 170131),
  ...codes('reduce_only_rejected', 110017),
  // Definite for an order: keys, signature, address and permissions are checked before the matching engine is reached.
  // It says nothing of later requests: an address list or a ban may change, and a refused read be answered later.
  ...codes('unauthorised', 10003, 10004, 10005, 10007, 10008, 10009, 10010, 10024, 10027, 10028, 10029, 33004),
  ...codes('unauthorised', 170201, 170209, 170224),
  ...codes('rate_limited', 10006, 10018, 170005, 170222),
  ...codes('expired', 10002),
  ...codes(
    'order_rejected',
    10001,
    110003,
    110009,
    110016,
    110020,
    110021,
    110023,
    110032,
    110040,
    110066,
    110090,
    110094,
  ),
  ...codes('order_rejected', 170105, 170115, 170116, 170117, 170121, 170124, 170130, 170132, 170133, 170134, 170135),
  ...codes('order_rejected', 170136, 170137, 170140, 170148, 170151, 170157, 170159, 170192, 170193, 170194, 170197),
  ...codes('order_rejected', 170198, 170202, 170210, 170218, 170221, 170228, 170229, 170371, 170372, 170810),
};

const duplicateCodes = new Set(['110030', '110072', '170141', '12141', '10014']);

function wallets(info: unknown): readonly RawRecord[] {
  const accounts = list(record(record(info, 'reply')['result'], 'result')['list'], 'wallet list');
  return accounts.map((account) => record(account, 'wallet'));
}

/**
 * What is free of the settle coin itself, and never more than the whole account has left: losses and other coins'
 * loans count against it, other coins' worth does not count for it.
 */
function freeMargin(info: unknown, settle: string): string {
  const coin = walletCoins(info).find((entry) => entry['coin'] === settle);
  if (coin === undefined) return '0';
  const ofCoin = decimal(coinBalance(coin).free);
  const left = wallets(info).map((wallet) => decimalTextOrNull(wallet['totalAvailableBalance'], 'available balance'));
  return toText(minimum(ofCoin, ...left.filter((value) => value !== null).map(decimal)));
}

function walletCoins(info: unknown): readonly Record<string, unknown>[] {
  return wallets(info).flatMap((wallet) => list(wallet['coin'], 'coins').map((coin) => record(coin, 'coin')));
}

function coinBalance(coin: Readonly<Record<string, unknown>>): VenueBalance {
  const total = decimalText(coin['walletBalance'], 'walletBalance');
  const held = ['locked', 'totalOrderIM', 'totalPositionIM'].map((name) => decimal(textOrNull(coin[name]) ?? '0'));
  const free = held.reduce((rest, value) => rest.minus(value), decimal(total));
  return { currency: text(coin['coin'], 'coin'), total, free: toText(free) };
}

/** https://bybit-exchange.github.io/docs/v5/user/apikey-info */
async function permissions(exchange: ExactExchange): Promise<KeyPermissions> {
  const key = record((await callEndpoint(exchange, 'privateGetV5UserQueryApi'))['result'], 'key');
  const granted = record(key['permissions'], 'permissions');
  const may = (group: string, right: string): boolean => list(granted[group] ?? [], group).includes(right);
  const writes = text(key['readOnly'], 'readOnly') === '0';
  const spot = writes && may('Spot', 'SpotTrade');
  const perpetual = writes && may('ContractTrade', 'Order');
  return {
    trade: [...(spot ? (['spot'] as const) : []), ...(perpetual ? (['perpetual'] as const) : [])],
    withdraw: may('Wallet', 'Withdraw'),
  };
}

export const bybit: VenueDialect = {
  ...usual,
  capabilities: {
    venue: 'bybit',
    clientOrderIdForm: 'alphanumeric',
    clientOrderIdScope: 'open_orders',
    requestExpiry: { mechanism: 'X-BAPI-RECV-WINDOW', expiryMs: recvWindowMs },
    visibilityLagMs: 2_000,
    // https://bybit-exchange.github.io/docs/v5/order/order-list
    unfilledKeptMs: 24 * 3_600_000,
    spotFeeCurrency: 'received',
    fundingDelayMs: 60_000,
    orderKinds: allOrderKinds,
    lending: bybitLending,
  },
  kinds: ['spot', 'perpetual'],
  exchangeOptions: {
    recvWindow: recvWindowMs,
    defaultType: 'spot',
    fetchMarkets: { types: ['spot', 'linear'] },
  },
  exchangeHas: { fetchCurrencies: false },
  // 10 orders a second of contracts and 20 of spot an account, an order being 2.5 units, all at once within a second;
  // 50 reads a second of an endpoint, mostly of 5 units, and 120 requests an address. https://bybit-exchange.github.io/docs/v5/rate-limit
  pace: {
    orders: { unitsPerSecond: 12.5, burstUnits: 12.5 },
    reads: { unitsPerSecond: 80, burstUnits: 160 },
  },
  readsCountedBy: 'address',
  learnedOptions: ['enableUnifiedMargin', 'enableUnifiedAccount', 'unifiedMarginStatus'],

  failure(reply): VenueFailure | null {
    const body = reply.body;
    if (!isRecord(body)) return null;
    const code = textOrNull(body['retCode']);
    return code === null || code === '0' ? null : { code, message: textOrNull(body['retMsg']) ?? '' };
  },
  rejections,
  isDuplicate: (failure) => duplicateCodes.has(failure.code),
  // 110025, 110026, 110043: position mode, margin mode and leverage "not modified".
  isNoChange: (failure) => ['110025', '110026', '110027', '110043'].includes(failure.code),
  rateLimitResetMs(reply, nowMs) {
    const resetAtMs = Number(reply.headers['x-bapi-limit-reset-timestamp'] ?? Number.NaN);
    return Number.isFinite(resetAtMs) ? Math.max(resetAtMs - nowMs, 0) : null;
  },

  cancelByClientId: (clientOrderId) => ({ orderLinkId: clientOrderId }),
  readByClientId: { kind: 'lists', params: (clientOrderId) => ({ orderLinkId: clientOrderId }) },
  readByVenueIdParams: { acknowledged: true },
  closedOrders: 'fetchCanceledAndClosedOrders',
  rawStatus: (info) => text(info['orderStatus'], 'order status'),
  statuses: {
    Created: 'open',
    New: 'open',
    PartiallyFilled: 'open',
    Untriggered: 'open',
    Triggered: 'open',
    Active: 'open',
    Rejected: 'done',
    PartiallyFilledCanceled: 'done',
    Filled: 'done',
    Cancelled: 'done',
    Deactivated: 'done',
  },

  openOrderPaging: byCursor(50),
  closedOrderPaging: byCursor(50),
  tradePaging: byCursor(100),
  fundingPaymentPaging: byCursor(100),
  fundingRatePaging: { kind: 'time', pageSize: 200, windowMs: 8 * 24 * 3_600_000, continueById: null },
  tradesByClientId: (clientOrderId) => ({ orderLinkId: clientOrderId }),
  tradesOfOrder: (venueOrderId) => ({ orderId: venueOrderId }),
  liquidationRecords: { paging: byCursor(50), fetchPage: bybitLiquidations },
  // ccxt asks for execType Trade alone. Liquidations and auto-deleveraging have types of their own:
  // https://bybit-exchange.github.io/docs/v5/enum#exectype
  venueTradeParams: (kind) => (kind === 'spot' ? [] : [{ execType: 'BustTrade' }, { execType: 'AdlTrade' }]),

  fundingPaymentSign: '-1',
  fundingInterval: { source: 'rate', fallbackHours: 8, nextSettlement: 'named' },

  balances: (info) => walletCoins(info).map(coinBalance),
  freeMargin,
  lending: bybitLoans,
  hasAccountModes: true,
  positionsOneByOne: true,
  permissions,
};
