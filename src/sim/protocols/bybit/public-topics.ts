/** Public topics: order books, tickers, trades and candles of one category. */
import { toText } from '../../../domain/decimal.ts';
import type { BookDifference } from '../../feed/book-feed.ts';
import { difference, topOf } from '../../feed/book-feed.ts';
import type { SimMarket } from '../../exchange/state.ts';
import { tradesAfter } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { Connection, Pass, PublicTopic } from './connection.ts';
import { categoryOf, instrumentId, wireSymbol } from './instruments.ts';
import { candleLengthsMs, knownCandles } from './klines.ts';
import { tickerView } from './ticker-view.ts';

/** Silence after which an unchanged book or ticker is sent again. */
const heartbeatMs = 500;
const hourMs = 3_600_000;

const topicKinds = ['orderbook', 'tickers', 'publicTrade', 'kline', 'allLiquidation'] as const;

type Fields = Readonly<Record<string, unknown>>;
/** @param key names the message among those of its topic in this pass */
type Send = (key: string, make: () => Fields) => void;

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
  pass: Pass,
): void {
  const { nowMs, wallMs } = pass;
  const quiet = wallMs - topic.sentAtMs >= heartbeatMs;
  const { id } = topic.feed.market.instrument;
  const sendTo =
    (channel: string): Send =>
    (key, make) => {
      topic.sentAtMs = wallMs;
      const message = pass.messages(`${id} ${name} ${key}`, () => ({ topic: name, ts: nowMs, ...make() }));
      context.sendWhenDurable(connection.socket, message, channel);
    };
  switch (topic.kind) {
    case 'orderbook':
      pushBook(topic, quiet, pass, sendTo(`book/${id}`));
      return;
    case 'tickers':
      pushTicker(context, topic, quiet, pass, sendTo(`ticker/${id}`));
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

function pushBook(topic: PublicTopic, quiet: boolean, pass: Pass, send: Send): void {
  const { feed, depth, sentBook: before } = topic;
  const whole = feed.current();
  if (before !== null && whole.updateId === before.updateId && !quiet) return;
  const { id } = feed.market.instrument;
  const cut = pass.books(`${id} ${depth} ${whole.updateId}`, () => ({
    ...whole,
    bids: whole.bids.slice(0, depth),
    asks: whole.asks.slice(0, depth),
  }));
  const post = (type: 'snapshot' | 'delta', of: string, { bids, asks }: BookDifference, updateId: number): void => {
    topic.sentBook = updateId === cut.updateId ? cut : { ...cut, updateId };
    const data = { s: wireSymbol(feed.market.instrument), b: bids, a: asks, u: updateId, seq: updateId };
    send(`${type} ${of} ${updateId}`, () => ({ type, cts: pass.nowMs, data }));
  };
  if (before === null) post('snapshot', 'whole', cut, whole.updateId);
  else if (whole.updateId !== before.updateId) {
    const since = `${before.updateId}`;
    const changes = pass.differences(`${id} ${depth} ${since} ${whole.updateId}`, () => difference(before, cut));
    if (changes.bids.length + changes.asks.length > 0 || quiet) post('delta', since, changes, whole.updateId);
  } else {
    const { updateId } = feed.touch();
    if (depth === 1) post('snapshot', 'whole', cut, updateId);
    else post('delta', 'top', topOf(cut), updateId);
  }
}

/** Spot tickers are always whole. A contract's is whole once; then only what changed is sent. */
function pushTicker(context: ProtocolContext, topic: PublicTopic, quiet: boolean, pass: Pass, send: Send): void {
  const { market } = topic.feed;
  const { updateId } = topic.feed.current();
  const basis = `${updateId} ${market.publicTrades.at(-1)?.id ?? ''} ${Math.floor(pass.nowMs / hourMs)}`;
  if (!quiet && basis === topic.tickerBasis) return;
  topic.tickerBasis = basis;
  const view = pass.tickers(market.instrument.id, () => tickerView(context, market, pass.nowMs));
  const before = topic.sentTicker;
  const changed = Object.entries(view).filter(([field, value]) => before === null || before.fields[field] !== value);
  if (changed.length === 0 && !quiet) return;
  topic.sentTicker = { pass: pass.number, fields: view };
  if (before === null || market.instrument.kind === 'spot') {
    send(`snapshot ${updateId}`, () => ({ type: 'snapshot', cs: updateId, data: view }));
    return;
  }
  const { symbol, bid1Price, bid1Size, ask1Price, ask1Size } = view;
  const best = quiet ? { bid1Price, bid1Size, ask1Price, ask1Size } : {};
  send(`delta ${before.pass} ${quiet} ${updateId}`, () => ({
    type: 'delta',
    cs: updateId,
    data: { symbol, ...best, ...Object.fromEntries(changed) },
  }));
}

function pushTrades(topic: PublicTopic, send: Send): void {
  const { market } = topic.feed;
  const trades = tradesAfter(market, topic.lastTradeId);
  topic.lastTradeId = trades.at(-1)?.id ?? topic.lastTradeId;
  if (trades.length === 0) return;
  const ids = `${trades[0]?.id ?? ''} ${topic.lastTradeId ?? ''}`;
  send(ids, () => ({ type: 'snapshot', data: trades.map((trade) => publicTrade(market, trade)) }));
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
  send(text, () => ({ type: 'snapshot', data: [{ ...candle, timestamp: nowMs }] }));
}
