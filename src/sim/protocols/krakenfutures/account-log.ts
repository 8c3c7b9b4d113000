/** The log of an account: every change of its balance, with the balance before and after. */
import type { Decimal } from '../../../domain/decimal.ts';
import { zero } from '../../../domain/decimal.ts';
import { balanceOf } from '../../exchange/funds.ts';
import type { IncomeType, SimIncome, SimTrade } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { KrakenCall } from './call.ts';
import { accountName, isoTime, wholeNumber, wireNumber } from './call.ts';
import { invalid } from './errors.ts';
import { accountId, bookingId } from './ids.ts';
import { wireCurrency } from './instruments.ts';

const usualCount = 500;
const mostCount = 5000;
const kinds: Readonly<Record<IncomeType, string>> = {
  FUNDING_FEE: 'funding rate change',
  COMMISSION: 'futures trade',
  REALIZED_PNL: 'futures trade',
  TRANSFER: 'cross-exchange transfer',
  LIQUIDATION_FEE: 'futures liquidation',
  INSURANCE_CLEAR: 'futures liquidation',
  INTEREST: 'interest payment',
};

/** One row: what belongs to one trade is one entry, everything else an entry by itself. */
interface Entry {
  readonly id: number;
  readonly first: SimIncome;
  readonly realised: Decimal | null;
  readonly fee: Decimal | null;
  readonly funding: SimIncome | null;
  readonly liquidationFee: Decimal | null;
  readonly total: Decimal;
}

export function accountLog({ exchange }: ProtocolContext, call: KrakenCall): Record<string, unknown> {
  const { params } = call;
  const name = accountName(call);
  const sort = params.get('sort') ?? 'desc';
  if (sort !== 'asc' && sort !== 'desc') throw invalid('sort');
  const sinceMs = wholeNumber(params, 'since') ?? 0;
  const beforeMs = wholeNumber(params, 'before') ?? Infinity;
  const fromId = wholeNumber(params, 'from') ?? 0;
  const toId = wholeNumber(params, 'to') ?? Infinity;
  const info = (params.get('info') ?? '').toLowerCase();
  const count = Math.min(wholeNumber(params, 'count') ?? usualCount, mostCount);
  const view = exchange.viewOf(name);
  const trades = new Map(view.trades.map((trade) => [trade.tradeId, trade]));
  const balances = accountOf(exchange.state, name);
  const rows = withBalances(entriesOf(view.income), (currency) => balanceOf(balances, currency))
    .filter(({ entry: { first, id } }) => first.atMs >= sinceMs && first.atMs < beforeMs && id >= fromId && id <= toId)
    .filter(({ entry }) => info === '' || kindOf(entry) === info);
  const shown = (sort === 'desc' ? rows.toReversed() : rows).slice(0, count);
  return {
    accountUid: accountId(name),
    logs: shown.map(({ entry, before, after }) => entryView(entry, before, after, trades.get(entry.first.tradeId))),
  };
}

function entriesOf(income: readonly SimIncome[]): Entry[] {
  const entries: Entry[] = [];
  let lastId = 0;
  for (const row of income) {
    const last = entries.at(-1);
    const isPart = last !== undefined && isOfTrade(row, last.first);
    const joins = last !== undefined && (isPart || isForTrade(row, last.first));
    // A fee of a liquidation takes a number of its own, as where it had a row of its own: what comes after keeps its number.
    if (!isPart) lastId += 1;
    const nothing = { realised: null, fee: null, funding: null, liquidationFee: null, total: zero };
    const base: Entry = joins ? last : { id: lastId, first: row, ...nothing };
    if (joins) entries.pop();
    entries.push({
      ...base,
      realised: row.type === 'REALIZED_PNL' ? row.amount : base.realised,
      fee: row.type === 'COMMISSION' ? row.amount.neg() : base.fee,
      funding: row.type === 'FUNDING_FEE' ? row : base.funding,
      liquidationFee: row.type === 'LIQUIDATION_FEE' ? row.amount.neg() : base.liquidationFee,
      total: base.total.plus(row.amount),
    });
  }
  return entries;
}

function isOfTrade({ tradeId }: SimIncome, first: SimIncome): boolean {
  return tradeId !== '' && first.tradeId === tradeId;
}

/** The fee is charged for the trade that closed the position just before. */
function isForTrade({ type, instrument, atMs }: SimIncome, first: SimIncome): boolean {
  const isOfTheSame = first.instrument === instrument && first.atMs === atMs;
  return type === 'LIQUIDATION_FEE' && first.tradeId !== '' && isOfTheSame;
}

/** Whatever a trade booked is told with it. */
function kindOf({ first: { type, tradeId }, liquidationFee }: Entry): string {
  if (liquidationFee !== null) return kinds.LIQUIDATION_FEE;
  return tradeId === '' ? kinds[type] : kinds.REALIZED_PNL;
}

interface EntryWithBalance {
  readonly entry: Entry;
  readonly before: Decimal;
  readonly after: Decimal;
}

/** Worked out from the present balance backwards: the opening balance is no entry. */
function withBalances(entries: readonly Entry[], present: (currency: string) => Decimal): EntryWithBalance[] {
  const balances = new Map<string, Decimal>();
  const result: EntryWithBalance[] = [];
  for (const entry of entries.toReversed()) {
    const { currency } = entry.first;
    const after = balances.get(currency) ?? present(currency);
    const before = after.minus(entry.total);
    balances.set(currency, before);
    result.push({ entry, before, after });
  }
  return result.toReversed();
}

function entryView(
  entry: Entry,
  before: Decimal,
  after: Decimal,
  trade: SimTrade | undefined,
): Record<string, unknown> {
  const { first } = entry;
  const detail = entry.funding?.funding ?? null;
  const orNull = (value: Decimal | null | undefined): number | null =>
    value === null || value === undefined ? null : wireNumber(value);
  return {
    id: entry.id,
    date: isoTime(first.atMs),
    asset: wireCurrency(first.currency).toLowerCase(),
    info: kindOf(entry),
    booking_uid: bookingId(first.id),
    margin_account: 'flex',
    old_balance: wireNumber(before),
    new_balance: wireNumber(after),
    old_average_entry_price: null,
    new_average_entry_price: null,
    trade_price: orNull(trade?.price),
    mark_price: orNull(detail?.markPrice),
    realized_pnl: orNull(entry.realised),
    fee: orNull(entry.fee),
    execution: trade?.tradeId ?? null,
    collateral: null,
    // Absolute, as everywhere on this exchange: quote for a contract of one base unit.
    funding_rate: detail === null ? null : wireNumber(detail.rate.times(detail.markPrice)),
    realized_funding: orNull(entry.funding?.amount),
    contract: first.instrument === '' ? null : first.instrument.toLowerCase(),
    liquidation_fee: orNull(entry.liquidationFee),
  };
}
