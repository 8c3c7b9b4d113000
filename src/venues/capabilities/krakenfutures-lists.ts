/**
 * What ccxt lacks or guesses at Kraken Futures: the server's time, fees of fills as charged, the state of an order from
 * its events, the marks of positions, and funding, which is realised each hour and by each change of a position. What the
 * history service has told once is not asked of it again.
 */
import { BadResponse, ExchangeError } from 'ccxt';
import { decimal, zero, type DecimalText } from '../../domain/decimal.ts';
import { currentCall } from '../calls/call-context.ts';
import { VenueError } from '../../ports/venue.ts';
import { createExecutionBook, type Execution, type ExecutionBook } from './krakenfutures-executions.ts';
import { logBookOf, type LogRow } from './krakenfutures-log.ts';
import { decimalText, isRecord, list, record, text, textOrNull, timeMs, type RawRecord } from './raw.ts';
import { callEndpoint } from './usual.ts';
import type { ExactExchange, ExactFundingPayment, ExactOrder } from '../exact-exchange.ts';

type Params = Readonly<Record<string, unknown>>;
/** What is known of so many orders is kept, to begin the search for their fills, and to tell their end again. */
const mostKept = 1_000;
/** Of the history, in one reply. */
const executionsOnPage = 1_000;
/** An order that is in one of these changes no more. */
const endStates = new Set(['FULLY_EXECUTED', 'CANCELLED', 'REJECTED', 'filled', 'cancelled', 'rejected']);

