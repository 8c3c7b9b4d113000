/**
 * OKX: spot and linear swaps in one account, of the modes for futures or several currencies.
 *
 * `clOrdId` is at most 32 letters and digits; a look-up by it answers with the newest order, so it is taken as unique
 * among open orders only. The header `expTime` is checked when the order is processed, and is not signed:
 * https://www.okx.com/docs-v5/en/#overview-rest-authentication and …#order-book-trading-trade-post-place-order.
 * Positions are net and margin is crossed, the latter by each order itself.
 */
import type { RejectionCategory } from '../../domain/order.ts';
import type { KeyPermissions, VenueBalance } from '../../ports/venue.ts';
import { okxLiquidations } from './liquidation-records.ts';
import { adaptOkx, recentTrades } from './okx-lists.ts';
import { decimalText, isRecord, list, record, text, textOrNull, type RawRecord } from './raw.ts';
import { allOrderKinds, callEndpoint, codes, dayMs, usual } from './usual.ts';
import type { Paging, VenueDialect, VenueFailure } from './venue-dialect.ts';
import type { ExactExchange } from '../exact-exchange.ts';

const expiryMs = 5_000;
const rowsOnPage = 100;

/**
 * https://www.okx.com/docs-v5/en/#error-code. Left out on purpose: 50001, 50004 ("does not mean success or failure"),
 * 50013, 50026, 51054 and 51149 (timeouts of the order itself).
 */
const rejections: Record<string, RejectionCategory> = {
  ...codes('insufficient_balance', 51008, 51017, 51119, 51127, 51131, 51004),
  ...codes('reduce_only_rejected', 51112, 51169, 51170, 51205, 51023),
  ...codes('unauthorised', 50100, 50101, 50103, 50104, 50105, 50106, 50107, 50110, 50111, 50113, 50114, 50119, 50120),
  ...codes('rate_limited', 50011, 50040, 50061),
  // The signed time, or expTime.
  ...codes('expired', 50036, 50102, 50112),
  ...codes('order_rejected', 50014, 50028, 51000, 51001, 51002, 51003, 51005, 51006, 51007, 51010, 51012, 51015, 51020),
  ...codes('order_rejected', 51021, 51022, 51024, 51025, 51027, 51028, 51029, 51030, 51031, 51100, 51101, 51102, 51103),
  ...codes('order_rejected', 51104, 51105, 51106, 51107, 51108, 51109, 51110, 51116, 51117, 51118, 51120, 51121, 51122),
  ...codes('order_rejected', 51124, 51129, 51132, 51134, 51135, 51136, 51137, 51138, 51150, 51155, 51174, 51185, 51201),
  ...codes('order_rejected', 51202, 51203, 51204),
};

function rows(body: unknown): readonly unknown[] {
  return list(record(body, 'reply')['data'], 'data');
}

/** An order's own code, inside of a reply that says 1: all failed. */
function failure({ body }: { readonly body: unknown }): VenueFailure | null {
  if (!isRecord(body)) return null;
  const code = textOrNull(body['code']);
  if (code === null || code === '0') return null;
  const [first]: readonly unknown[] = Array.isArray(body['data']) ? body['data'] : [];
  const own = isRecord(first) ? textOrNull(first['sCode']) : null;
  if (own === null || !isRecord(first)) return { code, message: textOrNull(body['msg']) ?? '' };
  return { code: own, message: textOrNull(first['sMsg']) ?? '' };
}

/** Newest first; `after` is the id of the oldest row given. */
function afterOldest(id: string, windowMs: number): Paging {
  const nextCursor = (body: unknown): string | null => {
    const given = rows(body);
    return given.length < rowsOnPage ? null : text(record(given.at(-1), 'row')[id], id);
  };
  return { kind: 'cursor', parameter: 'after', nextCursor, pageSize: rowsOnPage, windowMs };
}

function details(info: unknown): readonly RawRecord[] {
  return rows(info).flatMap((account) =>
    list(record(account, 'account')['details'], 'details').map((row) => record(row, 'currency')),
  );
}

