/** Binance spot's public endpoints. */
import type { Decimal } from '../../../domain/decimal.ts';
import { zero } from '../../../domain/decimal.ts';
import type { PublicTrade, SimMarket } from '../../exchange/state.ts';
import type { BinanceCall, Endpoint, Endpoints, Parameters } from '../binance-shared/call.ts';
import { weightByLimit } from '../binance-shared/call.ts';
import { candleRows } from '../binance-shared/candles.ts';
import { chosenMarkets, limitOf, oneOrAll, requiredMarket } from '../binance-shared/parameters.ts';
import { aggregateRow, aggregateTrades, recentTrades, tradeRow } from '../binance-shared/public-trades.ts';
import { feedOf } from '../binance-shared/tickers.ts';
import type { ProtocolContext } from '../protocol.ts';
import { exchangeInfo } from './exchange-info.ts';
import { bookTicker, paddedLevels, spotTicker } from './tickers.ts';
import { padded } from './views.ts';

const depthWeights = [
  [100, 5],
  [500, 25],
  [1000, 50],
  [5000, 250],
] as const;

/** Weights of tickers: of one symbol, of up to 20, of up to 100, of all. */
const dayWeights: readonly [number, number, number, number] = [2, 2, 40, 80];
const priceWeights: readonly [number, number, number, number] = [2, 4, 4, 4];

export function marketEndpoints(context: ProtocolContext): Endpoints {
  const open = (weight: Endpoint['weight'], handle: Endpoint['handle']): Endpoint => ({
    access: 'public',
    weight,
    handle,
  });
  const rows = (weights: typeof dayWeights, view: (market: SimMarket, call: BinanceCall) => unknown): Endpoint =>
    open(
      (params) => symbolsWeight(params, weights),
      (call) =>
        oneOrAll(
          call,
          chosenMarkets(context, call).map((market) => view(market, call)),
        ),
    );
  const candles = open(2, (call) => candleRows(context.exchange, requiredMarket(context, call), call, 1000));
  const trades = open(25, (call) => recentTrades(context, call).map(paddedTrade));
  return {
    'GET /api/v3/ping': open(1, () => ({})),
    'GET /api/v3/time': open(1, ({ wallMs }) => ({ serverTime: wallMs })),
    'GET /api/v3/exchangeInfo': open(20, (call) => exchangeInfo(context, call)),
    'GET /api/v3/depth': open(weightByLimit(depthWeights, 100), (call) => {
      const { updateId, bids, asks } = feedOf(context, requiredMarket(context, call)).current();
      const limit = limitOf(call, 100, 5000);
      return {
        lastUpdateId: updateId,
        bids: paddedLevels(bids.slice(0, limit)),
        asks: paddedLevels(asks.slice(0, limit)),
      };
    }),
    'GET /api/v3/trades': trades,
    'GET /api/v3/historicalTrades': trades,
    'GET /api/v3/aggTrades': open(4, (call) =>
      aggregateTrades(context, call).map((trade) => ({
        ...aggregateRow(trade),
        p: padded(trade.price),
        q: padded(trade.quantityBase),
        M: true,
      })),
    ),
    'GET /api/v3/klines': candles,
    'GET /api/v3/uiKlines': candles,
    'GET /api/v3/avgPrice': open(2, (call) => {
      const market = requiredMarket(context, call);
      return { mins: 5, price: padded(priceOf(market)), closeTime: market.publicTrades.at(-1)?.atMs ?? call.nowMs };
    }),
    'GET /api/v3/ticker/24hr': rows(dayWeights, (market, { nowMs }) => {
      const ticker = spotTicker(context, market, nowMs);
      return { ...ticker, prevClosePrice: ticker.openPrice, ...bookTicker(context, market) };
    }),
    'GET /api/v3/ticker/price': rows(priceWeights, (market) => ({
      symbol: market.instrument.id,
      price: padded(priceOf(market)),
    })),
    'GET /api/v3/ticker/bookTicker': rows(priceWeights, (market) => bookTicker(context, market)),
  };
}

function priceOf(market: SimMarket): Decimal {
  return market.lastPrice ?? market.house.centre ?? zero;
}

function paddedTrade(trade: PublicTrade): Record<string, unknown> {
  return {
    ...tradeRow(trade),
    price: padded(trade.price),
    qty: padded(trade.quantityBase),
    quoteQty: padded(trade.price.times(trade.quantityBase)),
    isBestMatch: true,
  };
}

/** `symbols` is a JSON list: its commas tell how many it has. */
function symbolsWeight(params: Parameters, [one, few, many, all]: typeof dayWeights): number {
  if ((params.get('symbol') ?? '') !== '') return one;
  const listed = params.get('symbols') ?? '';
  if (listed === '') return all;
  const count = listed.split(',').length;
  return count <= 20 ? few : count <= 100 ? many : all;
}