export function adaptKrakenFutures(exchange: ExactExchange): void {
  const known = new Map<string, ExactOrder>();
  const book = executionBookOf(exchange);
  let usedSymbol: string | undefined;

  exchange.fetchTime = async () => {
    const { serverTime } = await shortReplyWithTime(exchange, usedSymbol);
    return Date.parse(text(serverTime, 'server time'));
  };
  exchange.fetchOrder = async (id, symbol, params) => {
    usedSymbol = symbol;
    const ended = endedAmong(known, id, params['cliOrdIds']);
    if (ended !== null) return ended;
    const asked = id === undefined ? params : { orderIds: [id] };
    const reply = await callEndpoint(exchange, 'privateGetOrdersStatus', asked);
    const [row] = list(reply['orders'], 'orders');
    if (row === undefined) throw new VenueError('not_found', `krakenfutures: no such order in ${symbol} lately`);
    return keep(known, exchange.parseOrder(record(row, 'order'), exchange.market(symbol)));
  };
  exchange.fetchOrders = async (symbol, sinceMs, limit, params = {}) => {
    const asked = historyParams(exchange, symbol, sinceMs, limit, params);
    const reply = await callEndpoint(exchange, 'historyGetOrders', asked);
    const newest = new Map<string, ExactOrder>();
    for (const row of list(reply['elements'], 'elements')) {
      const order = orderOfEvent(record(record(row, 'element')['event'], 'event'));
      if (order?.id !== undefined) newest.set(order.id, keep(known, order));
    }
    return [...newest.values()];
  };
  exchange.fetchMyTrades = async (symbol, sinceMs = 0, _limit, { orderUid, until } = {}) => {
    const { id } = exchange.market(symbol);
    usedSymbol = symbol;
    const found =
      typeof orderUid === 'string'
        ? await book.ofOrder(orderUid, known.get(orderUid)?.timestamp ?? 0, filledOf(known.get(orderUid)))
        : await book.since(sinceMs);
    return found.filter(
      ({ marketId, timestamp }) => marketId === id && (typeof until !== 'number' || timestamp <= until),
    );
  };
  exchange.fetchFundingHistory = async (symbol, sinceMs = 0, _limit, { until } = {}) => {
    const { id } = exchange.market(symbol);
    // A payment of a trade is dated back a little.
    const rows = await logBookOf(exchange).since(
      sinceMs,
      typeof until === 'number' ? until + beforeTradeMs : undefined,
    );
    return rows
      .filter(({ row }) => textOrNull(row['contract'])?.toUpperCase() === id)
      .map(paymentOf)
      .filter((payment) => payment !== null)
      .filter(({ timestamp }) => typeof until !== 'number' || timestamp <= until);
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

/**
 * Of all replies that say the time the shortest that costs nothing: of one contract, which is one of the account's own
 * once it has asked for one. Where that one has no status, or not now, the list of all says it, too.
 */
async function shortReplyWithTime(exchange: ExactExchange, usedSymbol: string | undefined): Promise<RawRecord> {
  const listed = Object.values(exchange.markets ?? {});
  const market =
    listed.find(({ symbol, active }) => symbol === usedSymbol && active !== false) ??
    listed.find(({ swap, linear, active }) => swap === true && linear === true && active !== false);
  if (market !== undefined) {
    try {
      return await callEndpoint(exchange, 'publicGetInstrumentsSymbolStatus', { symbol: market.id });
    } catch (error) {
      // A contract that the exchange does not know any more; what else goes wrong is no matter of the contract.
      const isAnswered = error instanceof ExchangeError && !(error instanceof BadResponse);
      if (!isAnswered || currentCall()?.signal.aborted === true) throw error;
    }
  }
  return callEndpoint(exchange, 'publicGetInstruments');
}

/** Positions are listed without it. */
async function markOf(exchange: ExactExchange, symbol: string | undefined): Promise<DecimalText> {
  const { id } = exchange.market(text(symbol, 'symbol of a position'));
  const { ticker } = await callEndpoint(exchange, 'publicGetTickersSymbol', { symbol: id });
  return decimalText(record(ticker, 'ticker')['markPrice'], 'mark price');
}

function executionBookOf(exchange: ExactExchange): ExecutionBook {
  return createExecutionBook({
    page: async (sinceMs, token) => {
      const reply = await callEndpoint(exchange, 'historyGetExecutions', {
        sort: 'asc',
        since: sinceMs,
        count: executionsOnPage,
        ...(token === null ? {} : { continuation_token: token }),
      });
      const executions = list(reply['elements'], 'elements').map((row) => executionOf(record(row, 'element')));
      return { executions, next: textOrNull(reply['continuationToken']) };
    },
    recent: async () => {
      const { fills } = await callEndpoint(exchange, 'privateGetFills');
      return list(fills, 'fills').map((each) => {
        const fill = record(each, 'fill');
        return {
          orderId: text(fill['order_id'], 'order id of a fill'),
          quantity: decimalText(fill['size'], 'size of a fill'),
          atMs: timeMs(Date.parse(text(fill['fillTime'], 'time of a fill')), 'time of a fill'),
        };
      });
    },
    nowMs: () => performance.now(),
  });
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

function keep(known: Map<string, ExactOrder>, order: ExactOrder): ExactOrder {
  if (order.id === undefined) return order;
  const before = known.get(order.id);
  // An earlier event of an order may be read after its last one.
  if (before !== undefined && hasEnded(before) && !hasEnded(order)) return order;
  known.delete(order.id);
  known.set(order.id, order);
  const [oldest] = known.keys();
  if (known.size > mostKept && oldest !== undefined) known.delete(oldest);
  return order;
}

function endedAmong(
  known: ReadonlyMap<string, ExactOrder>,
  id: string | undefined,
  clientOrderId: unknown,
): ExactOrder | null {
  const order =
    id === undefined ? [...known.values()].find((one) => one.clientOrderId === clientOrderId) : known.get(id);
  return order !== undefined && hasEnded(order) ? order : null;
}

function hasEnded({ info }: ExactOrder): boolean {
  return endStates.has(textOrNull(info['status']) ?? '');
}

function filledOf(order: ExactOrder | undefined): DecimalText | null {
  return order?.filled === undefined ? null : decimalText(order.filled, 'filled');
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
function executionOf(element: RawRecord): Execution {
  const outer = record(record(element['event'], 'event')['execution'], 'execution');
  const execution = record(outer['execution'], 'execution');
  const role = text(execution['executionType'], 'role').toLowerCase();
  const own = execution['order'] ?? execution[role === 'maker' ? 'makerOrder' : 'takerOrder'];
  const order = record(own, 'order of an execution');
  return {
    id: text(execution['uid'], 'execution id'),
    order: text(order['uid'], 'order id'),
    clientOrderId: textOrNull(order['clientId']) ?? undefined,
    marketId: text(order['tradeable'], 'contract of an execution').toUpperCase(),
    side: text(order['direction'], 'direction').toLowerCase(),
    price: text(execution['price'], 'price'),
    amount: decimalText(execution['quantity'], 'quantity'),
    // The linear contracts of the multi-collateral account are all quoted in it.
    fee: { cost: text(record(execution['orderData'], 'order data')['fee'], 'fee'), currency: 'USD' },
    takerOrMaker: role,
    timestamp: timeMs(execution['timestamp'], 'time of an execution'),
    info: {},
  };
}

const hourlyEntry = 'funding rate change';
/** The log may date a trade later than its execution, by whose time a payment is told from the positions after it. */
const beforeTradeMs = 1_000;

/** Of an hour, also when it was nothing; of a trade, which realises what has accrued until then. */
function paymentOf({ id, atMs, row }: LogRow): (ExactFundingPayment & { readonly timestamp: number }) | null {
  const amount = textOrNull(row['realized_funding']);
  const isHourly = textOrNull(row['info']) === hourlyEntry;
  if (amount === null || (!isHourly && decimal(amount).eq(zero))) return null;
  return {
    id: String(id),
    amount,
    code: text(row['asset'], 'asset').toUpperCase(),
    timestamp: isHourly ? atMs : atMs - beforeTradeMs,
  };
}
