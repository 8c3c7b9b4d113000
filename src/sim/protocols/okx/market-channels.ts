/** Public channels other than order books: tickers, trades, candles, mark and index prices, funding, open interest. */
import { nextSettlementMs } from '../../exchange/funding.ts';
import type { SimMarket } from '../../exchange/state.ts';
import { tradesAfter } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { feedOf } from './call.ts';
import type { ChannelArgument, SendTo, Subscription } from './connection.ts';
import {
  candleRow,
  fundingView,
  indexView,
  knownCandles,
  markPriceView,
  openInterestView,
  publicTradeView,
  tickerView,
} from './market-views.ts';

const hourMs = 3_600_000;

export interface MarketSource {
  readonly context: ProtocolContext;
  readonly market: SimMarket;
  readonly argument: ChannelArgument;
  readonly send: SendTo;
}

interface Figures {
  /** What the view is worked out from; the same again means the same view. */
  basis(nowMs: number): string;
  view(nowMs: number): Record<string, unknown> | null;
  /** Silence after which the same view is sent again, wall time; null: never. */
  readonly repeatedAfterMs: number | null;
  /** What faults match. */
  readonly faultChannel: string;
}

/** Sends a view of the market whenever it is another. */
function figuresSubscription({ argument, send }: MarketSource, figures: Figures): Subscription {
  const { repeatedAfterMs } = figures;
  let told: string | null = null;
  let toldAtMs = 0;
  return {
    argument,
    push(nowMs, wallMs) {
      const basis = figures.basis(nowMs);
      const isDue = repeatedAfterMs !== null && wallMs - toldAtMs >= repeatedAfterMs;
      if (basis === told && !isDue) return;
      const view = figures.view(nowMs);
      if (view === null) return;
      told = basis;
      toldAtMs = wallMs;
      send({ arg: argument, data: [view] }, figures.faultChannel);
    },
  };
}

export function tickerSubscription(source: MarketSource): Subscription {
  const { context, market } = source;
  const feed = feedOf(context, market);
  return figuresSubscription(source, {
    basis: (nowMs) =>
      JSON.stringify([
        feed.current().updateId,
        market.publicTrades.at(-1)?.id ?? '',
        market.lastPrice?.toFixed() ?? '',
        Math.floor(nowMs / hourMs),
      ]),
    view: (nowMs) => tickerView(context, market, nowMs),
    repeatedAfterMs: null,
    faultChannel: `ticker/${market.instrument.id}`,
  });
}

export function markPriceSubscription(source: MarketSource): Subscription {
  const { context, market } = source;
  return figuresSubscription(source, {
    basis: () => context.exchange.markPrice(market)?.toFixed() ?? '',
    view: (nowMs) => markPriceView(context, market, nowMs),
    repeatedAfterMs: 10_000,
    faultChannel: `ticker/${market.instrument.id}`,
  });
}

export function indexSubscription(source: MarketSource): Subscription {
  const { context, market } = source;
  return figuresSubscription(source, {
    basis: () => context.exchange.indexPrice(market)?.toFixed() ?? '',
    view: (nowMs) => indexView(context, market, nowMs),
    repeatedAfterMs: 60_000,
    faultChannel: `ticker/${market.instrument.id}`,
  });
}

export function fundingSubscription(source: MarketSource): Subscription {
  const { context, market } = source;
  const series = context.exchange.fundingOf(market);
  return figuresSubscription(source, {
    basis: (nowMs) => (series === null ? '' : String(nextSettlementMs(series, nowMs))),
    view: (nowMs) => fundingView(context, market, nowMs),
    repeatedAfterMs: 60_000,
    faultChannel: `funding/${market.instrument.id}`,
  });
}

export function openInterestSubscription(source: MarketSource): Subscription {
  const { context, market } = source;
  return figuresSubscription(source, {
    basis: (nowMs) => String(openInterestView(context, market, nowMs)['oi']),
    view: (nowMs) => openInterestView(context, market, nowMs),
    repeatedAfterMs: 3000,
    faultChannel: `ticker/${market.instrument.id}`,
  });
}

/** From the first trade after the subscription on. `trades` also counts what it tells as one. */
export function tradesSubscription({ context, market, argument, send }: MarketSource): Subscription {
  const isAggregated = argument['channel'] === 'trades';
  let lastId = market.publicTrades.at(-1)?.id ?? null;
  return {
    argument,
    push() {
      for (const trade of tradesAfter(market, lastId)) {
        lastId = trade.id;
        const counted = isAggregated ? { count: '1', seqId: feedOf(context, market).current().updateId } : {};
        const data = [{ ...publicTradeView(market, trade), ...counted }];
        send({ arg: argument, data }, `trades/${market.instrument.id}`);
      }
    },
  };
}

/** The newest candle that is known, when it is another or has changed. */
export function candleSubscription(source: MarketSource, lengthMs: number): Subscription {
  const { context, market, argument, send } = source;
  let told = '';
  return {
    argument,
    push(nowMs) {
      const bar = knownCandles(context, market, lengthMs, { nowMs, fromMs: nowMs - 2 * lengthMs, toMs: nowMs }).at(-1);
      if (bar === undefined) return;
      const row = candleRow(market, bar, nowMs);
      const text = row.join();
      if (text === told) return;
      told = text;
      send({ arg: argument, data: [row] }, `ticker/${market.instrument.id}`);
    },
  };
}
