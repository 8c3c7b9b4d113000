/** Public endpoints of binance USDⓈ-M. */
import type { Decimal } from '../../../domain/decimal.ts';
import { maximum, toText, zero } from '../../../domain/decimal.ts';
import { nextSettlementMs } from '../../exchange/funding.ts';
import { positionOf } from '../../exchange/funds.ts';
import { listedOf, settledRates } from '../../views/market-view.ts';
import type { SimMarket } from '../../exchange/state.ts';
import { lastKnownBar } from '../../feed/tape.ts';
import type { BinanceCall, Endpoint, Endpoints } from '../binance-shared/call.ts';
import { weightByLimit, weightWith } from '../binance-shared/call.ts';
import { candleRows } from '../binance-shared/candles.ts';
import { chosenMarkets, limitOf, oneOrAll, requiredMarket, timeOrNull } from '../binance-shared/parameters.ts';
import { aggregateRow, aggregateTrades, recentTrades, tradeRow } from '../binance-shared/public-trades.ts';
import { bestPrices, dayTicker, feedOf } from '../binance-shared/tickers.ts';
import type { ProtocolContext } from '../protocol.ts';
import { exchangeInfo } from './exchange-info.ts';

const depthWeights = [
  [50, 2],
  [100, 5],
  [500, 10],
  [1000, 20],
] as const;
const candleWeights = [
  [99, 1],
  [499, 2],
  [1000, 5],
  [1500, 10],
] as const;

export function marketEndpoints(context: ProtocolContext): Endpoints {
  const open = (weight: Endpoint['weight'], handle: Endpoint['handle']): Endpoint => ({
    access: 'public',
    weight,
    handle,
  });
  const rows = (one: number, all: number, view: (market: SimMarket, call: BinanceCall) => unknown): Endpoint =>
    open(weightWith('symbol', one, all), (call) =>
      oneOrAll(
        call,
        chosenMarkets(context, call).map((market) => view(market, call)),
      ),
    );
  const candles = open(weightByLimit(candleWeights, 500), (call) =>
    candleRows(context.exchange, requiredMarket(context, call), call, 1500),
  );
  const price = rows(1, 2, (market, { nowMs }) => ({
    symbol: market.instrument.id,
    price: toText(market.lastPrice ?? zero),
    time: nowMs,
  }));
  return {
    'GET /fapi/v1/ping': open(1, () => ({})),
    'GET /fapi/v1/time': open(1, ({ wallMs }) => ({ serverTime: wallMs })),
    'GET /fapi/v1/exchangeInfo': open(1, (call) => exchangeInfo(context, call)),
    'GET /fapi/v1/depth': open(weightByLimit(depthWeights, 500), (call) => depth(context, call)),
    'GET /fapi/v1/trades': open(5, (call) => recentTrades(context, call).map(tradeRow)),
    'GET /fapi/v1/historicalTrades': {
      access: 'key',
      weight: 20,
      handle: (call) => recentTrades(context, call).map(tradeRow),
    },
    'GET /fapi/v1/aggTrades': open(20, (call) => aggregateTrades(context, call).map(aggregateRow)),
    'GET /fapi/v1/klines': candles,
    'GET /fapi/v1/markPriceKlines': candles,
    'GET /fapi/v1/ticker/24hr': rows(1, 40, (market, { nowMs }) => dayTicker(context, market, nowMs)),
    'GET /fapi/v1/ticker/price': price,
    'GET /fapi/v2/ticker/price': price,
    'GET /fapi/v1/ticker/bookTicker': rows(2, 5, (market, { nowMs }) => bookTicker(context, market, nowMs)),
    'GET /fapi/v1/premiumIndex': rows(1, 10, (market, { nowMs }) => premiumView(context, market, nowMs)),
    'GET /fapi/v1/fundingInfo': open(1, (call) => fundingInfo(context, call)),
    'GET /fapi/v1/fundingRate': open(1, (call) => fundingRates(context, call)),
    'GET /fapi/v1/openInterest': open(1, (call) => {
      const market = requiredMarket(context, call);
      return { symbol: market.instrument.id, openInterest: toText(openInterest(context, market)), time: call.nowMs };
    }),
  };
}

function depth(context: ProtocolContext, call: BinanceCall): Record<string, unknown> {
  const { updateId, bids, asks } = feedOf(context, requiredMarket(context, call)).current();
  const limit = limitOf(call, 500, 1000);
  return {
    lastUpdateId: updateId,
    E: call.nowMs,
    T: call.nowMs,
    bids: bids.slice(0, limit),
    asks: asks.slice(0, limit),
  };
}

function bookTicker(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  const version = feedOf(context, market).current();
  return { symbol: market.instrument.id, ...bestPrices(version), time: nowMs, lastUpdateId: version.updateId };
}

/** The house is the other side of what accounts hold: the larger of their two sides. */
function openInterest({ exchange }: ProtocolContext, { instrument }: SimMarket): Decimal {
  let long = zero;
  let short = zero;
  for (const account of exchange.state.accounts.values()) {
    const { quantity } = positionOf(account, instrument.id);
    if (quantity.gt(zero)) long = long.plus(quantity);
    else short = short.minus(quantity);
  }
  return maximum(long, short);
}

/** The rate shown is the one that the next settlement will use. */
export function premiumView(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  const { exchange } = context;
  const funding = exchange.fundingOf(market);
  const index = toText(exchange.indexPrice(market) ?? zero);
  const nextMs = funding === null ? 0 : nextSettlementMs(funding, nowMs);
  return {
    symbol: market.instrument.id,
    markPrice: toText(exchange.markPrice(market) ?? zero),
    indexPrice: index,
    estimatedSettlePrice: index,
    lastFundingRate: funding === null ? '0' : toText(funding.rateAt(nextMs)),
    interestRate: '0.00010000',
    nextFundingTime: nextMs,
    time: nowMs,
  };
}

function fundingInfo(context: ProtocolContext, call: BinanceCall): unknown[] {
  return chosenMarkets(context, call).map((market) => ({
    symbol: market.instrument.id,
    adjustedFundingRateCap: '0.02000000',
    adjustedFundingRateFloor: '-0.02000000',
    fundingIntervalHours: context.exchange.fundingOf(market)?.intervalHours ?? 8,
    disclaimer: false,
  }));
}

function fundingRates(context: ProtocolContext, call: BinanceCall): unknown[] {
  const window = {
    fromMs: timeOrNull(call, 'startTime'),
    toMs: timeOrNull(call, 'endTime'),
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
