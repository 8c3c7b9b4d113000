/** `GET /v5/position/closed-pnl`: a row for each order that closed something, newest first. */
import type { Decimal } from '../../../domain/decimal.ts';
import { divide, toText, zero } from '../../../domain/decimal.ts';
import { leverageOf } from '../../exchange/funds.ts';
import { moneyPlaces } from '../../exchange/position.ts';
import type { SimAccount, SimOrder, SimTrade } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { BybitHandler } from './call.ts';
import { execTypes } from './execution-view.ts';
import { wireSymbol } from './instruments.ts';
import { orderType, sideName } from './order-view.ts';
import { page, requiredCategory, timeWindow, within } from './parameters.ts';
import { effectOf } from './trade-history.ts';

interface Closing {
  readonly order: SimOrder;
  closed: Decimal;
  entryValue: Decimal;
  exitValue: Decimal;
  realised: Decimal;
  openFee: Decimal;
  closeFee: Decimal;
  fills: number;
  lastAtMs: number;
}

export function closedPnlHandler(context: ProtocolContext): BybitHandler {
  return (call) => {
    const category = requiredCategory(call);
    const window = timeWindow(call);
    const symbol = call.params.get('symbol');
    const account = accountOf(context.exchange.state, call.account);
    const rows = closings(account, context.exchange.viewOf(call.account).trades)
      .filter(({ order, lastAtMs }) => {
        const isNamed = symbol === undefined || wireSymbol(order.instrument) === symbol;
        return category === 'linear' && isNamed && within(lastAtMs, window);
      })
      .toReversed();
    const view = (row: Closing): unknown => closingView(account, row);
    return { category, ...page(call, rows, { usual: 50, most: 100, keyOf: ({ order }) => order.sequence, view }) };
  };
}

/** By the order's arrival, oldest first. */
function closings(account: SimAccount, trades: readonly SimTrade[]): Closing[] {
  const byOrder = new Map<SimOrder, Closing>();
  for (const trade of trades) {
    const effect = effectOf(account, trade);
    if (effect === null || effect.closed.eq(zero)) continue;
    const { order } = trade;
    const row = byOrder.get(order) ?? emptyClosing(order);
    row.closed = row.closed.plus(effect.closed);
    row.entryValue = row.entryValue.plus(effect.closedEntryNotional);
    row.exitValue = row.exitValue.plus(effect.closed.times(trade.price));
    row.realised = row.realised.plus(trade.realised);
    row.openFee = row.openFee.plus(effect.openFee);
    row.closeFee = row.closeFee.plus(effect.closeFee);
    row.fills += 1;
    row.lastAtMs = trade.executedAtMs;
    byOrder.set(order, row);
  }
  return [...byOrder.values()].sort((left, right) => left.order.sequence - right.order.sequence);
}

function emptyClosing(order: SimOrder): Closing {
  const nothing = { closed: zero, entryValue: zero, exitValue: zero, realised: zero, openFee: zero, closeFee: zero };
  return { order, ...nothing, fills: 0, lastAtMs: 0 };
}

function closingView(account: SimAccount, row: Closing): Record<string, unknown> {
  const { order } = row;
  return {
    symbol: wireSymbol(order.instrument),
    orderId: order.id,
    side: sideName(order),
    qty: toText(order.quantity),
    orderPrice: order.price === null ? '0' : toText(order.price),
    orderType: orderType(order),
    execType: execTypes[order.origin],
    closedSize: toText(row.closed),
    cumEntryValue: toText(row.entryValue),
    avgEntryPrice: toText(divide(row.entryValue, row.closed, moneyPlaces, 'half_up')),
    cumExitValue: toText(row.exitValue),
    avgExitPrice: toText(divide(row.exitValue, row.closed, moneyPlaces, 'half_up')),
    closedPnl: toText(row.realised.minus(row.openFee).minus(row.closeFee)),
    openFee: toText(row.openFee),
    closeFee: toText(row.closeFee),
    fillCount: String(row.fills),
    leverage: String(leverageOf(account, order.instrument.id)),
    createdTime: String(order.createdAtMs),
    updatedTime: String(row.lastAtMs),
  };
}
