/** Binance USDⓈ-M's public endpoints. */
import type { Decimal } from '../../../domain/decimal.ts';
import { divide, toText, zero } from '../../../domain/decimal.ts';
import type { BookFeed } from '../../book-feed.ts';
import { nextSettlementMs } from '../../funding.ts';
import { decimalPlaces } from '../../instruments.ts';
import { candles, dayFigures, listedOf, settledRates } from '../../market-view.ts';
import type { SimMarket } from '../../state.ts';
import { lastKnownBar } from '../../tape.ts';
import type { ProtocolContext } from '../protocol.ts';
import { BinanceError } from './errors.ts';
import type { BinanceCall, BinanceHandler } from './parameters.ts';
import { chosenMarkets, integerOrNull, limitOf, oneOrAll, required, requiredMarket } from './parameters.ts';

const candleLengthsMs: Readonly<Record<string, number>> = {
  '1h': 3_600_000,
  '2h': 7_200_000,
  '4h': 14_400_000,
  '6h': 21_600_000,
  '8h': 28_800_000,
  '12h': 43_200_000,
  '1d': 86_400_000,
};

export function publicHandlers(context: ProtocolContext): Readonly<Record<string, BinanceHandler>> {
  const { exchange } = context;
  const markets = (call: BinanceCall): SimMarket[] => chosenMarkets(context, call);
  return {
    'GET ping': () => ({}),
    'GET time': ({ wallMs }) => ({ serverTime: wallMs }),
    'GET exchangeInfo': ({ wallMs }) => ({
      timezone: 'UTC',
      serverTime: wallMs,
      futuresType: 'U_MARGINED',
      rateLimits: [
        { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 2400 },
        { rateLimitType: 'ORDERS', interval: 'MINUTE', intervalNum: 1, limit: 1200 },
      ],
      exchangeFilters: [],
      assets: [{ asset: 'USDT', marginAvailable: true, autoAssetExchange: '-10000' }],
      symbols: [...exchange.state.markets.values()].map(symbolView),
    }),
    'GET depth': (call) => {
      const { updateId, bids, asks } = feedOf(context, requiredMarket(context, call)).current();
      const limit = limitOf(call, 500, 1000);
      return {
        lastUpdateId: updateId,
        E: call.nowMs,
        T: call.nowMs,
        bids: bids.slice(0, limit),
        asks: asks.slice(0, limit),
      };
    },
    'GET ticker/24hr': (call) =>
      oneOrAll(
        call,
        markets(call).map((market) => tickerView(context, market, call.nowMs)),
      ),
    'GET ticker/bookTicker': (call) =>
      oneOrAll(
        call,
        markets(call).map((market) => bookTickerView(context, market, call.nowMs)),
      ),
    'GET ticker/price': (call) =>
      oneOrAll(
        call,
        markets(call).map((market) => ({
          symbol: market.instrument.id,
          price: toText(market.lastPrice ?? zero),
          time: call.nowMs,
        })),
      ),
    'GET premiumIndex': (call) =>
      oneOrAll(
        call,
        markets(call).map((market) => premiumView(context, market, call.nowMs)),
      ),
    'GET fundingInfo': (call) =>
      markets(call).map((market) => ({
        symbol: market.instrument.id,
        adjustedFundingRateCap: '0.02000000',
        adjustedFundingRateFloor: '-0.02000000',
        fundingIntervalHours: listedOf(exchange, market).funding?.intervalHours ?? 8,
        disclaimer: false,
      })),
    'GET fundingRate': (call) => fundingRates(context, call),
    'GET klines': (call) => {
      const market = requiredMarket(context, call);
      const lengthMs = candleLengthsMs[required(call, 'interval')];
      if (lengthMs === undefined) throw new BinanceError(-1120, 'Invalid interval.');
      const fromMs = integerOrNull(call, 'startTime');
      const limit = limitOf(call, 500, 1500);
      const toMs = integerOrNull(call, 'endTime') ?? call.nowMs;
      const found = candles(listedOf(exchange, market).bars, call.nowMs, lengthMs, fromMs ?? 0, toMs);
      return (fromMs === null ? found.slice(-limit) : found.slice(0, limit)).map((bar) => [
        bar.openAtMs,
        ...[bar.open, bar.high, bar.low, bar.close, bar.volume].map(toText),
        bar.closeAtMs - 1,
        toText(bar.volume.times(bar.close)),
        0,
        '0',
        '0',
        '0',
      ]);
    },
    'GET trades': (call) =>
      requiredMarket(context, call)
        .publicTrades.slice(-limitOf(call, 500, 1000))
        .map((trade) => ({
          id: Number(trade.id),
          price: toText(trade.price),
          qty: toText(trade.quantityBase),
          quoteQty: toText(trade.price.times(trade.quantityBase)),
          time: trade.atMs,
          isBuyerMaker: trade.takerSide === 'sell',
        })),
  };
}

