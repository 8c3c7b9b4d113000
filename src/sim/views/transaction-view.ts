/** What one transaction changed for one account: what its private stream must tell. */
import type { Transaction } from '../exchange/events.ts';
import type { SimOrder, SimTrade, VenueState } from '../exchange/state.ts';
import { accountOf, orderOf } from '../exchange/state.ts';

export interface Touched {
  /** Each order once, as it is after the transaction. */
  readonly orders: readonly SimOrder[];
  /** In order of execution. */
  readonly trades: readonly SimTrade[];
  /** Whether balances, holds or positions may have changed. */
  readonly balances: boolean;
  readonly funding: boolean;
}

export function touchedBy(state: VenueState, accountName: string, transaction: Omit<Transaction, 'sequence'>): Touched {
  const orders = new Set<SimOrder>();
  let fills = 0;
  let balances = false;
  let funding = false;
  for (const event of transaction.events) {
    switch (event.kind) {
      case 'order_opened':
        if (event.order.account === accountName) orders.add(orderOf(state, event.order.id));
        break;
      case 'order_filled':
      case 'order_done': {
        const order = orderOf(state, event.orderId);
        if (order.account !== accountName) break;
        orders.add(order);
        if (event.kind === 'order_filled') fills += 1;
        break;
      }
      case 'balance_adjusted':
      case 'income_booked':
        balances ||= event.account === accountName;
        break;
      case 'funding_settled':
        funding ||= event.payments.some((payment) => payment.account === accountName);
        break;
      case 'account_opened':
      case 'leverage_set':
      case 'levels_set':
      case 'marks_set':
      case 'funding_interval_set':
      case 'lending_set':
      case 'tape_stopped':
        break;
    }
  }
  return {
    orders: [...orders],
    trades: fills === 0 ? [] : accountOf(state, accountName).trades.slice(-fills),
    balances: balances || funding || orders.size > 0,
    funding,
  };
}
