/** What an account's own queries show. Orders under a visibility lag, and their trades, are left out until it ends. */
import type { SimAccount, SimIncome, SimOrder, SimTrade } from '../exchange/state.ts';

/** Lists are oldest first. */
export interface AccountView {
  readonly orders: readonly SimOrder[];
  readonly openOrders: readonly SimOrder[];
  /** Null when the account has no such order, or not yet. */
  order(id: string): SimOrder | null;
  /** The newest order of a client id. */
  orderByClientId(clientOrderId: string): SimOrder | null;
  readonly trades: readonly SimTrade[];
  readonly income: readonly SimIncome[];
}

/** @param wallMs lags are wall time: they model how long a venue's query side trails its matching */
export function accountView(
  account: SimAccount,
  order: (id: string) => SimOrder | undefined,
  wallMs: number,
): AccountView {
  const isShown = (candidate: SimOrder): boolean => candidate.hiddenUntilMs <= wallMs;
  const shown = (candidate: SimOrder | undefined): SimOrder | null =>
    candidate !== undefined && candidate.account === account.name && isShown(candidate) ? candidate : null;
  const lags = account.lagsUntilMs > wallMs;
  const visible = <T>(rows: readonly T[], orderOf: (row: T) => SimOrder): readonly T[] =>
    lags ? rows.filter((row) => isShown(orderOf(row))) : rows;
  return {
    get orders() {
      return visible(account.orders, (row) => row);
    },
    get openOrders() {
      return visible([...account.openOrders], (row) => row);
    },
    order: (id) => shown(order(id)),
    orderByClientId: (clientOrderId) => shown(account.byClientId.get(clientOrderId)),
    get trades() {
      return visible(account.trades, (row) => row.order);
    },
    income: account.income,
  };
}
