/** The figures of a contract, in the names of the REST and of the websocket ticker. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, zero } from '../../../domain/decimal.ts';
import { nextSettlementMs } from '../../exchange/funding.ts';
import type { DayFigures } from '../../views/market-view.ts';
import { dayFigures, listedOf } from '../../views/market-view.ts';
import type { SimMarket } from '../../exchange/state.ts';
import { lastKnownBar } from '../../feed/tape.ts';
import type { ProtocolContext } from '../protocol.ts';
import { feedOf, isoTime, wireNumber } from './call.ts';
import { wireCurrency } from './instruments.ts';

interface Figures {
  readonly day: DayFigures;
  readonly mark: Decimal;
  readonly index: Decimal;
  /** Of the current hour: a fraction of the notional, positive when longs pay. */
  readonly rate: Decimal;
  readonly nextFundingMs: number;
  readonly openInterest: Decimal;
  readonly bid: readonly [number, number];
  readonly ask: readonly [number, number];
}

function figuresOf(context: ProtocolContext, market: SimMarket, nowMs: number): Figures {
  const { exchange } = context;
  const funding = exchange.fundingOf(market);
  const nextFundingMs = funding === null ? 0 : nextSettlementMs(funding, nowMs);
  const { bids, asks } = feedOf(context, market).current();
  let openInterest = zero;
  for (const { positions } of exchange.state.accounts.values()) {
    const held = positions.get(market.instrument.id)?.quantity ?? zero;
    if (held.gt(zero)) openInterest = openInterest.plus(held);
  }
  return {
    day: dayFigures(exchange, market, nowMs),
    mark: exchange.markPrice(market) ?? zero,
    index: exchange.indexPrice(market) ?? zero,
    rate: funding?.rateAt(nextFundingMs) ?? zero,
    nextFundingMs,
    openInterest,
    bid: [Number(bids[0]?.[0] ?? '0'), Number(bids[0]?.[1] ?? '0')],
    ask: [Number(asks[0]?.[0] ?? '0'), Number(asks[0]?.[1] ?? '0')],
  };
}

function pairOf({ instrument }: SimMarket): string {
  return `${wireCurrency(instrument.base)}:${instrument.quote}`;
}

/** In percent. */
function change(day: DayFigures): number {
  return wireNumber(day.changeFraction.times(decimal('100')));
}

/** When the last price was made: by a trade, by the tape or by the control API. */
function lastPricedAtMs(context: ProtocolContext, market: SimMarket, nowMs: number): number {
  const bar = lastKnownBar(listedOf(context.exchange, market).bars, nowMs);
  const times = [market.publicTrades.at(-1)?.atMs, market.scriptedAtMs, bar?.closeAtMs];
  return Math.max(0, ...times.map((atMs) => atMs ?? 0)) || nowMs;
}

/** `fundingRate` is absolute: quote for a contract of one base unit and an hour. */
export function restTicker(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  const { day, mark, index, rate, openInterest, bid, ask } = figuresOf(context, market, nowMs);
  const lastTrade = market.publicTrades.at(-1);
  const absolute = wireNumber(rate.times(mark));
  return {
    symbol: market.instrument.id,
    last: wireNumber(day.last),
    lastTime: isoTime(lastPricedAtMs(context, market, nowMs)),
    lastSize: wireNumber(lastTrade?.quantityBase ?? zero),
    tag: 'perpetual',
    pair: pairOf(market),
    markPrice: wireNumber(mark),
    indexPrice: wireNumber(index),
    bid: bid[0],
    bidSize: bid[1],
    ask: ask[0],
    askSize: ask[1],
    vol24h: wireNumber(day.volumeBase),
    volumeQuote: wireNumber(day.volumeQuote),
    openInterest: wireNumber(openInterest),
    open24h: wireNumber(day.open),
    high24h: wireNumber(day.high),
    low24h: wireNumber(day.low),
    change24h: change(day),
    fundingRate: absolute,
    fundingRatePrediction: absolute,
    suspended: false,
    postOnly: false,
  };
}

export function websocketTicker(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  const { day, mark, index, rate, nextFundingMs, openInterest, bid, ask } = figuresOf(context, market, nowMs);
  const absolute = wireNumber(rate.times(mark));
  return {
    product_id: market.instrument.id,
    funding_rate: absolute,
    funding_rate_prediction: absolute,
    relative_funding_rate: wireNumber(rate),
    relative_funding_rate_prediction: wireNumber(rate),
    next_funding_rate_time: nextFundingMs,
    feed: 'ticker',
    bid: bid[0],
    ask: ask[0],
    bid_size: bid[1],
    ask_size: ask[1],
    volume: wireNumber(day.volumeBase),
    dtm: 0,
    leverage: `${market.instrument.brackets[0]?.maximumLeverage ?? 1}x`,
    index: wireNumber(index),
    premium: 0,
    last: wireNumber(day.last),
    change: change(day),
    suspended: false,
    tag: 'perpetual',
    pair: pairOf(market),
    openInterest: wireNumber(openInterest),
    markPrice: wireNumber(mark),
    maturityTime: 0,
    post_only: false,
    volumeQuote: wireNumber(day.volumeQuote),
    open: wireNumber(day.open),
    high: wireNumber(day.high),
    low: wireNumber(day.low),
  };
}

export function websocketTickerLite(
  context: ProtocolContext,
  market: SimMarket,
  nowMs: number,
): Record<string, unknown> {
  const { day, bid, ask } = figuresOf(context, market, nowMs);
  return {
    feed: 'ticker_lite',
    product_id: market.instrument.id,
    bid: bid[0],
    ask: ask[0],
    change: change(day),
    premium: 0,
    volume: wireNumber(day.volumeBase),
    tag: 'perpetual',
    pair: pairOf(market),
    dtm: 0,
    maturityTime: 0,
    volumeQuote: wireNumber(day.volumeQuote),
  };
}
