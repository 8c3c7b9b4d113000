/** Fills and funding payments as the venue's own lists state them, every page, in base units and exact text. */
import { decimal, toText } from '../../domain/decimal.ts';
import type { VenueFill, VenueFundingPayment } from '../../domain/fill.ts';
import type { OrderSide } from '../../domain/order.ts';
import { VenueError } from '../../ports/venue.ts';
import { decimalText, text, timeMs } from '../capabilities/raw.ts';
import type { NativeParams } from '../capabilities/venue-dialect.ts';
import { contractSizeOf, instrumentOf, toBase } from '../markets/instruments.ts';
import { idAfter, keyFrom, readAllPages, type PagedList } from '../calls/pages.ts';
import { read, type VenueCaller } from '../calls/venue-call.ts';
import type { ExactExchange, ExactFundingPayment, ExactTrade } from '../exact-exchange.ts';

const mostPagesOfOneOrder = 50;
/** Past now, so that a clock difference hides nothing; wall time. */
const futureMarginMs = 60_000;

/** All fills of one order. */
export async function fillsOfOrder(
  exchange: ExactExchange,
  caller: VenueCaller,
  order: { readonly venueOrderId: string; readonly symbol: string },
): Promise<VenueFill[]> {
  const { tradePaging, tradesOfOrder } = caller.dialect;
  if (tradesOfOrder === null) return fillsSinceOrder(exchange, caller, order);
  const narrowed = tradesOfOrder(order.venueOrderId);
  const fills = new Map<string, VenueFill>();
  let next: NativeParams | null = {};
  for (let page = 0; next !== null; page += 1) {
    if (page >= mostPagesOfOneOrder) throw new VenueError('malformed_reply', 'fills of one order: too many pages');
    const more: NativeParams = { ...narrowed, ...next };
    const result = await read(caller, 'fills of an order', () =>
      exchange.fetchMyTrades(order.symbol, undefined, tradePaging.pageSize, more),
    );
    for (const trade of result.value) {
      const fill = fillOf(exchange, order.symbol, trade);
      if (fill.venueOrderId === order.venueOrderId) fills.set(fill.tradeId, fill);
    }
    next = nextPage(caller, page, result.value, result.context.lastReply?.body);
  }
  return inOrder(fills.values());
}

/** Where a trade list cannot be narrowed to an order: all trades since the venue took it, and of these its own. */
async function fillsSinceOrder(
  exchange: ExactExchange,
  caller: VenueCaller,
  { venueOrderId, symbol }: { readonly venueOrderId: string; readonly symbol: string },
): Promise<VenueFill[]> {
  const params = caller.dialect.readByVenueIdParams;
  const taken = await read(caller, 'the time of an order', () => exchange.fetchOrder(venueOrderId, symbol, params));
  const sinceMs = timeMs(taken.value.timestamp, 'time of an order');
  const fills = await fillsBetween(exchange, caller, symbol, sinceMs, caller.clock.nowMs() + futureMarginMs);
  return fills.filter((fill) => fill.venueOrderId === venueOrderId);
}

/**
 * Parameters of the next page of one order's trades, or null at the end. Without an id to begin at, a full first page
 * may be the newest ones: then it is read again from the oldest.
 */
function nextPage(
  caller: VenueCaller,
  page: number,
  trades: readonly ExactTrade[],
  body: unknown,
): NativeParams | null {
  const paging = caller.dialect.tradePaging;
  if (paging.kind === 'cursor') {
    const cursor = paging.nextCursor(body);
    return cursor === null ? null : { [paging.parameter]: cursor };
  }
  if (paging.kind !== 'time' || trades.length < paging.pageSize) return null;
  if (paging.continueById === null) tooMany();
  return { [paging.continueById]: page === 0 ? '0' : idAfter(trades) };
}

function tooMany(): never {
  throw new VenueError('malformed_reply', 'fills of one order: more than a page, and no way to the next');
}

