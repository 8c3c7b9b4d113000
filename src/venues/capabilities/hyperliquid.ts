/**
 * Hyperliquid, perpetuals of its own exchange, quoted and settled in USDC.
 *
 * Signing: the key of an API wallet (agent), which cannot withdraw, and the address of the account that it trades for;
 * ccxt signs. The account's own key works too, and can withdraw.
 * Client order ids (`cloid`) are 0x and 32 hexadecimal digits; treated as unique among open orders only. Orders are read
 * and cancelled by them.
 * Exactly once: each order carries a signed `expiresAfter`, past which the venue refuses it; ccxt does not send it, see
 * `hyperliquid-exchange.ts`. Its nonce is besides used up by its first arrival.
 * An IOC order that meets nobody is answered with an error and has no venue order id: nothing of it was executed.
 * Funding: hourly, in USDC, `usdc` positive when received. Trade lists hold 2,000 rows a reply and 10,000 in all.
 * Not served: spot (its wallet's USDC is no margin, and coins such as UETH or USDT0 are claims on others), and
 * perpetuals of other builders (HIP-3), where orders with a client id are reported to vanish without an error.
 */
import { decimal, divide, sum, toText } from '../../domain/decimal.ts';
import type { VenueBalance } from '../../ports/venue.ts';
import {
  adaptHyperliquid,
  hyperliquidExpiryMs,
  hyperliquidPermissions,
  type HyperliquidBalances,
} from './hyperliquid-exchange.ts';
import { hyperliquidFailure, hyperliquidRejections } from './hyperliquid-refusals.ts';
import { decimalText, decimalTextOrNull, isRecord, list, record, text, textOrNull, timeMs } from './raw.ts';
import { dayMs, usual } from './usual.ts';
import type { Paging, VenueDialect } from './venue-dialect.ts';

/** No list has a longest time range. */
const unlimitedMs = 36_500 * dayMs;
/** "One request every 10 seconds" for an address that used up its requests. */
const exhaustedRetryMs = 10_000;

function times(field: (row: Readonly<Record<string, unknown>>) => unknown): (body: unknown) => number[] {
  return (body) => list(body, 'rows').map((row) => timeMs(field(record(row, 'row')), 'time of a row'));
}

/** Documented as 500 rows or 500 blocks of them, in some lists 2,000: from 500 on a page may have been cut. */
function byTime(pageSize: number): Paging {
  const raw = { fullFrom: 500, timesOf: times((row) => row['time']) };
  return { kind: 'time', pageSize, windowMs: unlimitedMs, continueById: null, raw };
}

/** https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint#query-order-status-by-oid-or-cloid */
const ended = `
  filled canceled rejected marginCanceled vaultWithdrawalCanceled openInterestCapCanceled selfTradeCanceled
  reduceOnlyCanceled siblingFilledCanceled delistedCanceled liquidatedCanceled scheduledCancel tickRejected
  minTradeNtlRejected perpMarginRejected reduceOnlyRejected badAloPxRejected iocCancelRejected
  badTriggerPxRejected marketOrderNoLiquidityRejected positionIncreaseAtOpenInterestCapRejected
  positionFlipAtOpenInterestCapRejected tooAggressiveAtOpenInterestCapRejected openInterestIncreaseRejected
  insufficientSpotBalanceRejected oracleRejected perpMaxPositionRejected
`
  .trim()
  .split(/\s+/);

function spotCoins(balances: HyperliquidBalances & { mode: 'unified' }): readonly Readonly<Record<string, unknown>>[] {
  return list(record(balances.spot, 'spot wallet')['balances'], 'balances').map((row) => record(row, 'balance'));
}

function freeOf(coin: Readonly<Record<string, unknown>>): string {
  return toText(decimal(decimalText(coin['total'], 'total')).minus(decimal(decimalText(coin['hold'], 'hold'))));
}

/** Both shapes are our own: see `hyperliquid-exchange.ts`. */
function balancesOf(info: unknown): HyperliquidBalances {
  const { mode, spot, perpetuals } = record(info, 'balances');
  return mode === 'unified' ? { mode, spot } : { mode: 'separate', perpetuals };
}

/** The account's value without the profit of open positions. */
function walletOf(perpetuals: unknown): string {
  const state = record(perpetuals, 'perpetual wallet');
  const value = decimalText(record(state['marginSummary'], 'margin')['accountValue'], 'account value');
  const profits = list(state['assetPositions'], 'positions').map((row) => {
    const position = record(record(row, 'position')['position'], 'position');
    return decimal(decimalText(position['unrealizedPnl'], 'unrealised profit'));
  });
  return toText(decimal(value).minus(sum(profits)));
}

