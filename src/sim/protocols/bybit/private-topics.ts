/** What a transaction means for an account's own topics: orders, executions, the wallet, positions. */
import type { SimEvent, Transaction } from '../../exchange/events.ts';
import type { SimIncome, SimOrder, SimTrade } from '../../exchange/state.ts';
import { accountOf, marketOf } from '../../exchange/state.ts';
import { touchedBy } from '../../views/transaction-view.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { Category } from './call.ts';
import type { Connection } from './connection.ts';
import { dcpTopics } from './dcp.ts';
import { briefTradeView, fundingView, tradeView } from './execution-view.ts';
import { categoryOf, wireSymbol } from './instruments.ts';
import { orderView } from './order-view.ts';
import { positionView } from './position-view.ts';
import { effectOf } from './trade-history.ts';
import { walletView } from './wallet-view.ts';

type PrivateTransaction = Omit<Transaction, 'sequence'>;

/** Each is one topic for all categories, or one for each. */
const byCategory = ['order', 'execution', 'execution.fast', 'position'] as const;

export const privateTopics: ReadonlySet<string> = new Set([
  'wallet',
  ...byCategory,
  ...byCategory.flatMap((topic) => [`${topic}.linear`, ...(topic === 'position' ? [] : [`${topic}.spot`])]),
  ...dcpTopics,
]);

/** By the topic without its category: what faults match. */
const channels: ReadonlyMap<string, string> = new Map([
  ['order', 'orders'],
  ['execution', 'fills'],
  ['execution.fast', 'fills'],
  ['wallet', 'balances'],
  ['position', 'positions'],
]);

interface Row {
  readonly category: Category;
  readonly view: Readonly<Record<string, unknown>>;
}

/** Sends to one signed-in connection what a transaction changed for its account. */
export function pushPrivate(context: ProtocolContext, connection: Connection, transaction: PrivateTransaction): void {
  const { account: name } = connection;
  if (name === null || connection.privateTopics.size === 0) return;
  const { state } = context.exchange;
  const { orders, trades, balances, funding } = touchedBy(state, name, transaction);
  const account = accountOf(state, name);
  const payments = funding ? settledBy(account.income, transaction) : [];
  const push = (topic: string, rows: readonly Row[]): void => send(context, connection, transaction, topic, rows);
  push('order', orders.map(orderRow));
  push('execution', [
    ...trades.map((trade) => tradeRow(trade, tradeView(trade, effectOf(account, trade)))),
    ...payments.map((income): Row => {
      const { instrument } = marketOf(state, income.instrument);
      return { category: 'linear', view: fundingView(income, wireSymbol(instrument)) };
    }),
  ]);
  push(
    'execution.fast',
    trades.map((trade) => tradeRow(trade, briefTradeView(trade))),
  );
  const moved = new Set([
    ...trades.filter(({ order }) => order.instrument.kind === 'perpetual').map(({ order }) => order.instrument.id),
    ...payments.map(({ instrument }) => instrument),
    ...transaction.events.flatMap((event) => leverageSetBy(event, name)),
  ]);
  push(
    'position',
    [...moved].map((id) => ({ category: 'linear', view: positionView(context, account, marketOf(state, id)) })),
  );
  if (balances) push('wallet', [{ category: 'linear', view: walletView(state, account, null) }]);
}

function orderRow(order: SimOrder): Row {
  return { category: categoryOf(order.instrument), view: orderView(order) };
}

function tradeRow(trade: SimTrade, view: Row['view']): Row {
  return { category: categoryOf(trade.order.instrument), view };
}

function settledBy(income: readonly SimIncome[], { atMs }: PrivateTransaction): SimIncome[] {
  const first = income.findLastIndex((row) => row.atMs < atMs) + 1;
  return income.slice(first).filter(({ type }) => type === 'FUNDING_FEE');
}

function leverageSetBy(event: SimEvent, account: string): string[] {
  return event.kind === 'leverage_set' && event.account === account ? [event.instrument] : [];
}

function send(
  context: ProtocolContext,
  connection: Connection,
  transaction: PrivateTransaction,
  topic: string,
  rows: readonly Row[],
): void {
  for (const subscribed of [topic, `${topic}.spot`, `${topic}.linear`]) {
    if (!connection.privateTopics.has(subscribed)) continue;
    const meant = subscribed === topic ? rows : rows.filter(({ category }) => subscribed === `${topic}.${category}`);
    if (meant.length === 0) continue;
    const message = {
      id: `${connection.id}-${subscribed}-${transaction.atMs}`,
      topic: subscribed,
      creationTime: transaction.atMs,
      data: meant.map(({ category, view }) => (topic === 'wallet' ? view : { category, ...view })),
    };
    context.sendWhenDurable(connection.socket, message, channels.get(topic) ?? 'control');
  }
}
