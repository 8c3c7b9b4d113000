/** An account's past: fills of the trading service; orders, executions and the log of the history service. */
import { roundTo, toText, zero } from '../../../domain/decimal.ts';
import type { SimOrder, SimTrade } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { accountLog } from './account-log.ts';
import type { KrakenCall, Route } from './call.ts';
import { accountName, isoTime, timeAt, wireNumber } from './call.ts';
import { accountId, eventId } from './ids.ts';
import { logCost } from './limits.ts';
import { cancelReason, orderInHistory } from './order-views.ts';
import type { HistoryRow } from './paging.ts';
import { historyPage } from './paging.ts';

const fillsShown = 100;

export function historyRoutes(context: ProtocolContext): Route[] {
  const versions = ['v2', 'v3'];
  const both = (path: string, cost: NonNullable<Route['cost']>, handle: Route['handle']): Route[] =>
    versions.map((version) => ({
      name: `GET /api/history/${version}/${path}`,
      needs: 'read',
      cost,
      isBare: true,
      handle,
    }));
  return [
    {
      name: 'GET /derivatives/api/v3/fills',
      needs: 'read',
      cost: ({ params }) => ((params.get('lastFillTime') ?? '') === '' ? 2 : 25),
      handle: (call) => ({ fills: fills(context, call) }),
    },
    ...both(
      'orders',
      () => 1,
      (call) => orders(context, call),
    ),
    ...both(
      'executions',
      () => 1,
      (call) => executions(context, call),
    ),
    ...both(
      'triggers',
      () => 1,
      (call) => historyPage(call, [], accountId(accountName(call))),
    ),
    ...both('account-log', logCost, (call) => accountLog(context, call)),
  ];
}

/** The newest hundred, or the newest hundred before a time. */
function fills({ exchange }: ProtocolContext, call: KrakenCall): Record<string, unknown>[] {
  const beforeMs = timeAt(call.params, 'lastFillTime') ?? Infinity;
  return exchange
    .viewOf(accountName(call))
    .trades.filter(({ executedAtMs }) => executedAtMs < beforeMs)
    .slice(-fillsShown)
    .toReversed()
    .map((trade) => ({
      fill_id: trade.tradeId,
      symbol: trade.order.instrument.id,
      side: trade.order.side,
      order_id: trade.order.id,
      size: wireNumber(trade.quantityBase),
      price: wireNumber(trade.price),
      fillTime: isoTime(trade.executedAtMs),
      fillType: trade.order.origin === 'liquidation' ? 'liquidation' : trade.role,
      ...(trade.order.clientOrderId === '' ? {} : { cliOrdId: trade.order.clientOrderId }),
    }));
}

function orders({ exchange }: ProtocolContext, call: KrakenCall): Record<string, unknown> {
  const account = accountName(call);
  const view = exchange.viewOf(account);
  const tradesOf = new Map<SimOrder, SimTrade[]>(view.orders.map((order) => [order, []]));
  for (const trade of view.trades) tradesOf.get(trade.order)?.push(trade);
  const contract = call.params.get('tradeable') ?? '';
  const rows = view.orders
    .filter(({ instrument }) => contract === '' || instrument.id === contract.toUpperCase())
    .flatMap((order) => orderEvents(order, tradesOf.get(order) ?? [], accountId(account)));
  return historyPage(call, rows, accountId(account));
}

/**
 * What happened to one order: placed with what filled at once, changed by each later fill, cancelled with what was left.
 */
function orderEvents(order: SimOrder, trades: readonly SimTrade[], account: string): HistoryRow[] {
  const rows: HistoryRow[] = [];
  const add = (atMs: number, event: Record<string, unknown>): void => {
    const step = rows.length;
    const view = { uid: eventId(order.id, step), timestamp: atMs, event };
    rows.push({ atMs, order: order.sequence, step, view });
  };
  let filled = trades.filter(({ role }) => role === 'taker').reduce((sum, trade) => sum.plus(trade.quantityBase), zero);
  const placed = orderInHistory(order, account, filled);
  add(order.createdAtMs, {
    OrderPlaced: { order: placed, reason: placedReason(order), reducedQuantity: '', algoId: '' },
  });
  for (const trade of trades) {
    if (trade.role === 'taker') continue;
    const oldOrder = orderInHistory(order, account, filled);
    filled = filled.plus(trade.quantityBase);
    const reason = filled.eq(order.quantity) ? 'full_fill' : 'partial_fill';
    add(trade.executedAtMs, {
      OrderUpdated: {
        oldOrder,
        newOrder: orderInHistory(order, account, filled),
        reason,
        reducedQuantity: toText(trade.quantityBase),
        orderError: '',
      },
    });
  }
  if (order.status === 'cancelled' || order.status === 'expired') {
    const reason = cancelReason(order) ?? 'partial_fill';
    add(order.updatedAtMs, { OrderCancelled: { order: orderInHistory(order, account), reason } });
  }
  return rows;
}

function placedReason(order: SimOrder): string {
  return order.origin === 'user' ? 'new_user_order' : 'liquidation_order';
}

function executions({ exchange }: ProtocolContext, call: KrakenCall): Record<string, unknown> {
  const account = accountName(call);
  const contract = call.params.get('tradeable') ?? '';
  const rows = exchange
    .viewOf(account)
    .trades.filter(({ order }) => contract === '' || order.instrument.id === contract.toUpperCase())
    .map((trade) => ({
      atMs: trade.executedAtMs,
      order: trade.sequence,
      step: 0,
      view: executionView(trade, accountId(account)),
    }));
  return historyPage(call, rows, accountId(account));
}

function executionView(trade: SimTrade, account: string): Record<string, unknown> {
  const usdValue = roundTo(trade.price.times(trade.quantityBase), 2, 'half_up');
  return {
    uid: eventId(trade.tradeId, 0),
    timestamp: trade.executedAtMs,
    event: {
      execution: {
        execution: {
          uid: trade.tradeId,
          order: orderInHistory(trade.order, account),
          timestamp: trade.executedAtMs,
          quantity: toText(trade.quantityBase),
          price: toText(trade.price),
          markPrice: toText(trade.price),
          limitFilled: false,
          executionType: trade.role,
          usdValue: toText(usdValue),
          orderData: { positionSize: '', fee: toText(trade.fee) },
        },
        takerReducedQuantity: '',
      },
    },
  };
}