export const hyperliquid: VenueDialect = {
  ...usual,
  capabilities: {
    venue: 'hyperliquid',
    clientOrderIdForm: 'hex',
    clientOrderIdScope: 'open_orders',
    requestExpiry: { mechanism: 'expiresAfter', expiryMs: hyperliquidExpiryMs },
    visibilityLagMs: 3_000,
    spotFeeCurrency: 'received',
    fundingDelayMs: 60_000,
    orderKinds: ['ioc', 'gtc', 'post_only'],
  },
  kinds: ['perpetual'],
  exchangeOptions: {
    refSet: true,
    builderFee: false,
    // With it ccxt names its own wallet in every order, at a fee of 0; without it in none.
    approvedBuilderFee: false,
    fetchMarkets: { types: ['swap', 'spot'] },
  },
  exchangeHas: { fetchCurrencies: false },
  // 1,200 units a minute an address; an order is 1, most lists 20, order books, balances and one order 2.
  pace: {
    orders: { unitsPerSecond: 3, burstUnits: 20 },
    reads: { unitsPerSecond: 14, burstUnits: 150 },
  },
  readsCountedBy: 'address',
  adapt: adaptHyperliquid,

  failure: hyperliquidFailure,
  rejections: hyperliquidRejections,
  isDuplicate: (failure) => failure.code === 'DuplicateNonce',
  isNotFound: (failure) => failure.code === 'MissingOrder',
  unmatchedCodes: new Set(['IocCancel']),
  rateLimitResetMs: (reply) => (hyperliquidFailure(reply)?.code === 'TooManyRequests' ? exhaustedRetryMs : null),

  orderParams: (clientOrderId) => ({ clientOrderId: `0x${clientOrderId}` }),
  // A market order would be an IOC order at a price of ccxt's own choosing.
  orderKinds: { ioc: { timeInForce: 'Ioc' }, gtc: { timeInForce: 'Gtc' }, post_only: { timeInForce: 'Alo' } },
  cancelByClientId: (clientOrderId) => ({ clientOrderId: `0x${clientOrderId}` }),
  readByClientId: { kind: 'order', params: (clientOrderId) => ({ clientOrderId: `0x${clientOrderId}` }) },
  closedOrders: 'fetchOrders',
  // The list of open orders has no status.
  rawStatus: (info) => textOrNull(info['status']) ?? (isRecord(info['order']) ? '' : 'open'),
  statuses: { open: 'open', ...Object.fromEntries(ended.map((status) => [status, 'done' as const])) },

  // By the time of their last change: an order placed since a time has changed since then too.
  closedOrderPaging: {
    kind: 'newest',
    takesUntil: false,
    timesOf: times((row) => row['statusTimestamp']),
    pageSize: 2_000,
    windowMs: unlimitedMs,
  },
  tradePaging: byTime(2_000),
  fundingPaymentPaging: byTime(2_000),
  fundingRatePaging: byTime(500),
  tradesOfOrder: null,

  fundingPaymentSign: '1',
  fundingInterval: { source: 'rate', fallbackHours: 1, nextSettlement: 'named' },

  balances(info, codeOf): VenueBalance[] {
    const balances = balancesOf(info);
    if (balances.mode === 'unified') {
      return spotCoins(balances).map((coin) => ({
        currency: codeOf(text(coin['coin'], 'coin')),
        total: decimalText(coin['total'], 'total'),
        free: freeOf(coin),
      }));
    }
    const free = decimalText(record(balances.perpetuals, 'perpetual wallet')['withdrawable'], 'withdrawable');
    return [{ currency: 'USDC', total: walletOf(balances.perpetuals), free }];
  },
  freeMargin(info, settle) {
    const balances = balancesOf(info);
    if (balances.mode === 'separate') {
      return decimalText(record(balances.perpetuals, 'perpetual wallet')['withdrawable'], 'withdrawable');
    }
    const coin = spotCoins(balances).find((one) => one['coin'] === settle);
    return coin === undefined ? '0' : freeOf(coin);
  },
  // Half of the initial margin at the highest leverage: https://hyperliquid.gitbook.io/hyperliquid-docs/trading/margin-tiers
  maintenanceRate({ limits }) {
    const highest = decimalTextOrNull(limits.leverage?.max, 'highest leverage');
    return highest === null ? null : toText(divide(decimal('0.5'), decimal(highest)));
  },
  permissions: hyperliquidPermissions,

  streamDepth: 20,
  bookDepth: 20,
};
