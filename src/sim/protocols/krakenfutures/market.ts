/** Public endpoints: contracts, tickers, books, trades, candles, funding rates. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, divide, one, toText, zero } from '../../../domain/decimal.ts';
import { candles, listedOf, settledRates } from '../../views/market-view.ts';
import { decimalPlaces } from '../../exchange/instruments.ts';
import type { SimMarket } from '../../exchange/state.ts';
import { lastKnownBar } from '../../feed/tape.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { KrakenCall, Route } from './call.ts';
import { feedOf, isoTime, marketNamed, required, timeAt, wholeNumber, wireNumber } from './call.ts';
import { invalid } from './errors.ts';
import { feeScheduleId } from './ids.ts';
import { wireCurrency } from './instruments.ts';
import { publicExecutions, tradeHistory } from './public-trades.ts';
import { restTicker } from './ticker.ts';

const candleLengthsMs = new Map([
  ['1m', 60_000],
  ['5m', 300_000],
  ['15m', 900_000],
  ['30m', 1_800_000],
  ['1h', 3_600_000],
  ['4h', 14_400_000],
  ['12h', 43_200_000],
  ['1d', 86_400_000],
  ['1w', 604_800_000],
]);
const mostCandles = 2000;
const ratesShown = 2000;
const contractsSince = '2022-03-22T13:18:45.000Z';

export function marketRoutes(context: ProtocolContext): Route[] {
  const { exchange } = context;
  const api = '/derivatives/api/v3';
  const markets = (): SimMarket[] => [...exchange.state.markets.values()];
  const inPath = (call: KrakenCall): SimMarket => marketNamed(context, call.path.get('symbol') ?? '');
  const named = (call: KrakenCall): SimMarket => marketNamed(context, required(call.params, 'symbol'));
  const rates = (call: KrakenCall): Record<string, unknown> => fundingRates(context, named(call), call.nowMs);
  return [
    { name: `GET ${api}/instruments`, needs: null, handle: () => ({ instruments: markets().map(instrumentView) }) },
    {
      name: `GET ${api}/instruments/status`,
      needs: null,
      handle: () => ({ instrumentStatus: markets().map(statusView) }),
    },
    { name: `GET ${api}/instruments/{symbol}/status`, needs: null, handle: (call) => statusView(inPath(call)) },
    {
      name: `GET ${api}/tickers`,
      needs: null,
      handle: ({ nowMs }) => ({ tickers: markets().map((market) => restTicker(context, market, nowMs)) }),
    },
    {
      name: `GET ${api}/tickers/{symbol}`,
      needs: null,
      handle: (call) => ({ ticker: restTicker(context, inPath(call), call.nowMs) }),
    },
    { name: `GET ${api}/orderbook`, needs: null, handle: (call) => ({ orderBook: bookView(context, named(call)) }) },
    {
      name: `GET ${api}/history`,
      needs: null,
      handle: (call) => ({ history: tradeHistory(named(call), timeAt(call.params, 'lastTime')) }),
    },
    { name: 'GET /derivatives/api/v4/historicalfundingrates', needs: null, handle: rates },
    { name: `GET ${api}/historical-funding-rates`, needs: null, handle: rates },
    {
      name: 'GET /api/charts/v1/{tick_type}/{symbol}/{resolution}',
      needs: null,
      isBare: true,
      handle: (call) => candleList(context, inPath(call), call),
    },
    {
      name: 'GET /api/history/v3/market/{symbol}/executions',
      needs: null,
      isBare: true,
      handle: (call) => publicExecutions(inPath(call), call),
    },
  ];
}

function instrumentView({ instrument }: SimMarket): Record<string, unknown> {
  return {
    symbol: instrument.id,
    type: 'flexible_futures',
    tickSize: wireNumber(instrument.priceTick),
    contractSize: wireNumber(instrument.contractSize),
    tradeable: true,
    impactMidSize: 1,
    maxPositionSize: wireNumber(instrument.maximumQuantity),
    openingDate: contractsSince,
    marginLevels: instrument.brackets.map((tier) => ({
      numNonContractUnits: wireNumber(tier.notionalFloor),
      initialMargin: wireNumber(divide(one, decimal(String(tier.maximumLeverage)), 6)),
      maintenanceMargin: wireNumber(tier.maintenanceRatio),
    })),
    fundingRateCoefficient: 8,
    maxRelativeFundingRate: 0.005,
    contractValueTradePrecision: decimalPlaces(instrument.quantityStep),
    postOnly: false,
    feeScheduleUid: feeScheduleId,
    mtf: false,
    base: instrument.base,
    quote: instrument.quote,
    pair: `${wireCurrency(instrument.base)}:${instrument.quote}`,
    category: '',
    tags: [],
    tradfi: false,
  };
}

function statusView({ instrument }: SimMarket): Record<string, unknown> {
  return {
    tradeable: instrument.id,
    experiencingDislocation: false,
    priceDislocationDirection: null,
    experiencingExtremeVolatility: false,
    extremeVolatilityInitialMarginMultiplier: 1,
  };
}

function bookView(context: ProtocolContext, market: SimMarket): Record<string, unknown> {
  const { bids, asks } = feedOf(context, market).current();
  const level = ([price, size]: readonly [string, string]): number[] => [Number(price), Number(size)];
  return { bids: bids.map(level), asks: asks.map(level) };
}

/** Oldest first. The absolute rate is in quote for a contract of one base unit, at the close of that time. */
function fundingRates(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  const entry = listedOf(context.exchange, market);
  const settled = settledRates(entry, nowMs, { fromMs: null, toMs: nowMs, limit: ratesShown });
  const mark = context.exchange.markPrice(market) ?? zero;
  return {
    rates: settled.map(({ settledAtMs, rate }) => ({
      timestamp: isoTime(settledAtMs),
      fundingRate: wireNumber(rate.times(closeAt(entry.bars, settledAtMs) ?? mark)),
      relativeFundingRate: wireNumber(rate),
    })),
  };
}

/** The newest close that was known at a time; null when none was. */
function closeAt(bars: ReturnType<typeof listedOf>['bars'], atMs: number): Decimal | null {
  return lastKnownBar(bars, atMs)?.close ?? null;
}

/** Oldest first; mark and index candles have no volume. */
function candleList(context: ProtocolContext, market: SimMarket, call: KrakenCall): Record<string, unknown> {
  const tickType = call.path.get('tick_type') ?? '';
  if (!['trade', 'mark', 'spot'].includes(tickType)) throw invalid('tick_type');
  const lengthMs = candleLengthsMs.get(call.path.get('resolution') ?? '');
  if (lengthMs === undefined) throw invalid('resolution');
  const from = wholeNumber(call.params, 'from');
  const to = wholeNumber(call.params, 'to');
  const bars = listedOf(context.exchange, market).bars.filter((bar) => bar.closeAtMs - bar.openAtMs <= lengthMs);
  const fromMs = (from ?? 0) * 1000;
  const found = candles(bars, call.nowMs, lengthMs, fromMs, to === null ? call.nowMs : to * 1000);
  // With a start the oldest come first and there may be more; without one the newest are meant.
  const shown = from === null ? found.slice(-mostCandles) : found.slice(0, mostCandles);
  return {
    candles: shown.map((bar) => ({
      time: bar.openAtMs,
      open: toText(bar.open),
      high: toText(bar.high),
      low: toText(bar.low),
      close: toText(bar.close),
      volume: tickType === 'trade' ? toText(bar.volume) : '0',
    })),
    more_candles: from !== null && found.length > shown.length,
  };
}
