/**
 * What ccxt lacks or guesses at Kraken Futures: the server's time, fees of fills as charged, the state of an order from
 * its events, the marks of positions, and the unpaged log of funding.
 */
import { decimal, type DecimalText } from '../../domain/decimal.ts';
import type { ExactExchange, ExactFundingPayment, ExactOrder, ExactTrade } from '../exchange.ts';
import { VenueError } from '../../ports/venue.ts';
import { decimalText, isRecord, list, record, text, textOrNull, timeMs, type RawRecord } from './raw.ts';
import { callEndpoint } from './usual.ts';

type Params = Readonly<Record<string, unknown>>;
/** Placing times of so many orders are kept, to begin the search for their fills. */
const mostKept = 1_000;

export function adaptKrakenFutures(exchange: ExactExchange): void {
  const placedAtMs = new Map<string, number>();

  exchange.fetchTime = async () => {
    const { serverTime } = await callEndpoint(exchange, 'publicGetFeeschedules');
    return Date.parse(text(serverTime, 'server time'));
  };
  exchange.fetchOrder = async (id, symbol, params) => {
    const asked = id === undefined ? params : { orderIds: [id] };
    const reply = await callEndpoint(exchange, 'privateGetOrdersStatus', asked);
    const [row] = list(reply['orders'], 'orders');
    if (row === undefined) throw new VenueError('not_found', `krakenfutures: no such order in ${symbol} lately`);
    return keepTime(placedAtMs, exchange.parseOrder(record(row, 'order'), exchange.market(symbol)));
  };
  exchange.fetchOrders = async (symbol, sinceMs, limit, params = {}) => {
    const asked = historyParams(exchange, symbol, sinceMs, limit, params);
    const reply = await callEndpoint(exchange, 'historyGetOrders', asked);
    const newest = new Map<string, ExactOrder>();
    for (const row of list(reply['elements'], 'elements')) {
      const order = orderOfEvent(record(record(row, 'element')['event'], 'event'));
      if (order?.id !== undefined) newest.set(order.id, keepTime(placedAtMs, order));
    }
    return [...newest.values()];
  };
  exchange.fetchMyTrades = async (symbol, sinceMs, limit, params = {}) => {
    const { orderUid, ...rest } = params;
    const fromMs = typeof orderUid === 'string' ? placedAtMs.get(orderUid) : sinceMs;
    const asked = historyParams(exchange, symbol, fromMs, limit, rest);
    const reply = await callEndpoint(exchange, 'historyGetExecutions', asked);
    const { quote } = exchange.market(symbol);
    return list(reply['elements'], 'elements').map((row) => tradeOf(record(row, 'element'), quote));
  };
  exchange.fetchFundingHistory = async (symbol, sinceMs, limit, params = {}) => {
    const { tradeable, ...asked } = historyParams(exchange, symbol, sinceMs, limit, params);
    const log = await callEndpoint(exchange, 'historyGetAccountLog', { ...asked, info: 'funding rate change' });
    return list(log['logs'], 'logs')
      .map((row) => record(row, 'log'))
      .filter((row) => textOrNull(row['contract'])?.toUpperCase() === tradeable && row['realized_funding'] !== null)
      .map(paymentOf);
  };
  const fetchPositions = exchange.fetchPositions.bind(exchange);
  exchange.fetchPositions = async (symbols) =>
    Promise.all(
      (await fetchPositions(symbols)).map(async (position) => ({
        ...position,
        markPrice: await markOf(exchange, position.symbol),
      })),
    );
  // A preference would make the margin isolated. Without one it is cross, up to the leverage of the contract's tier.
  exchange.setLeverage = (_leverage, symbol) =>
    callEndpoint(exchange, 'privatePutLeveragepreferences', { symbol: exchange.market(symbol).id });
}

/** Positions are listed without it. */
async function markOf(exchange: ExactExchange, symbol: string | undefined): Promise<DecimalText> {
  const { id } = exchange.market(text(symbol, 'symbol of a position'));
  const { ticker } = await callEndpoint(exchange, 'publicGetTickersSymbol', { symbol: id });
  return decimalText(record(ticker, 'ticker')['markPrice'], 'mark price');
}

function historyParams(
  exchange: ExactExchange,
  symbol: string,
  sinceMs: number | undefined,
  limit: number | undefined,
  { until, ...rest }: Params,
): Params {
  return {
    tradeable: exchange.market(symbol).id,
    sort: 'asc',
    ...(sinceMs === undefined ? {} : { since: sinceMs }),
    ...(typeof until === 'number' ? { before: until + 1 } : {}),
    ...(limit === undefined ? {} : { count: limit }),
    ...rest,
  };
}

function keepTime(placedAtMs: Map<string, number>, order: ExactOrder): ExactOrder {
  if (order.id !== undefined && order.timestamp !== undefined) {
    placedAtMs.set(order.id, order.timestamp);
    const [oldest] = placedAtMs.keys();
    if (placedAtMs.size > mostKept && oldest !== undefined) placedAtMs.delete(oldest);
  }
  return order;
}

/** The state that the event left the order in; null for events of other kinds. */
function orderOfEvent(event: RawRecord): ExactOrder | null {
  const { OrderPlaced, OrderUpdated, OrderCancelled, OrderRejected } = event;
  if (isRecord(OrderCancelled)) return orderIn(OrderCancelled['order'], 'cancelled');
  if (isRecord(OrderRejected)) return orderIn(OrderRejected['order'], 'rejected');
  if (isRecord(OrderUpdated)) return orderIn(OrderUpdated['newOrder'], 'placed');
  return isRecord(OrderPlaced) ? orderIn(OrderPlaced['order'], 'placed') : null;
}

function orderIn(value: unknown, status: 'placed' | 'cancelled' | 'rejected'): ExactOrder {
  const order = record(value, 'order');
  const [amount, filled] = [text(order['quantity'], 'quantity'), text(order['filled'], 'filled')];
  const isFull = status === 'placed' && decimal(filled).eq(decimal(amount));
  return {
    id: text(order['uid'], 'order id'),
    clientOrderId: textOrNull(order['clientId']) ?? undefined,
    side: text(order['direction'], 'direction').toLowerCase(),
    amount,
    filled,
    timestamp: timeMs(order['timestamp'], 'time of an order'),
    info: { ...order, status: isFull ? 'filled' : status },
  };
}

/** Older replies name both sides of the execution; the account's own is the one that its role says. */
function tradeOf(element: RawRecord, quote: string): ExactTrade {
  const outer = record(record(element['event'], 'event')['execution'], 'execution');
  const execution = record(outer['execution'], 'execution');
  const role = text(execution['executionType'], 'role').toLowerCase();
  const own = execution['order'] ?? execution[role === 'maker' ? 'makerOrder' : 'takerOrder'];
  const order = record(own, 'order of an execution');
  return {
    id: text(execution['uid'], 'execution id'),
    order: text(order['uid'], 'order id'),
    side: text(order['direction'], 'direction').toLowerCase(),
    price: text(execution['price'], 'price'),
    amount: text(execution['quantity'], 'quantity'),
    fee: { cost: text(record(execution['orderData'], 'order data')['fee'], 'fee'), currency: quote },
    takerOrMaker: role,
    timestamp: timeMs(execution['timestamp'], 'time of an execution'),
    info: execution,
  };
}

function paymentOf(row: RawRecord): ExactFundingPayment {
  return {
    id: text(row['id'], 'log id'),
    amount: text(row['realized_funding'], 'realised funding'),
    code: text(row['asset'], 'asset').toUpperCase(),
    timestamp: Date.parse(text(row['date'], 'date')),
  };
}
