/** Rows of Kraken's private websocket channels: what happened to orders, and what moved balances. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, zero } from '../../../domain/decimal.ts';
import type { Transaction } from '../../exchange/events.ts';
import { averagePrice } from '../../views/market-view.ts';
import type { SimOrder, SimTrade } from '../../exchange/state.ts';
import { accountOf, orderOf } from '../../exchange/state.ts';
import { touchedBy } from '../../views/transaction-view.ts';
import type { ProtocolContext } from '../protocol.ts';
import { WireNumber, microTime, wireNumber } from './format.ts';
import { tradeNumber } from './ids.ts';
import { assetOf, costDecimals, lotDecimals, pairOf } from './instruments.ts';
import type { LedgerEntry } from './ledger.ts';
import { entriesOf } from './ledger.ts';
import { reasonOf } from './order-views.ts';
import { clientIdOf, userReferenceOf } from './references.ts';

type Row = Readonly<Record<string, unknown>>;

export interface ExecutionEvent {
  readonly kind: 'order' | 'trade';
  readonly row: Row;
}

/** How much of an order was filled at the moment that a row tells of. */
interface Progress {
  readonly base: Decimal;
  readonly quote: Decimal;
}

const timesInForce = { gtc: 'GTC', post_only: 'GTC', ioc: 'IOC', fok: 'FOK' } as const;
const doneTypes = { filled: 'filled', cancelled: 'canceled', expired: 'canceled' } as const;

/** One row an event, in order: accepted, in the book, each trade, done. */
export function executionEvents(
  context: ProtocolContext,
  account: string,
  transaction: Omit<Transaction, 'sequence'>,
): ExecutionEvent[] {
  const { state } = context.exchange;
  const trades = [...touchedBy(state, account, transaction).trades];
  const progress = progressBefore(trades);
  const events: ExecutionEvent[] = [];
  for (const event of transaction.events) {
    if (event.kind === 'order_opened' && event.order.account === account) {
      const order = orderOf(state, event.order.id);
      for (const status of ['pending_new', 'new']) events.push(orderEvent(order, status, nothing, transaction.atMs));
    } else if (event.kind === 'order_filled' || event.kind === 'order_done') {
      const order = orderOf(state, event.orderId);
      if (order.account !== account) continue;
      if (event.kind === 'order_done') {
        events.push(orderEvent(order, doneTypes[event.status], whole(order), transaction.atMs));
      } else {
        const trade = trades.shift();
        if (trade !== undefined) events.push(tradeEvent(trade, advanceProgress(progress, trade)));
      }
    }
  }
  return events;
}

const nothing: Progress = { base: zero, quote: zero };
const whole = (order: SimOrder): Progress => ({ base: order.filledBase, quote: order.filledQuote });

/** What the orders of these trades had filled before them. */
function progressBefore(trades: readonly SimTrade[]): Map<SimOrder, Progress> {
  const progress = new Map<SimOrder, Progress>();
  for (const { order, quantityBase, price } of trades) {
    const { base, quote } = progress.get(order) ?? whole(order);
    progress.set(order, { base: base.minus(quantityBase), quote: quote.minus(price.times(quantityBase)) });
  }
  return progress;
}

function advanceProgress(progress: Map<SimOrder, Progress>, trade: SimTrade): Progress {
  const { base, quote } = progress.get(trade.order) ?? nothing;
  const after = { base: base.plus(trade.quantityBase), quote: quote.plus(trade.price.times(trade.quantityBase)) };
  progress.set(trade.order, after);
  return after;
}

/** The account's open orders, oldest first. */
export function openOrderRows(context: ProtocolContext, account: string): Row[] {
  return context.exchange
    .viewOf(account)
    .openOrders.map((order) =>
      orderRow(order, order.filledBase.eq(zero) ? 'new' : 'partially_filled', 'new', whole(order), order.updatedAtMs),
    );
}

/** The account's newest trades, oldest first. */
export function newestTradeRows(context: ProtocolContext, account: string): Row[] {
  return context.exchange
    .viewOf(account)
    .trades.slice(-50)
    .map((trade) => tradeEvent(trade, whole(trade.order)).row);
}

function orderEvent(order: SimOrder, type: string, progress: Progress, atMs: number): ExecutionEvent {
  return { kind: 'order', row: orderRow(order, type, type, progress, atMs) };
}

