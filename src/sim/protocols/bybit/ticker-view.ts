/** A market's last day, best prices and, for a contract, funding and open interest in bybit v5's fields. */
import type { Decimal } from '../../../domain/decimal.ts';
import { maximum, toText, zero } from '../../../domain/decimal.ts';
import type { BookFeed } from '../../feed/book-feed.ts';
import { nextSettlementMs } from '../../exchange/funding.ts';
import { positionOf } from '../../exchange/funds.ts';
import { dayFigures } from '../../views/market-view.ts';
import type { SimMarket, VenueState } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { wireSymbol } from './instruments.ts';

export function feedOf(context: ProtocolContext, market: SimMarket): BookFeed {
  const feed = context.feeds.get(market.instrument.id);
  if (feed === undefined) throw new Error(`no feed for ${market.instrument.id}`);
  return feed;
}

export function tickerView(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  const { bids, asks } = feedOf(context, market).current();
  const day = dayFigures(context.exchange, market, nowMs);
  const common = {
    symbol: wireSymbol(market.instrument),
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
  };
  if (market.instrument.kind === 'spot') return { ...common, usdIndexPrice: toText(market.house.centre ?? day.last) };
  return { ...common, ...contractFields(context, market, nowMs) };
}

function contractFields(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  const { exchange } = context;
  const mark = exchange.markPrice(market);
  const index = exchange.indexPrice(market);
  const interest = openInterest(exchange.state, market);
  const funding = exchange.fundingOf(market);
  const settlesAtMs = funding === null ? 0 : nextSettlementMs(funding, nowMs);
  return {
    markPrice: mark === null ? '' : toText(mark),
    indexPrice: index === null ? '' : toText(index),
    prevPrice1h: '',
    openInterest: toText(interest),
    openInterestValue: toText(interest.times(mark ?? zero)),
    fundingRate: funding === null ? '' : toText(funding.rateAt(settlesAtMs)),
    nextFundingTime: String(settlesAtMs),
    fundingIntervalHour: String(funding?.intervalHours ?? ''),
    fundingCap: '0.01',
    predictedDeliveryPrice: '',
    basisRate: '',
    basis: '',
    deliveryFeeRate: '',
    deliveryTime: '0',
    curPreListingPhase: '',
    preOpenPrice: '',
    preQty: '',
  };
}

/** Base units: what the accounts hold on the larger side. The modelled house is on the other. */
export function openInterest(state: VenueState, market: SimMarket): Decimal {
  let long = zero;
  let short = zero;
  for (const account of state.accounts.values()) {
    const { quantity } = positionOf(account, market.instrument.id);
    if (quantity.gt(zero)) long = long.plus(quantity);
    else short = short.minus(quantity);
  }
  return maximum(long, short);
}
