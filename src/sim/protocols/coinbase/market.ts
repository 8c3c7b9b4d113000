/** Products, books, trades and candles: the same replies on the public paths (`market/…`) and on the signed ones. */
import { divide, decimal, roundTo, toText } from '../../../domain/decimal.ts';
import type { LevelText } from '../../feed/book-feed.ts';
import { candles, dayFigures, listedOf } from '../../views/market-view.ts';
import type { PublicTrade, SimMarket } from '../../exchange/state.ts';
import { lastKnownBar } from '../../feed/tape.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { CoinbaseCall, CoinbaseHandler, Route } from './call.ts';
import { feedOf, isoTime, listed, marketNamed, pageSize, wholeNumber } from './call.ts';
import { invalidArgument } from './errors.ts';
import { publicTradeId } from './ids.ts';
import { productView } from './product-view.ts';

const granularitiesMs = new Map([
  ['ONE_MINUTE', 60_000],
  ['FIVE_MINUTE', 300_000],
  ['FIFTEEN_MINUTE', 900_000],
  ['THIRTY_MINUTE', 1_800_000],
  ['ONE_HOUR', 3_600_000],
  ['TWO_HOUR', 7_200_000],
  ['FOUR_HOUR', 14_400_000],
  ['SIX_HOUR', 21_600_000],
  ['ONE_DAY', 86_400_000],
]);
const mostCandles = 350;

export function marketRoutes(context: ProtocolContext): Route[] {
  const api = '/api/v3/brokerage';
  const both = (path: string, open: string, handle: CoinbaseHandler): Route[] => [
    { name: `GET ${api}/${path}`, needs: 'read', handle },
    { name: `GET ${api}/market/${open}`, needs: null, handle },
  ];
  const same = (path: string, handle: CoinbaseHandler): Route[] => both(path, path, handle);
  const named = (call: CoinbaseCall): SimMarket => marketNamed(context, call.path.get('product_id') ?? '');
  return [
    { name: `GET ${api}/time`, needs: null, handle: ({ wallMs }) => timeView(wallMs) },
    ...same('products', (call) => products(context, call)),
    ...same('products/{product_id}', (call) => productView(context, named(call), call.nowMs)),
    ...same('products/{product_id}/candles', (call) => productCandles(context, named(call), call)),
    ...same('products/{product_id}/ticker', (call) => productTrades(context, named(call), call)),
    ...same('product_book', (call) => productBook(context, call)),
    {
      name: `GET ${api}/best_bid_ask`,
      needs: 'read',
      handle: (call) => ({
        pricebooks: chosenMarkets(context, call).map((market) => priceBook(context, market, 1, call.nowMs)),
      }),
    },
  ];
}

export function timeView(wallMs: number): Record<string, unknown> {
  return { iso: isoTime(wallMs), epochSeconds: String(Math.floor(wallMs / 1000)), epochMillis: String(wallMs) };
}

/** Only spot is listed; futures exist as a kind of product and are none. */
function products(context: ProtocolContext, call: CoinbaseCall): Record<string, unknown> {
  const type = call.query.get('product_type') ?? '';
  const found = ['', 'SPOT', 'UNKNOWN_PRODUCT_TYPE'].includes(type) ? chosenMarkets(context, call) : [];
  const offset = wholeNumber(call, 'offset') ?? 0;
  const shown = found.slice(offset, offset + pageSize(call, found.length, found.length));
  return { products: shown.map((market) => productView(context, market, call.nowMs)), num_products: shown.length };
}

/** Those that `product_ids` names, or all of them. @throws CoinbaseError 404 */
function chosenMarkets(context: ProtocolContext, call: CoinbaseCall): SimMarket[] {
  const ids = listed(call, 'product_ids');
  if (ids.length === 0) return [...context.exchange.state.markets.values()];
  return [...new Set(ids)].map((id) => marketNamed(context, id));
}

