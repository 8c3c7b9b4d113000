/** Public topics: order books, tickers, trades and candles of one category. */
import { toText } from '../../../domain/decimal.ts';
import type { BookDifference } from '../../book-feed.ts';
import { difference, topOf } from '../../book-feed.ts';
import type { SimMarket } from '../../state.ts';
import { tradesAfter } from '../../state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { Connection, PublicTopic } from './connection.ts';
import { categoryOf, instrumentId, wireSymbol } from './instruments.ts';
import { candleLengthsMs, knownCandles } from './klines.ts';
import { tickerView } from './ticker-view.ts';

/** Silence after which an unchanged book or ticker is sent again. */
const heartbeatMs = 500;
const hourMs = 3_600_000;

const topicKinds = ['orderbook', 'tickers', 'publicTrade', 'kline', 'allLiquidation'] as const;

type Send = (message: Readonly<Record<string, unknown>>) => void;

/** Null when the connection has no such topic. */
export function publicTopic(context: ProtocolContext, { category }: Connection, name: string): PublicTopic | null {
  const [, word, argument, symbol = ''] =
    /^([A-Za-z]{1,20})(?:\.([0-9]{1,4}|D|W))?\.([A-Z0-9]{1,30})$/.exec(name) ?? [];
  const kind = topicKinds.find((candidate) => candidate === word);
  const feed = category === null ? undefined : context.feeds.get(instrumentId(category, symbol));
  if (kind === undefined || feed === undefined || categoryOf(feed.market.instrument) !== category) return null;
  const depth = kind === 'orderbook' && /^(1|50|200|500|1000)$/.test(argument ?? '') ? Number(argument) : 0;
  const lengthMs = kind === 'kline' ? (candleLengthsMs.get(argument ?? '') ?? 0) : 0;
  const fits = kind === 'orderbook' ? depth > 0 : kind === 'kline' ? lengthMs > 0 : argument === undefined;
  if (!fits || (kind === 'allLiquidation' && category !== 'linear')) return null;
  return {
    kind,
    feed,
    depth,
    lengthMs,
    sentBook: null,
    sentTicker: null,
    tickerBasis: '',
    sentCandle: '',
    sentAtMs: 0,
    lastTradeId: feed.market.publicTrades.at(-1)?.id ?? null,
  };
}

/** Sends what has changed since the last time. */
export function pushPublic(
  context: ProtocolContext,
  connection: Connection,
  name: string,
  topic: PublicTopic,
  wallMs: number,
): void {
  const nowMs = context.exchange.clock.marketMs();
  const quiet = wallMs - topic.sentAtMs >= heartbeatMs;
  const { id } = topic.feed.market.instrument;
  const sendTo =
    (channel: string): Send =>
    (message) => {
      topic.sentAtMs = wallMs;
      context.sendWhenDurable(connection.socket, { topic: name, ts: nowMs, ...message }, channel);
    };
  switch (topic.kind) {
    case 'orderbook':
      pushBook(topic, quiet, nowMs, sendTo(`book/${id}`));
      return;
    case 'tickers':
      pushTicker(context, topic, quiet, nowMs, sendTo(`ticker/${id}`));
      return;
    case 'publicTrade':
      pushTrades(topic, sendTo(`trades/${id}`));
      return;
    case 'kline':
      pushCandle(context, topic, nowMs, sendTo(`ticker/${id}`));
      return;
    case 'allLiquidation':
      // Pushed with the transactions that liquidate: see `liquidationPushes`.
      return;
  }
}

