/** What a user stream of binance USDⓈ-M tells of one transaction: balances and positions, then each step of each order. */
import { toText, zero } from '../../../domain/decimal.ts';
import type { Transaction } from '../../exchange/events.ts';
import { balanceOf, positionOf } from '../../exchange/funds.ts';
import { averagePrice } from '../../views/market-view.ts';
import { accountOf } from '../../exchange/state.ts';
import type { Touched } from '../../views/transaction-view.ts';
import { touchedBy } from '../../views/transaction-view.ts';
import type { OrderStep } from '../binance-shared/orders.ts';
import { openedIn, orderSteps, sideName } from '../binance-shared/orders.ts';
import type { UserEvent } from '../binance-shared/user-streams.ts';
import type { ProtocolContext } from '../protocol.ts';
import { entryPrice, unrealisedProfit } from './position-views.ts';
import { clientOrderIdOf, orderTypeName, timeInForceName } from './views.ts';

type Told = Omit<Transaction, 'sequence'>;

export function usdmUserEvents(context: ProtocolContext, account: string, transaction: Told): UserEvent[] {
  const touched = touchedBy(context.exchange.state, account, transaction);
  const { atMs } = transaction;
  const head = (name: string): Record<string, unknown> => ({ e: name, E: atMs, T: atMs });
  const events: UserEvent[] = configurationsIn(account, transaction).map((ac) => ({
    channel: 'positions',
    body: { ...head('ACCOUNT_CONFIG_UPDATE'), ac },
  }));
  const reason = moveReason(account, transaction, touched);
  if (reason !== null) {
    const a = accountUpdate(context, account, reason);
    events.push({ channel: 'positions', body: { ...head('ACCOUNT_UPDATE'), a } });
  }
  for (const order of touched.orders) {
    const mine = touched.trades.filter((trade) => trade.order === order);
    for (const step of orderSteps(order, mine, openedIn(transaction, order))) {
      const body = { ...head('ORDER_TRADE_UPDATE'), o: orderUpdate(step) };
      events.push({ channel: step.trade === null ? 'orders' : 'fills', body });
    }
  }
  return events;
}

/** Why balances or positions moved; null when they did not: an order that only rests or ends moves neither. */
function moveReason(account: string, transaction: Told, { funding, trades, balances, orders }: Touched): string | null {
  if (funding) return 'FUNDING_FEE';
  if (trades.length > 0) return 'ORDER';
  if (!balances || orders.length > 0) return null;
  const isTransfer = transaction.events.some((event) => event.kind === 'balance_adjusted' && event.account === account);
  return isTransfer ? 'DEPOSIT' : 'INSURANCE_CLEAR';
}

function configurationsIn(account: string, transaction: Told): { s: string; l: number }[] {
  return transaction.events.flatMap((event) =>
    event.kind === 'leverage_set' && event.account === account ? [{ s: event.instrument, l: event.leverage }] : [],
  );
}

/** A liquidation's fills are executions of a kind of their own. */
function executionName({ order, kind, status }: OrderStep): string {
  switch (kind) {
    case 'new':
      return 'NEW';
    case 'trade':
      return order.origin === 'liquidation' ? 'CALCULATED' : 'TRADE';
    case 'end':
      return status;
  }
}

function orderUpdate(step: OrderStep): Record<string, unknown> {
  const { order, status, filled, value, trade } = step;
  const type = order.origin === 'liquidation' ? 'LIQUIDATION' : orderTypeName(order);
  return {
    s: order.instrument.id,
    c: clientOrderIdOf(order),
    S: sideName(order),
    o: type,
    f: timeInForceName(order),
    q: toText(order.quantity),
    p: toText(order.price ?? zero),
    ap: averagePrice(value, filled) ?? '0',
    sp: '0',
    x: executionName(step),
    X: status,
    i: Number(order.id),
    l: toText(trade?.quantityBase ?? zero),
    z: toText(filled),
    L: toText(trade?.price ?? zero),
    N: trade?.feeCurrency ?? order.instrument.quote,
    n: toText(trade?.fee ?? zero),
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
    rp: toText(trade?.realised ?? zero),
    pP: false,
    si: 0,
    ss: 0,
    V: 'NONE',
    pm: 'NONE',
    gtd: 0,
  };
}

function accountUpdate({ exchange }: ProtocolContext, name: string, reason: string): Record<string, unknown> {
  const account = accountOf(exchange.state, name);
  return {
    m: reason,
    B: [...account.balances.keys()].map((currency) => {
      const wallet = toText(balanceOf(account, currency));
      return { a: currency, wb: wallet, cw: wallet, bc: '0' };
    }),
    P: [...exchange.state.markets.values()].map((market) => {
      const position = positionOf(account, market.instrument.id);
      const entry = entryPrice(position);
      return {
        s: market.instrument.id,
        pa: toText(position.quantity),
        ep: entry,
        bep: entry,
        cr: '0',
        up: unrealisedProfit(exchange, market, position),
        mt: 'cross',
        iw: '0',
        ps: 'BOTH',
      };
    }),
  };
}
