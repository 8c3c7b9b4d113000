/**
 * The account's ledger: an entry a currency of each trade, and one a transfer.
 *
 * It is put together from trades and transfers. Balances after each entry are reckoned backwards from the present
 * ones; what an account was opened with is before its first entry.
 */
import type { Decimal } from '../../../domain/decimal.ts';
import { zero } from '../../../domain/decimal.ts';
import { balanceOf } from '../../exchange/funds.ts';
import type { SimIncome, SimTrade } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { PrivateCall } from './call.ts';
import { invalidArguments } from './errors.ts';
import { padded, seconds } from './format.ts';
import { derivedId, isKrakenId } from './ids.ts';
import { assetOf, codeOf } from './instruments.ts';
import { pageOf, timeWindow, within } from './paging.ts';
import { requiredText, textOrNull } from './parameters.ts';

export interface LedgerEntry {
  readonly id: string;
  /** The trade, or an id of the transfer. */
  readonly reference: string;
  readonly atMs: number;
  readonly type: 'trade' | 'deposit' | 'withdrawal';
  /** Unified code. */
  readonly currency: string;
  /** Signed; the fee comes off besides. */
  readonly amount: Decimal;
  readonly fee: Decimal;
  readonly balanceAfter: Decimal;
}

type Unbalanced = Omit<LedgerEntry, 'balanceAfter'>;

/** Oldest first. */
export function ledgerOf(context: ProtocolContext, account: string): LedgerEntry[] {
  const view = context.exchange.viewOf(account);
  return entriesOf(
    context,
    account,
    view.trades,
    view.income.filter(({ type }) => type === 'TRANSFER'),
  );
}

/** Of the newest trades and transfers alone, oldest first. */
export function entriesOf(
  context: ProtocolContext,
  account: string,
  trades: readonly SimTrade[],
  transfers: readonly SimIncome[],
): LedgerEntry[] {
  const state = accountOf(context.exchange.state, account);
  const entries = [...transfers.map(transferEntry), ...trades.flatMap(tradeEntries)];
  entries.sort((left, right) => left.atMs - right.atMs);
  const balances = new Map<string, Decimal>();
  return entries
    .toReversed()
    .map((entry) => {
      const balanceAfter = balances.get(entry.currency) ?? balanceOf(state, entry.currency);
      balances.set(entry.currency, balanceAfter.minus(entry.amount).plus(entry.fee));
      return { ...entry, balanceAfter };
    })
    .toReversed();
}

function transferEntry(income: SimIncome): Unbalanced {
  const isDeposit = income.amount.gte(zero);
  return {
    id: derivedId('L', 'transfer', income.id),
    reference: derivedId('F', 'transfer', income.id),
    atMs: income.atMs,
    type: isDeposit ? 'deposit' : 'withdrawal',
    currency: income.currency,
    amount: income.amount,
    fee: zero,
  };
}

function tradeEntries(trade: SimTrade): Unbalanced[] {
  const { base, quote } = trade.order.instrument;
  const value = trade.price.times(trade.quantityBase);
  const isBuy = trade.order.side === 'buy';
  const entry = (currency: string, amount: Decimal): Unbalanced => ({
    id: derivedId('L', trade.tradeId, currency),
    reference: trade.tradeId,
    atMs: trade.executedAtMs,
    type: 'trade',
    currency,
    amount,
    fee: trade.feeCurrency === currency ? trade.fee : zero,
  });
  const paid = isBuy ? entry(quote, value.neg()) : entry(base, trade.quantityBase.neg());
  const received = isBuy ? entry(base, trade.quantityBase) : entry(quote, value);
  return [paid, received];
}

/** Ledgers: newest first, fifty a page, by asset, type, time or id. */
export function ledgersView(context: ProtocolContext, call: PrivateCall): Record<string, unknown> {
  const assets = listOrNull(call, 'asset')?.map(codeOf) ?? null;
  const type = textOrNull(call.params, 'type') ?? 'all';
  const entries = ledgerOf(context, call.account);
  const window = timeWindow(call.params, (id) => entries.find((entry) => entry.id === id)?.atMs ?? null);
  const found = entries
    .filter((entry) => (assets?.includes(entry.currency) ?? true) && (type === 'all' || entry.type === type))
    .filter((entry) => within(entry.atMs, window));
  const page = pageOf(call.params, found.toReversed());
  return { ledger: keyed(page.rows), ...(page.count === null ? {} : { count: page.count }) };
}

/** QueryLedgers: at most twenty, by id. */
export function queriedLedgers(context: ProtocolContext, call: PrivateCall): Record<string, unknown> {
  const ids = requiredText(call.params, 'id').split(',');
  if (ids.length > 20 || ids.some((id) => !isKrakenId('L', id))) throw invalidArguments('id');
  return keyed(ledgerOf(context, call.account).filter(({ id }) => ids.includes(id)));
}

/** Null for all. */
function listOrNull(call: PrivateCall, name: string): string[] | null {
  const text = textOrNull(call.params, name);
  return text === null || text === 'all' ? null : text.split(',');
}

function keyed(entries: readonly LedgerEntry[]): Record<string, unknown> {
  return Object.fromEntries(entries.map((entry) => [entry.id, entryView(entry)]));
}

function entryView(entry: LedgerEntry): Record<string, unknown> {
  const { id, decimals } = assetOf(entry.currency);
  return {
    aclass: 'currency',
    amount: padded(entry.amount, decimals),
    asset: id,
    balance: padded(entry.balanceAfter, decimals),
    fee: padded(entry.fee, decimals),
    refid: entry.reference,
    time: seconds(entry.atMs),
    type: entry.type,
    subtype: entry.type === 'trade' ? 'tradespot' : '',
  };
}