function pushBook(topic: PublicTopic, quiet: boolean, nowMs: number, send: Send): void {
  const whole = topic.feed.current();
  const cut = { ...whole, bids: whole.bids.slice(0, topic.depth), asks: whole.asks.slice(0, topic.depth) };
  const post = (type: 'snapshot' | 'delta', { bids, asks }: BookDifference, updateId: number): void => {
    topic.sentBook = { ...cut, updateId };
    const data = { s: wireSymbol(topic.feed.market.instrument), b: bids, a: asks, u: updateId, seq: updateId };
    send({ type, cts: nowMs, data });
  };
  if (topic.sentBook === null) post('snapshot', cut, whole.updateId);
  else if (whole.updateId !== topic.sentBook.updateId) {
    const changes = difference(topic.sentBook, cut);
    if (changes.bids.length + changes.asks.length > 0 || quiet) post('delta', changes, whole.updateId);
  } else if (quiet) {
    const { updateId } = topic.feed.touch();
    if (topic.depth === 1) post('snapshot', cut, updateId);
    else post('delta', topOf(cut), updateId);
  }
}

/** Spot tickers are always whole. A contract's is whole once; then only what changed is sent. */
function pushTicker(context: ProtocolContext, topic: PublicTopic, quiet: boolean, nowMs: number, send: Send): void {
  const { market } = topic.feed;
  const { updateId } = topic.feed.current();
  const basis = `${updateId} ${market.publicTrades.at(-1)?.id ?? ''} ${Math.floor(nowMs / hourMs)}`;
  if (!quiet && basis === topic.tickerBasis) return;
  topic.tickerBasis = basis;
  const view = tickerView(context, market, nowMs);
  const before = topic.sentTicker;
  const changed = Object.entries(view).filter(([field, value]) => before === null || before[field] !== value);
  if (changed.length === 0 && !quiet) return;
  topic.sentTicker = view;
  if (before === null || market.instrument.kind === 'spot') {
    send({ type: 'snapshot', cs: updateId, data: view });
    return;
  }
  const { symbol, bid1Price, bid1Size, ask1Price, ask1Size } = view;
  const best = quiet ? { bid1Price, bid1Size, ask1Price, ask1Size } : {};
  send({ type: 'delta', cs: updateId, data: { symbol, ...best, ...Object.fromEntries(changed) } });
}

function pushTrades(topic: PublicTopic, send: Send): void {
  const { market } = topic.feed;
  const trades = tradesAfter(market, topic.lastTradeId);
  topic.lastTradeId = trades.at(-1)?.id ?? topic.lastTradeId;
  if (trades.length > 0) send({ type: 'snapshot', data: trades.map((trade) => publicTrade(market, trade)) });
}

function publicTrade(market: SimMarket, trade: SimMarket['publicTrades'][number]): Record<string, unknown> {
  return {
    T: trade.atMs,
    s: wireSymbol(market.instrument),
    S: trade.takerSide === 'buy' ? 'Buy' : 'Sell',
    v: toText(trade.quantityBase),
    p: toText(trade.price),
    i: trade.id,
    BT: false,
    RPI: false,
    ...(market.instrument.kind === 'spot' ? {} : { L: 'ZeroPlusTick' }),
  };
}

/** The newest candle that is known, when it is another or has changed. */
function pushCandle(context: ProtocolContext, topic: PublicTopic, nowMs: number, send: Send): void {
  const { lengthMs, feed } = topic;
  const bar = knownCandles(context, feed.market, nowMs, lengthMs, nowMs - 2 * lengthMs, nowMs).at(-1);
  if (bar === undefined) return;
  const candle = {
    start: bar.openAtMs,
    end: bar.openAtMs + lengthMs - 1,
    interval: [...candleLengthsMs].find(([, length]) => length === lengthMs)?.[0] ?? '',
    open: toText(bar.open),
    close: toText(bar.close),
    high: toText(bar.high),
    low: toText(bar.low),
    volume: toText(bar.volume),
    turnover: toText(bar.volume.times(bar.close)),
    confirm: bar.openAtMs + lengthMs <= nowMs,
  };
  const text = JSON.stringify(candle);
  if (text === topic.sentCandle) return;
  topic.sentCandle = text;
  send({ type: 'snapshot', data: [{ ...candle, timestamp: nowMs }] });
}
