/** What a user stream tells of one transaction: each step of each order, then balances and positions. */
import type { Decimal } from '../../../domain/decimal.ts';
import { divide, roundTo, sum, toText, zero } from '../../../domain/decimal.ts';
import type { Transaction } from '../../events.ts';
import { balanceOf, positionOf } from '../../funds.ts';
import { averagePrice } from '../../market-view.ts';
import { unrealised } from '../../position.ts';
import type { SimOrder, SimTrade, VenueState } from '../../state.ts';
import { accountOf } from '../../state.ts';
import { touchedBy } from '../../transaction-view.ts';
import type { ProtocolContext } from '../protocol.ts';
import { orderStatus, timeInForceName } from './views.ts';

export function userEvents(
  context: ProtocolContext,
  account: string,
  transaction: Omit<Transaction, 'sequence'>,
): unknown[] {
  const { state } = context.exchange;
  const { orders, trades, balances, funding } = touchedBy(state, account, transaction);
  const { atMs } = transaction;
  const updates = orders.flatMap((order) => {
    const opened = transaction.events.some((event) => event.kind === 'order_opened' && event.order.id === order.id);
    return orderSteps(
      order,
      trades.filter((trade) => trade.order === order),
      opened,
    );
  });
  const orderEvents = updates.map((update) => ({ e: 'ORDER_TRADE_UPDATE', E: atMs, T: atMs, o: update }));
  const moved = funding || trades.length > 0 || (balances && orders.length === 0);
  if (!moved) return orderEvents;
  const reason = funding ? 'FUNDING_FEE' : trades.length > 0 ? 'ORDER' : 'DEPOSIT';
  return [{ e: 'ACCOUNT_UPDATE', E: atMs, T: atMs, a: accountUpdate(state, account, reason) }, ...orderEvents];
}

/** NEW, then one TRADE a fill, then how it ended otherwise than by filling. */
function orderSteps(order: SimOrder, trades: readonly SimTrade[], opened: boolean): unknown[] {
  const steps: unknown[] = [];
  let filled = order.filledBase.minus(sum(trades.map((trade) => trade.quantityBase)));
  let value = order.filledQuote.minus(sum(trades.map((trade) => trade.quantityBase.times(trade.price))));
  if (opened) steps.push(step(order, 'NEW', 'NEW', zero, zero, null));
  for (const trade of trades) {
    filled = filled.plus(trade.quantityBase);
    value = value.plus(trade.quantityBase.times(trade.price));
    const status = filled.eq(order.quantity) ? 'FILLED' : 'PARTIALLY_FILLED';
    steps.push(step(order, 'TRADE', status, filled, value, trade));
  }
  if (order.status === 'cancelled' || order.status === 'expired') {
    steps.push(step(order, orderStatus(order), orderStatus(order), filled, value, null));
  }
  return steps;
}

function step(
  order: SimOrder,
  execution: string,
  status: string,
  filled: Decimal,
  value: Decimal,
  trade: SimTrade | null,
): unknown {
  const type = order.type === 'limit' ? 'LIMIT' : 'MARKET';
  return {
    s: order.instrument.id,
    c: order.clientOrderId,
    S: order.side === 'buy' ? 'BUY' : 'SELL',
    o: type,
    f: timeInForceName(order),
    q: toText(order.quantity),
    p: order.price === null ? '0' : toText(order.price),
    ap: averagePrice(value, filled) ?? '0',
    sp: '0',
    x: execution,
    X: status,
    i: Number(order.id),
    l: trade === null ? '0' : toText(trade.quantityBase),
    z: toText(filled),
    L: trade === null ? '0' : toText(trade.price),
    N: trade?.feeCurrency ?? order.instrument.quote,
    n: trade === null ? '0' : toText(trade.fee),
    T: trade?.executedAtMs ?? order.updatedAtMs,
    t: trade === null ? 0 : Number(trade.tradeId),
    b: '0',
    a: '0',
    m: trade?.role === 'maker',
    R: order.reduceOnly,
    wt: 'CONTRACT_PRICE',
    ot: type,
    ps: 'BOTH',
    cp: false,
    rp: trade === null ? '0' : toText(trade.realised),
    pP: false,
    si: 0,
    ss: 0,
  };
}

function accountUpdate(state: VenueState, name: string, reason: string): unknown {
  const account = accountOf(state, name);
  return {
    m: reason,
    B: [...account.balances.keys()].map((currency) => {
      const wallet = toText(balanceOf(account, currency));
      return { a: currency, wb: wallet, cw: wallet, bc: '0' };
    }),
    P: [...state.markets.values()].map(({ instrument, house }) => {
      const { quantity, entryNotional } = positionOf(account, instrument.id);
      const entry = quantity.eq(zero) ? '0' : toText(roundTo(divide(entryNotional, quantity), 8, 'half_up'));
      return {
        s: instrument.id,
        pa: toText(quantity),
        ep: entry,
        bep: entry,
        cr: '0',
        up: toText(roundTo(unrealised(quantity, entryNotional, house.centre ?? zero), 8, 'half_up')),
        mt: 'cross',
        iw: '0',
        ps: 'BOTH',
      };
    }),
  };
}