export function feedOf(context: ProtocolContext, market: SimMarket): BookFeed {
  const feed = context.feeds.get(market.instrument.id);
  if (feed === undefined) throw new Error(`no feed for ${market.instrument.id}`);
  return feed;
}

function symbolView({ instrument }: SimMarket): Record<string, unknown> {
  const tick = toText(instrument.priceTick);
  const step = toText(instrument.quantityStep);
  const least = toText(instrument.minimumQuantity);
  const most = toText(instrument.maximumQuantity);
  return {
    symbol: instrument.id,
    pair: instrument.id,
    contractType: 'PERPETUAL',
    deliveryDate: 4133404800000,
    onboardDate: 1700000000000,
    status: 'TRADING',
    maintMarginPercent: '2.5000',
    requiredMarginPercent: '5.0000',
    baseAsset: instrument.base,
    quoteAsset: instrument.quote,
    marginAsset: instrument.quote,
    pricePrecision: decimalPlaces(instrument.priceTick),
    quantityPrecision: decimalPlaces(instrument.quantityStep),
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: 'COIN',
    underlyingSubType: [],
    triggerProtect: '0.0500',
    liquidationFee: '0.010000',
    marketTakeBound: '0.05',
    maxMoveOrderLimit: 10000,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: tick, maxPrice: '1000', tickSize: tick },
      { filterType: 'LOT_SIZE', minQty: least, maxQty: most, stepSize: step },
      { filterType: 'MARKET_LOT_SIZE', minQty: least, maxQty: most, stepSize: step },
      { filterType: 'MAX_NUM_ORDERS', limit: 200 },
      { filterType: 'MIN_NOTIONAL', notional: toText(instrument.minimumNotional) },
    ],
    orderTypes: ['LIMIT', 'MARKET'],
    timeInForce: ['GTC', 'IOC', 'FOK', 'GTX'],
  };
}

/** Without best prices: a futures 24 h ticker has none. */
export function tickerView(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  const day = dayFigures(context.exchange, market, nowMs);
  const change = day.last.minus(day.open);
  const average: Decimal = day.volumeBase.eq(zero) ? day.last : divide(day.volumeQuote, day.volumeBase, 8);
  return {
    symbol: market.instrument.id,
    priceChange: toText(change),
    priceChangePercent: toText(day.changeFraction.times('100')),
    weightedAvgPrice: toText(average),
    lastPrice: toText(day.last),
    lastQty: toText(market.publicTrades.at(-1)?.quantityBase ?? zero),
    openPrice: toText(day.open),
    highPrice: toText(day.high),
    lowPrice: toText(day.low),
    volume: toText(day.volumeBase),
    quoteVolume: toText(day.volumeQuote),
    openTime: nowMs - 86_400_000,
    closeTime: nowMs,
    firstId: 0,
    lastId: 0,
    count: market.publicTrades.length,
  };
}

export function bookTickerView(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  const { bids, asks, updateId } = feedOf(context, market).current();
  return {
    symbol: market.instrument.id,
    bidPrice: bids[0]?.[0] ?? '0',
    bidQty: bids[0]?.[1] ?? '0',
    askPrice: asks[0]?.[0] ?? '0',
    askQty: asks[0]?.[1] ?? '0',
    time: nowMs,
    lastUpdateId: updateId,
  };
}

/** The rate shown is the one that the next settlement will use. */
export function premiumView(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  const { funding } = listedOf(context.exchange, market);
  const mark = toText(market.house.centre ?? zero);
  const nextMs = funding === null ? 0 : nextSettlementMs(funding, nowMs);
  return {
    symbol: market.instrument.id,
    markPrice: mark,
    indexPrice: mark,
    estimatedSettlePrice: mark,
    lastFundingRate: funding === null ? '0' : toText(funding.rateAt(nextMs)),
    interestRate: '0.00010000',
    nextFundingTime: nextMs,
    time: nowMs,
  };
}

function fundingRates(context: ProtocolContext, call: BinanceCall): unknown[] {
  const window = {
    fromMs: integerOrNull(call, 'startTime'),
    toMs: integerOrNull(call, 'endTime'),
    limit: limitOf(call, 100, 1000),
  };
  return chosenMarkets(context, call).flatMap((market) => {
    const entry = listedOf(context.exchange, market);
    return settledRates(entry, call.nowMs, window).map(({ settledAtMs, rate }) => ({
      symbol: market.instrument.id,
      fundingTime: settledAtMs,
      fundingRate: toText(rate),
      markPrice: toText((lastKnownBar(entry.bars, settledAtMs) ?? entry.bars[0])?.close ?? zero),
    }));
  });
}