/** All fills of the account in a symbol with a market time in [sinceMs, untilMs], those that the venue made itself included. */
export async function fillsBetween(
  exchange: ExactExchange,
  caller: VenueCaller,
  symbol: string,
  sinceMs: number,
  untilMs: number,
): Promise<VenueFill[]> {
  const fills = new Map<string, VenueFill>();
  for (const trade of await tradesBetween(exchange, caller, symbol, sinceMs, untilMs)) {
    const fill = fillOf(exchange, symbol, trade);
    // Some venues count in whole seconds.
    if (fill.executedAtMs < sinceMs) continue;
    fills.set(keyFrom('fill', fill.venueOrderId, fill.tradeId), fill);
  }
  return inOrder(fills.values());
}

/** @param narrowed native parameters that leave out some of them */
export async function tradesBetween(
  exchange: ExactExchange,
  caller: VenueCaller,
  symbol: string,
  sinceMs: number,
  untilMs: number,
  narrowed: NativeParams = {},
): Promise<ExactTrade[]> {
  const { kind } = instrumentOf(exchange, caller.dialect, symbol);
  const lists: readonly NativeParams[] = [{}, ...caller.dialect.venueTradeParams(kind)];
  const trades: ExactTrade[] = [];
  for (const native of lists) {
    const list: PagedList<ExactTrade> = {
      what: `trades of ${symbol}`,
      paging: caller.dialect.tradePaging,
      fetchPage: (since, limit, params) =>
        exchange.fetchMyTrades(symbol, since, limit, { ...narrowed, ...native, ...params }),
      keyOf: (trade) => keyFrom('trade', trade.order, trade.id),
    };
    trades.push(...(await readAllPages(caller, list, sinceMs, untilMs)));
  }
  return trades;
}

function fillOf(exchange: ExactExchange, symbol: string, trade: ExactTrade): VenueFill {
  const role = trade.takerOrMaker;
  return {
    venueOrderId: text(trade.order, 'order id of a fill'),
    tradeId: text(trade.id, 'trade id'),
    symbol,
    side: sideOf(trade.side),
    price: decimalText(trade.price, 'price of a fill'),
    quantityBase: toBase(decimalText(trade.amount, 'quantity of a fill'), contractSizeOf(exchange, symbol)),
    fee: decimalText(trade.fee?.cost, 'fee of a fill'),
    feeCurrency: text(trade.fee?.currency, 'fee currency'),
    role: role === 'maker' || role === 'taker' ? role : 'unknown',
    executedAtMs: timeMs(trade.timestamp, 'time of a fill'),
  };
}

export function sideOf(value: unknown): OrderSide {
  if (value === 'buy' || value === 'sell') return value;
  throw new VenueError('malformed_reply', `neither buy nor sell: ${JSON.stringify(value)}`);
}

function inOrder(fills: Iterable<VenueFill>): VenueFill[] {
  return [...fills].sort((left, right) => left.executedAtMs - right.executedAtMs);
}

/** Funding payments of the account in a perpetual with a market time in [sinceMs, untilMs], positive when received. */
export async function fundingPaymentsBetween(
  exchange: ExactExchange,
  caller: VenueCaller,
  symbol: string,
  sinceMs: number,
  untilMs: number,
): Promise<VenueFundingPayment[]> {
  const list: PagedList<ExactFundingPayment> = {
    what: `funding payments of ${symbol}`,
    paging: caller.dialect.fundingPaymentPaging,
    fetchPage: (since, limit, params) => exchange.fetchFundingHistory(symbol, since, limit, params),
    keyOf: (payment) => keyFrom('funding payment', payment.id),
  };
  const sign = decimal(caller.dialect.fundingPaymentSign);
  const payments = await readAllPages(caller, list, sinceMs, untilMs);
  // A linear perpetual pays its funding in what it settles in; ccxt names USDT at bybit whatever that is.
  const settle = exchange.markets?.[symbol]?.settle;
  return payments.map((payment) => ({
    paymentId: text(payment.id, 'funding payment id'),
    symbol,
    amount: toText(decimal(decimalText(payment.amount, 'funding payment')).times(sign)),
    currency: text(settle ?? payment.code, 'funding currency'),
    settledAtMs: timeMs(payment.timestamp, 'funding time'),
  }));
}
