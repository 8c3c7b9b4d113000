/** Candles from the tape's hours, oldest first; mark and index price have none of their own. */
import type { SimMarket } from '../../exchange/state.ts';
import { candles, listedOf } from '../../views/market-view.ts';
import type { TapeBar } from '../../feed/tape.ts';
import type { ProtocolContext } from '../protocol.ts';
import { toText } from '../../../domain/decimal.ts';
import type { BybitCall, BybitHandler } from './call.ts';
import { parameterError } from './errors.ts';
import { wireSymbol } from './instruments.ts';
import { integerOrNull, positiveInteger, requiredCategory, requiredMarket } from './parameters.ts';

const hourMs = 3_600_000;

/** What the tape can tell; shorter intervals are refused. */
export const candleLengthsMs: ReadonlyMap<string, number> = new Map([
  ['60', hourMs],
  ['120', 2 * hourMs],
  ['240', 4 * hourMs],
  ['360', 6 * hourMs],
  ['720', 12 * hourMs],
  ['D', 24 * hourMs],
  ['W', 7 * 24 * hourMs],
]);

export function klineHandlers(context: ProtocolContext): Readonly<Record<string, BybitHandler>> {
  const priceOnly = (call: BybitCall): unknown => klineView(context, call, priceRow);
  return {
    'GET /v5/market/kline': (call) => klineView(context, call, fullRow),
    'GET /v5/market/mark-price-kline': priceOnly,
    'GET /v5/market/index-price-kline': priceOnly,
  };
}

function klineView(context: ProtocolContext, call: BybitCall, rowOf: (bar: TapeBar) => readonly string[]): unknown {
  const market = requiredMarket(context, call);
  const lengthMs = candleLengthsMs.get(call.params.get('interval') ?? '');
  if (lengthMs === undefined) throw parameterError('Invalid period!');
  const limit = positiveInteger(call, 'limit', 200, 1000);
  const from = integerOrNull(call.params, 'start') ?? 0;
  const to = integerOrNull(call.params, 'end') ?? call.nowMs;
  const bars = knownCandles(context, market, call.nowMs, lengthMs, from, to);
  const list = bars.slice(-limit).toReversed().map(rowOf);
  return { category: requiredCategory(call), symbol: wireSymbol(market.instrument), list };
}

export function knownCandles(
  context: ProtocolContext,
  market: SimMarket,
  nowMs: number,
  lengthMs: number,
  fromMs: number,
  toMs: number,
): TapeBar[] {
  return candles(listedOf(context.exchange, market).bars, nowMs, lengthMs, fromMs, toMs);
}

function priceRow(bar: TapeBar): readonly string[] {
  return [String(bar.openAtMs), ...[bar.open, bar.high, bar.low, bar.close].map(toText)];
}

function fullRow(bar: TapeBar): readonly string[] {
  return [...priceRow(bar), toText(bar.volume), toText(bar.volume.times(bar.close))];
}