/** Newest first, as the exchange lists them. */
function productCandles(context: ProtocolContext, market: SimMarket, call: CoinbaseCall): Record<string, unknown> {
  const lengthMs = granularitiesMs.get(call.query.get('granularity') ?? '');
  if (lengthMs === undefined) throw invalidArgument('granularity argument is invalid');
  const start = wholeNumber(call, 'start');
  const end = wholeNumber(call, 'end');
  if (start === null || end === null) throw invalidArgument('start and end arguments are required');
  if ((end - start) * 1000 > mostCandles * lengthMs) {
    throw invalidArgument(`number of candles requested should be less than ${mostCandles}`);
  }
  const bars = listedOf(context.exchange, market).bars.filter((bar) => bar.closeAtMs - bar.openAtMs <= lengthMs);
  const found = candles(bars, call.nowMs, lengthMs, start * 1000, end * 1000);
  return {
    candles: found
      .toReversed()
      .slice(0, pageSize(call, mostCandles, mostCandles))
      .map((bar) => ({
        start: String(Math.floor(bar.openAtMs / 1000)),
        low: toText(bar.low),
        high: toText(bar.high),
        open: toText(bar.open),
        close: toText(bar.close),
        volume: toText(bar.volume),
      })),
  };
}

function productTrades(context: ProtocolContext, market: SimMarket, call: CoinbaseCall): Record<string, unknown> {
  const limit = pageSize(call, 100, 1000);
  const fromMs = (wholeNumber(call, 'start') ?? 0) * 1000;
  const toMs = (wholeNumber(call, 'end') ?? Infinity) * 1000;
  const { bids, asks } = feedOf(context, market).current();
  const trades = market.publicTrades.map((trade) => publicTradeView(market, trade));
  const found = [...trades, ...latestPrint(context, market, call.nowMs)].filter(({ time }) => {
    const atMs = Date.parse(time);
    return atMs >= fromMs && atMs <= toMs;
  });
  return {
    trades: found.slice(-limit).toReversed(),
    best_bid: bids[0]?.[0] ?? '',
    best_ask: asks[0]?.[0] ?? '',
  };
}

/**
 * The price of the tape (or the control API) as a trade of the smallest size, when it is newer than every trade: on
 * this exchange the last price is told by the last trade alone. A model.
 */
function latestPrint(context: ProtocolContext, market: SimMarket, nowMs: number): TradeView[] {
  const { lastPrice, instrument } = market;
  const atMs = market.scriptedAtMs ?? lastKnownBar(listedOf(context.exchange, market).bars, nowMs)?.closeAtMs ?? nowMs;
  if (lastPrice === null || (market.publicTrades.at(-1)?.atMs ?? 0) >= atMs) return [];
  const print = { price: lastPrice, quantityBase: instrument.quantityStep, takerSide: 'buy' as const, atMs };
  return [tradeView(market, String(Math.floor(atMs / 1000)), print)];
}

export function publicTradeView(market: SimMarket, trade: PublicTrade): TradeView {
  return tradeView(market, publicTradeId(trade.id), trade);
}

type TradeView = ReturnType<typeof tradeView>;

function tradeView(market: SimMarket, id: string, trade: Omit<PublicTrade, 'id'>) {
  return {
    trade_id: id,
    product_id: market.instrument.id,
    price: toText(trade.price),
    size: toText(trade.quantityBase),
    time: isoTime(trade.atMs),
    side: trade.takerSide === 'buy' ? 'BUY' : 'SELL',
    bid: '',
    ask: '',
    exchange: 'coinbase',
  };
}

function productBook(context: ProtocolContext, call: CoinbaseCall): Record<string, unknown> {
  const productId = call.query.get('product_id') ?? '';
  if (productId === '') throw invalidArgument('product_id argument is required');
  const market = marketNamed(context, productId);
  const book = priceBook(context, market, pageSize(call, 1000, 1000), call.nowMs);
  const { bids, asks } = feedOf(context, market).current();
  const bid = decimal(bids[0]?.[0] ?? '0');
  const ask = decimal(asks[0]?.[0] ?? '0');
  const middle = bid.plus(ask).times(decimal('0.5'));
  const spread = ask.minus(bid);
  const isTwoSided = bids.length > 0 && asks.length > 0;
  return {
    pricebook: book,
    last: toText(dayFigures(context.exchange, market, call.nowMs).last),
    mid_market: isTwoSided ? toText(middle) : '',
    spread_bps: isTwoSided ? toText(roundTo(divide(spread.times(decimal('10000')), middle), 12, 'half_up')) : '',
    spread_absolute: isTwoSided ? toText(spread) : '',
  };
}

function priceBook(context: ProtocolContext, market: SimMarket, limit: number, nowMs: number): Record<string, unknown> {
  const { bids, asks } = feedOf(context, market).current();
  const level = ([price, size]: LevelText): Record<string, string> => ({ price, size });
  return {
    product_id: market.instrument.id,
    bids: bids.slice(0, limit).map(level),
    asks: asks.slice(0, limit).map(level),
    time: isoTime(nowMs),
  };
}