function orderRow(order: SimOrder, status: string, type: string, progress: Progress, atMs: number): Row {
  const reason = type === 'canceled' ? reasonOf(order) : null;
  return {
    ...commonFields(order, progress),
    exec_type: type,
    order_status: status,
    fee_usd_equiv: amount(progress.base.eq(zero) ? zero : order.feePaid),
    fee_ccy_pref: order.feeIn === 'base' ? 'fcib' : 'fciq',
    ...(reason === null ? {} : { cancel_reason: reason, reason }),
    timestamp: microTime(atMs),
  };
}

function tradeEvent(trade: SimTrade, progress: Progress): ExecutionEvent {
  const { order } = trade;
  const isLast = order.status === 'filled' && progress.base.eq(order.filledBase);
  const row = {
    ...commonFields(order, progress),
    exec_type: 'trade',
    exec_id: trade.tradeId,
    trade_id: tradeNumber(trade.tradeId),
    order_status: isLast ? 'filled' : 'partially_filled',
    last_qty: wireNumber(trade.quantityBase, lotDecimals),
    last_price: price(order, trade.price),
    liquidity_ind: trade.role === 'maker' ? 'm' : 't',
    cost: amount(trade.price.times(trade.quantityBase)),
    fee_usd_equiv: amount(trade.fee),
    fees: [{ asset: trade.feeCurrency, qty: amount(trade.fee) }],
    timestamp: microTime(trade.executedAtMs),
  };
  return { kind: 'trade', row };
}

/** Every row carries its symbol: clients file it by that. */
function commonFields(order: SimOrder, progress: Progress): Row {
  const clientId = clientIdOf(order);
  const average = averagePrice(progress.quote, progress.base);
  return {
    order_id: order.id,
    ...(clientId === null ? {} : { cl_ord_id: clientId }),
    order_userref: userReferenceOf(order) ?? 0,
    symbol: order.instrument.symbol,
    side: order.side,
    order_type: order.type,
    [order.quantityUnit === 'base' ? 'order_qty' : 'cash_order_qty']: wireNumber(order.quantity, lotDecimals),
    ...(order.price === null ? {} : { limit_price: price(order, order.price), limit_price_type: 'static' }),
    time_in_force: timesInForce[order.timeInForce],
    ...(order.timeInForce === 'post_only' ? { post_only: true } : {}),
    cum_qty: wireNumber(progress.base, lotDecimals),
    cum_cost: amount(progress.quote),
    avg_price: price(order, average === null ? zero : decimal(average)),
  };
}

function price(order: SimOrder, value: Decimal): WireNumber {
  return wireNumber(value, pairOf(order.instrument).pairDecimals);
}

function amount(value: Decimal): WireNumber {
  return wireNumber(value, costDecimals);
}

/** What each asset of the account is now. */
export function balanceRows(context: ProtocolContext, account: string): Row[] {
  return [...accountOf(context.exchange.state, account).balances].map(([asset, total]) => {
    const balance = wireNumber(total, assetOf(asset).decimals);
    return { asset, asset_class: 'currency', balance, wallets: [{ type: 'spot', id: 'main', balance }] };
  });
}

/** The ledger's entries of a transaction; none when it moved nothing. */
export function balanceChangeRows(
  context: ProtocolContext,
  account: string,
  transaction: Omit<Transaction, 'sequence'>,
): Row[] {
  const { trades } = touchedBy(context.exchange.state, account, transaction);
  const transferCount = transaction.events.filter(
    (event) => event.kind === 'balance_adjusted' && event.account === account,
  ).length;
  const transfers = accountOf(context.exchange.state, account).income.filter(({ type }) => type === 'TRANSFER');
  const newest = transfers.slice(transfers.length - transferCount);
  return entriesOf(context, account, trades, newest).map(balanceChangeRow);
}

function balanceChangeRow(entry: LedgerEntry): Row {
  const { decimals } = assetOf(entry.currency);
  return {
    ledger_id: entry.id,
    ref_id: entry.reference,
    timestamp: microTime(entry.atMs),
    type: entry.type,
    subtype: entry.type === 'trade' ? 'tradespot' : '',
    category: entry.type,
    asset: entry.currency,
    asset_class: 'currency',
    wallet_type: 'spot',
    wallet_id: 'main',
    amount: wireNumber(entry.amount, decimals),
    fee: wireNumber(entry.fee, decimals),
    balance: wireNumber(entry.balanceAfter, decimals),
  };
}
