/** Public trades, as lists and as messages. Every trade is an aggregate of its own. */
import { toText } from '../../../domain/decimal.ts';
import type { PublicTrade } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { BinanceCall } from './call.ts';
import { integerOrNull, limitOf, requiredMarket, timeOrNull } from './parameters.ts';
import { page } from './window.ts';

export function tradeRow(trade: PublicTrade): Record<string, unknown> {
  return {
    id: Number(trade.id),
    price: toText(trade.price),
    qty: toText(trade.quantityBase),
    quoteQty: toText(trade.price.times(trade.quantityBase)),
    time: trade.atMs,
    isBuyerMaker: trade.takerSide === 'sell',
  };
}

export function aggregateRow(trade: PublicTrade): Record<string, unknown> {
  return {
    a: Number(trade.id),
    p: toText(trade.price),
    q: toText(trade.quantityBase),
    f: Number(trade.id),
    l: Number(trade.id),
    T: trade.atMs,
    m: trade.takerSide === 'sell',
  };
}

/** The newest trades, or from an id on. */
export function recentTrades(context: ProtocolContext, call: BinanceCall): readonly PublicTrade[] {
  const { publicTrades } = requiredMarket(context, call);
  const fromId = integerOrNull(call, 'fromId');
  const found = fromId === null ? publicTrades : publicTrades.filter((trade) => Number(trade.id) >= fromId);
  return page(found, limitOf(call, 500, 1000), fromId !== null);
}

/** The newest trades, or from an id or a time on. */
export function aggregateTrades(context: ProtocolContext, call: BinanceCall): readonly PublicTrade[] {
  const { publicTrades } = requiredMarket(context, call);
  const fromId = integerOrNull(call, 'fromId');
  const fromMs = timeOrNull(call, 'startTime');
  const toMs = timeOrNull(call, 'endTime');
  const found = publicTrades.filter(
    (trade) =>
      (fromId === null || Number(trade.id) >= fromId) &&
      (fromMs === null || trade.atMs >= fromMs) &&
      (toMs === null || trade.atMs <= toMs),
  );
  return page(found, limitOf(call, 500, 1000), fromId !== null || fromMs !== null);
}
