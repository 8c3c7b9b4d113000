/** OKX's public endpoints: `/api/v5/public/*`, `/api/v5/market/*`, `/api/v5/system/*`. */
import { toText } from '../../../domain/decimal.ts';
import { listedOf, settledRates } from '../../views/market-view.ts';
import type { PublicTrade, SimMarket } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { OkxCall, OkxHandler } from './call.ts';
import {
  answer,
  choice,
  feedOf,
  idOrNull,
  instrumentTypeOf,
  integerOrNull,
  limitOf,
  marketsOfType,
  required,
  requiredMarket,
} from './call.ts';
import { candleLengthMs } from './candle-lengths.ts';
import { bookRow, familyOf } from './contracts.ts';
import { missingParameter, OkxError, parameterError, unknownInstrument } from './errors.ts';
import {
  candleRow,
  fundingView,
  indexMarket,
  indexView,
  instrumentView,
  knownCandles,
  markPriceView,
  openInterestView,
  publicTradeView,
  tickerView,
  tierViews,
} from './market-views.ts';

export function publicHandlers(context: ProtocolContext): Readonly<Record<string, OkxHandler>> {
  return {
    'GET public/time': ({ wallMs }) => answer([{ ts: String(wallMs) }]),
    'GET system/status': () => answer([]),
    'GET public/instruments': (call) => answer(marketsNamed(context, call).map(instrumentView)),
    'GET market/tickers': (call) =>
      answer(marketsNamed(context, call).map((market) => tickerView(context, market, call.nowMs))),
    'GET market/ticker': (call) => answer([tickerView(context, requiredMarket(context, call.params), call.nowMs)]),
    'GET market/books': (call) => answer([bookView(context, call, 400)]),
    'GET market/books-full': (call) => answer([bookView(context, call, 5000)]),
    'GET market/trades': (call) => {
      const market = requiredMarket(context, call.params);
      const newest = market.publicTrades.slice(-limitOf(call.params, 100, 500)).toReversed();
      return answer(newest.map((trade) => publicTradeView(market, trade)));
    },
    'GET market/history-trades': (call) => historyTrades(context, call),
    'GET market/candles': (call) => candleList(context, call),
    'GET market/history-candles': (call) => candleList(context, call),
    'GET market/index-tickers': (call) => indexTickers(context, call),
    'GET public/mark-price': (call) => {
      const type = instrumentTypeOf(call.params);
      if (type === null) throw missingParameter('instType');
      const markets =
        type === 'MARGIN' ? marketsOfType(context, 'SPOT') : type === 'SPOT' ? [] : marketsNamed(context, call);
      const { params } = call;
      return answer(
        markets
          .filter(({ instrument }) => (params.get('instId') ?? instrument.id) === instrument.id)
          .map((market) => markPriceView(context, market, call.nowMs)),
      );
    },
    'GET public/open-interest': (call) =>
      answer(swapsNamed(context, call).map((market) => openInterestView(context, market, call.nowMs))),
    'GET public/position-tiers': (call) => positionTiers(context, call),
    'GET public/price-limit': (call) => {
      const { instrument } = requiredMarket(context, call.params);
      const instType = instrument.kind === 'spot' ? 'SPOT' : 'SWAP';
      // No price bands are enforced here, and OKX tells no limits when that is so.
      return answer([
        { instType, instId: instrument.id, buyLmt: '', sellLmt: '', ts: String(call.nowMs), enabled: false },
      ]);
    },
    'GET public/funding-rate': (call) => {
      const markets =
        required(call.params, 'instId') === 'ANY'
          ? marketsOfType(context, 'SWAP')
          : [requiredMarket(context, call.params)];
      const views = markets.map((market) => fundingView(context, market, call.nowMs));
      if (views.includes(null)) throw parameterError('instId');
      return answer(views);
    },
    'GET public/funding-rate-history': (call) => fundingHistory(context, call),
  };
}

/** By `instType`, and `instId`, `uly` or `instFamily` where given. @throws OkxError 50014, 51000 */
function marketsNamed(context: ProtocolContext, { params }: OkxCall): SimMarket[] {
  const type = instrumentTypeOf(params);
  if (type === null) throw missingParameter('instType');
  const id = params.get('instId');
  const family = params.get('instFamily') ?? params.get('uly');
  const markets = marketsOfType(context, type).filter(
    ({ instrument }) =>
      (id === undefined || instrument.id === id) && (family === undefined || familyOf(instrument) === family),
  );
  if (id !== undefined && markets.length === 0 && (type === 'SPOT' || type === 'SWAP')) {
    throw unknownInstrument();
  }
  return markets;
}

function swapsNamed(context: ProtocolContext, call: OkxCall): SimMarket[] {
  return marketsNamed(context, call).filter(({ instrument }) => instrument.kind === 'perpetual');
}

