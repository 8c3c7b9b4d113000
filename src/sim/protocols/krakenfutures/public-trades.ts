/** Trades of a contract, as the two public endpoints show them. */
import { roundTo, toText } from '../../../domain/decimal.ts';
import { markPriceOf } from '../../exchange/mark-price.ts';
import type { PublicTrade, SimMarket } from '../../exchange/state.ts';
import { sequenceOf } from '../uuids.ts';
import type { KrakenCall } from './call.ts';
import { isoTime, wireNumber } from './call.ts';
import { eventId } from './ids.ts';
import { historyPage } from './paging.ts';

const tradesShown = 100;

/** The newest hundred, or the newest hundred before a time. */
export function tradeHistory(market: SimMarket, beforeMs: number | null): Record<string, unknown>[] {
  const found = market.publicTrades.filter(({ atMs }) => beforeMs === null || atMs < beforeMs);
  return found
    .slice(-tradesShown)
    .toReversed()
    .map((trade) => ({
      time: isoTime(trade.atMs),
      trade_id: sequenceOf(trade.id),
      price: wireNumber(trade.price),
      size: wireNumber(trade.quantityBase),
      side: trade.takerSide,
      type: 'fill',
      uid: trade.id,
    }));
}

export function publicExecutions(market: SimMarket, call: KrakenCall): Record<string, unknown> {
  const rows = market.publicTrades.map((trade) => ({
    atMs: trade.atMs,
    order: sequenceOf(trade.id),
    step: 0,
    view: executionView(market, trade),
  }));
  return historyPage(call, rows, '');
}

/** The orders behind a trade are told without their ids' owners: both sides have the trade's size and price. */
function executionView(market: SimMarket, trade: PublicTrade): Record<string, unknown> {
  const side = (step: number, direction: string, orderType: string): Record<string, unknown> => ({
    uid: eventId(trade.id, step),
    tradeable: market.instrument.id,
    direction,
    quantity: toText(trade.quantityBase),
    timestamp: trade.atMs,
    limitPrice: toText(trade.price),
    orderType,
    reduceOnly: false,
    lastUpdateTimestamp: trade.atMs,
  });
  const isBuy = trade.takerSide === 'buy';
  return {
    uid: eventId(trade.id, 0),
    timestamp: trade.atMs,
    event: {
      Execution: {
        execution: {
          uid: trade.id,
          makerOrder: side(1, isBuy ? 'Sell' : 'Buy', 'Limit'),
          takerOrder: side(2, isBuy ? 'Buy' : 'Sell', 'IoC'),
          timestamp: trade.atMs,
          quantity: toText(trade.quantityBase),
          price: toText(trade.price),
          markPrice: toText(markPriceOf(market) ?? trade.price),
          limitFilled: false,
          usdValue: toText(roundTo(trade.price.times(trade.quantityBase), 2, 'half_up')),
        },
        takerReducedQuantity: '',
      },
    },
  };
}
