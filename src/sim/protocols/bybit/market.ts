/** Bybit v5's public endpoints: `/v5/market/*`. */
import { toText } from '../../../domain/decimal.ts';
import { candles, dayFigures, listedOf } from '../../market-view.ts';
import type { SimMarket } from '../../state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { parameterError } from './errors.ts';
import type { BybitCall, BybitHandler } from './index.ts';

const candleLengthsMs: Readonly<Record<string, number>> = {
  '60': 3_600_000,
  '120': 7_200_000,
  '240': 14_400_000,
  '360': 21_600_000,
  '720': 43_200_000,
  D: 86_400_000,
};
const maximumCandles = 1000;

export function publicHandlers(context: ProtocolContext): Readonly<Record<string, BybitHandler>> {
  const { exchange } = context;
  return {
    'GET /v5/market/time': ({ wallMs }) => ({
      timeSecond: String(Math.floor(wallMs / 1000)),
      timeNano: `${wallMs}000000`,
    }),
    'GET /v5/market/instruments-info': (call) => ({
      category: call.params['category'] ?? '',
      list: listedMarkets(context, call).map(instrumentView),
      nextPageCursor: '',
    }),
    'GET /v5/market/tickers': (call) => ({
      category: call.params['category'] ?? '',
      list: listedMarkets(context, call).map((market) => tickerView(context, market, call.nowMs)),
    }),
    'GET /v5/market/orderbook': (call) => {
      const market = requiredMarket(context, call);
      const { updateId, bids, asks } = feedOf(context, market).current();
      const limit = positiveInteger(call, 'limit', 1, 200);
      return {
        s: market.instrument.id,
        b: bids.slice(0, limit),
        a: asks.slice(0, limit),
        ts: call.nowMs,
        u: updateId,
        seq: updateId,
        cts: call.nowMs,
      };
    },
    'GET /v5/market/recent-trade': (call) => {
      const market = requiredMarket(context, call);
      const newest = market.publicTrades.slice(-positiveInteger(call, 'limit', 60, 60)).toReversed();
      return {
        category: 'spot',
        list: newest.map((trade) => ({
          execId: trade.id,
          symbol: market.instrument.id,
          price: toText(trade.price),
          size: toText(trade.quantityBase),
          side: trade.takerSide === 'buy' ? 'Buy' : 'Sell',
          time: String(trade.atMs),
          isBlockTrade: false,
          isRPITrade: false,
        })),
      };
    },
    'GET /v5/market/kline': (call) => {
      const market = requiredMarket(context, call);
      const lengthMs = candleLengthsMs[call.params['interval'] ?? ''];
      if (lengthMs === undefined) throw parameterError('Invalid period!');
      const limit = positiveInteger(call, 'limit', 200, maximumCandles);
      const from = integerOrNull(call, 'start') ?? 0;
      const to = integerOrNull(call, 'end') ?? call.nowMs;
      const found = candles(listedOf(exchange, market).bars, call.nowMs, lengthMs, from, to);
      return {
        category: 'spot',
        symbol: market.instrument.id,
        list: found
          .slice(-limit)
          .toReversed()
          .map((bar) =>
            [String(bar.openAtMs)].concat(
              [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.volume.times(bar.close)].map(toText),
            ),
          ),
      };
    },
    'GET /v5/market/funding/history': (call) => {
      if (call.params['category'] === 'spot') throw parameterError('Category is invalid.');
      return { category: call.params['category'] ?? '', list: [] };
    },
  };
}

export function feedOf(context: ProtocolContext, market: SimMarket): ReturnType<typeof requireFeed> {
  return requireFeed(context, market.instrument.id);
}

function requireFeed(context: ProtocolContext, id: string): NonNullable<ReturnType<ProtocolContext['feeds']['get']>> {
  const feed = context.feeds.get(id);
  if (feed === undefined) throw new Error(`no feed for ${id}`);
  return feed;
}

/** The market that `category` and `symbol` name. @throws BybitError 10001 */
export function requiredMarket(context: ProtocolContext, call: BybitCall): SimMarket {
  requireCategory(call);
  const symbol = call.params['symbol'] ?? '';
  const market = call.params['category'] === 'spot' ? context.exchange.state.markets.get(symbol) : undefined;
  if (market === undefined) throw parameterError('Not supported symbols');
  return market;
}

export function requireCategory(call: BybitCall): void {
  if (!['spot', 'linear', 'inverse', 'option'].includes(call.params['category'] ?? '')) {
    throw parameterError('category cannot be empty or is illegal');
  }
}

/** Only spot is listed; other categories exist and are empty. */
function listedMarkets(context: ProtocolContext, call: BybitCall): SimMarket[] {
  requireCategory(call);
  if (call.params['category'] !== 'spot') return [];
  if (call.params['symbol'] !== undefined) return [requiredMarket(context, call)];
  return [...context.exchange.state.markets.values()];
}

export function positiveInteger(call: BybitCall, name: string, otherwise: number, most: number): number {
  const value = integerOrNull(call, name) ?? otherwise;
  if (value < 1) throw parameterError(`params error: ${name} is invalid`);
  return Math.min(value, most);
}

export function integerOrNull(call: BybitCall, name: string): number | null {
  const text = call.params[name];
  if (text === undefined || text === '') return null;
  if (!/^\d{1,15}$/.test(text)) throw parameterError(`params error: ${name} is invalid`);
  return Number(text);
}

function instrumentView({ instrument }: SimMarket): Record<string, unknown> {
  const step = toText(instrument.quantityStep);
  return {
    symbol: instrument.id,
    baseCoin: instrument.base,
    quoteCoin: instrument.quote,
    innovation: '0',
    status: 'Trading',
    marginTrading: 'none',
    stTag: '0',
    lotSizeFilter: {
      basePrecision: step,
      quotePrecision: '0.000001',
      minOrderQty: toText(instrument.minimumQuantity),
      maxOrderQty: toText(instrument.maximumQuantity),
      minOrderAmt: toText(instrument.minimumNotional),
      maxOrderAmt: toText(instrument.maximumQuantity),
    },
    priceFilter: { tickSize: toText(instrument.priceTick) },
    riskParameters: { priceLimitRatioX: '0.01', priceLimitRatioY: '0.02' },
  };
}

export function tickerView(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  const { bids, asks } = feedOf(context, market).current();
  const day = dayFigures(context.exchange, market, nowMs);
  return {
    symbol: market.instrument.id,
    bid1Price: bids[0]?.[0] ?? '',
    bid1Size: bids[0]?.[1] ?? '',
    ask1Price: asks[0]?.[0] ?? '',
    ask1Size: asks[0]?.[1] ?? '',
    lastPrice: toText(day.last),
    prevPrice24h: toText(day.open),
    price24hPcnt: toText(day.changeFraction),
    highPrice24h: toText(day.high),
    lowPrice24h: toText(day.low),
    turnover24h: toText(day.volumeQuote),
    volume24h: toText(day.volumeBase),
    usdIndexPrice: toText(market.house.centre ?? day.last),
  };
}