function bookView(context: ProtocolContext, { params, nowMs }: OkxCall, most: number): unknown {
  const market = requiredMarket(context, params);
  const depth = limitOf(params, 1, most, 'sz');
  const { updateId, bids, asks } = feedOf(context, market).current();
  return {
    asks: asks.slice(0, depth).map((level) => bookRow(market.instrument, level)),
    bids: bids.slice(0, depth).map((level) => bookRow(market.instrument, level)),
    ts: String(nowMs),
    seqId: updateId,
  };
}

/** `after`: earlier than an id, or with type 2 than a time; `before`: later. Newest first. */
function historyTrades(context: ProtocolContext, { params }: OkxCall): ReturnType<OkxHandler> {
  const market = requiredMarket(context, params);
  const byTime = choice(params, 'type', ['1', '2']) === '2';
  const after = idOrNull(params, 'after');
  const before = idOrNull(params, 'before');
  const keyOf = (trade: PublicTrade): bigint => BigInt(byTime ? trade.atMs : trade.id);
  const found = market.publicTrades.filter(
    (trade) => (after === null || keyOf(trade) < after) && (before === null || keyOf(trade) > before),
  );
  const newest = found.slice(-limitOf(params, 100, 100)).toReversed();
  return answer(newest.map((trade) => publicTradeView(market, trade)));
}

/** Newest first, of the tape's known bars; none for lengths shorter than those. */
function candleList(context: ProtocolContext, { params, nowMs }: OkxCall): ReturnType<OkxHandler> {
  const market = requiredMarket(context, params);
  const lengthMs = candleLengthMs(params.get('bar') ?? '1m');
  if (lengthMs === null) throw parameterError('bar');
  const limit = limitOf(params, 100, 300);
  const after = integerOrNull(params, 'after');
  const before = integerOrNull(params, 'before');
  const toMs = after === null ? nowMs : after - 1;
  const found = knownCandles(context, market, lengthMs, { nowMs, fromMs: before === null ? 0 : before + 1, toMs });
  return answer(
    found
      .slice(-limit)
      .toReversed()
      .map((bar) => candleRow(market, bar, nowMs)),
  );
}

function indexTickers(context: ProtocolContext, { params, nowMs }: OkxCall): ReturnType<OkxHandler> {
  const id = params.get('instId');
  const quote = params.get('quoteCcy');
  if (id === undefined && quote === undefined) {
    throw new OkxError('50015', 'Either parameter quoteCcy or instId is required', { status: 400 });
  }
  const indexes = new Set([...context.exchange.state.markets.values()].map(({ instrument }) => familyOf(instrument)));
  const chosen = [...indexes].filter((index) => (id === undefined ? index.endsWith(`-${quote}`) : index === id));
  if (id !== undefined && chosen.length === 0) throw new OkxError('51014', "Index doesn't exist.");
  return answer(
    chosen.flatMap((index) => {
      const market = indexMarket(context, index);
      return market === null ? [] : [indexView(context, market, nowMs)];
    }),
  );
}

function positionTiers(context: ProtocolContext, { params }: OkxCall): ReturnType<OkxHandler> {
  const type = instrumentTypeOf(params);
  if (type === null) throw missingParameter('instType');
  if (choice(params, 'tdMode', ['cross', 'isolated']) === null) throw missingParameter('tdMode');
  if (type !== 'SWAP') return answer([]);
  const families = (params.get('instFamily') ?? params.get('uly'))?.split(',');
  if (families === undefined) throw missingParameter('instFamily');
  const markets = marketsOfType(context, 'SWAP').filter(({ instrument }) => families.includes(familyOf(instrument)));
  if (markets.length === 0) throw parameterError('instFamily');
  return answer(markets.flatMap((market) => tierViews(context, market)));
}

/** Newest first; `after`: settled before a time, `before`: after it. */
function fundingHistory(context: ProtocolContext, { params, nowMs }: OkxCall): ReturnType<OkxHandler> {
  const market = requiredMarket(context, params);
  const after = integerOrNull(params, 'after');
  const before = integerOrNull(params, 'before') ?? -1;
  const window = { fromMs: null, toMs: after === null ? null : after - 1, limit: limitOf(params, 400, 400) };
  const settled = settledRates(listedOf(context.exchange, market), nowMs, window);
  return answer(
    settled
      .filter(({ settledAtMs }) => settledAtMs > before)
      .toReversed()
      .map(({ settledAtMs, rate }) => ({
        instType: 'SWAP',
        instId: market.instrument.id,
        formulaType: 'withRate',
        fundingRate: toText(rate),
        realizedRate: toText(rate),
        fundingTime: String(settledAtMs),
        method: 'current_period',
      })),
  );
}
