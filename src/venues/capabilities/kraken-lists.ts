/** Kraken's lists, where ccxt asks for another time or another order than it was asked for. */
import { list, record, text } from './raw.ts';
import { callEndpoint } from './usual.ts';
import type { ExactExchange, ExactTrade } from '../exact-exchange.ts';

const mostTradesAsked = 20;

/**
 * Times are whole seconds on the wire, and a start is exclusive: asked for a second earlier, nothing at the edge is
 * missed. ccxt's `until` of closed orders is in milliseconds, far in the future. The trades of one order are those that
 * the order itself names.
 */
export function adaptKraken(exchange: ExactExchange): void {
  const closedOrders = exchange.fetchClosedOrders.bind(exchange);
  exchange.fetchClosedOrders = (symbol, sinceMs, limit, params = {}) => {
    const { until, ...rest } = params;
    const end = typeof until === 'number' ? { end: Math.ceil(until / 1_000) } : {};
    return closedOrders(symbol, earlier(sinceMs), limit, { ...rest, ...end });
  };
  const myTrades = exchange.fetchMyTrades.bind(exchange);
  exchange.fetchMyTrades = async (symbol, sinceMs, limit, params = {}) => {
    const { ordertxid, ...rest } = params;
    return typeof ordertxid === 'string'
      ? tradesOfOrder(exchange, symbol, ordertxid)
      : myTrades(symbol, earlier(sinceMs), limit, rest);
  };
}

function earlier(sinceMs: number | undefined): number | undefined {
  return sinceMs === undefined ? undefined : sinceMs - 1_000;
}

async function tradesOfOrder(exchange: ExactExchange, symbol: string, orderId: string): Promise<ExactTrade[]> {
  const reply = await callEndpoint(exchange, 'privatePostQueryOrders', { txid: orderId, trades: true });
  const order = record(record(reply['result'], 'orders')[orderId], 'order');
  const ids = list(order['trades'] ?? [], 'trades of an order').map((id) => text(id, 'trade id'));
  const trades: ExactTrade[] = [];
  for (let from = 0; from < ids.length; from += mostTradesAsked) {
    const asked = ids.slice(from, from + mostTradesAsked);
    const found = await callEndpoint(exchange, 'privatePostQueryTrades', { txid: asked.join(',') });
    const rows = Object.entries(record(found['result'], 'trades'));
    trades.push(
      ...rows.map(([id, row]) => exchange.parseTrade({ ...record(row, 'trade'), id }, exchange.market(symbol))),
    );
  }
  return trades;
}