/** https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-account-configuration */
async function permissions(exchange: ExactExchange): Promise<KeyPermissions> {
  const [config] = rows(await callEndpoint(exchange, 'privateGetAccountConfig'));
  const granted = text(record(config, 'configuration')['perm'], 'perm').split(',');
  return { trade: granted.includes('trade') ? ['spot', 'perpetual'] : [], withdraw: granted.includes('withdraw') };
}

export const okx: VenueDialect = {
  ...usual,
  capabilities: {
    venue: 'okx',
    clientOrderIdForm: 'alphanumeric',
    clientOrderIdScope: 'open_orders',
    requestExpiry: { mechanism: 'expTime', expiryMs },
    visibilityLagMs: 2_000,
    // https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-order-history-last-7-days
    unfilledKeptMs: 2 * 3_600_000,
    spotFeeCurrency: 'received',
    fundingDelayMs: 60_000,
    orderKinds: allOrderKinds,
  },
  kinds: ['spot', 'perpetual'],
  exchangeOptions: { createOrder: 'privatePostTradeOrder', fetchMarkets: { types: ['spot', 'swap'] } },
  exchangeHas: { fetchCurrencies: false },
  // 60 orders in 2 s an instrument, an order being a third of a unit to ccxt; reads of an account 10 to 60 in 2 s: each
  // endpoint 20 units in 2 s, in which a whole burst may fall, and less than that is refused now and then.
  pace: {
    orders: { unitsPerSecond: 5.5, burstUnits: 8 },
    reads: { unitsPerSecond: 5.5, burstUnits: 8 },
  },
  adapt: adaptOkx,
  // ccxt takes 50 for a channel that only accounts of a high volume may follow; 400 is the one that is open to all.
  streamDepth: 400,

  failure,
  rejections,
  isDuplicate: ({ code }) => code === '51016' || code === '51011',
  isNotFound: ({ code }) => ['51400', '51401', '51402', '51410', '51603'].includes(code),

  deadMan: {
    scope: 'account',
    wind: (exchange, _symbol, afterMs) =>
      callEndpoint(exchange, 'privatePostTradeCancelAllAfter', { timeOut: String(Math.ceil((afterMs ?? 0) / 1_000)) }),
  },
  orderExpiry: { place: 'header', name: 'expTime', text: String },
  cancelByClientId: (clientOrderId) => ({ clientOrderId }),
  readByClientId: { kind: 'order', params: (clientOrderId) => ({ clientOrderId }) },
  closedOrders: 'fetchOrders',
  rawStatus: (info) => text(info['state'], 'order state'),
  statuses: { live: 'open', partially_filled: 'open', filled: 'done', canceled: 'done', mmp_canceled: 'done' },

  openOrderPaging: afterOldest('ordId', 30 * dayMs),
  closedOrderPaging: afterOldest('ordId', 7 * dayMs),
  tradePaging: afterOldest('billId', 30 * dayMs),
  fundingPaymentPaging: afterOldest('billId', 30 * dayMs),
  fundingRatePaging: afterOldest('fundingTime', 30 * dayMs),
  tradesOfOrder: (venueOrderId) => ({ ordId: venueOrderId }),
  venueTradeParams: () => [recentTrades],
  liquidationRecords: { paging: afterOldest('billId', 30 * dayMs), fetchPage: okxLiquidations },

  fundingPaymentSign: '1',
  fundingInterval: { source: 'rate', fallbackHours: 8, nextSettlement: 'named' },

  balances: (info): VenueBalance[] =>
    details(info).map((row) => ({
      currency: text(row['ccy'], 'ccy'),
      total: decimalText(row['cashBal'], 'cashBal'),
      free: decimalText(row['availBal'], 'availBal'),
    })),
  freeMargin(info, settle) {
    const row = details(info).find((entry) => entry['ccy'] === settle);
    return row === undefined ? '0' : decimalText(row['availEq'], 'availEq');
  },
  hasAccountModes: true,
  permissions,
};
