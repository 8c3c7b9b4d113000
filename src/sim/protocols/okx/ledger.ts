/**
 * The bills of an account, in the order in which its money moved, and what each open position has earned so far.
 *
 * OKX numbers bills and pages by these numbers, so a number must never go to another row: each transaction's rows are
 * numbered as it happens, its fills first. After a restart rows of one millisecond are numbered fills first as well.
 */
import type { Decimal } from '../../../domain/decimal.ts';
import { sum, zero } from '../../../domain/decimal.ts';
import { balanceOf } from '../../exchange/funds.ts';
import type { SimAccount, SimIncome, SimTrade } from '../../exchange/state.ts';
import { signedQuantity } from '../../exchange/state.ts';

export interface Bill {
  readonly id: string;
  readonly atMs: number;
  readonly currency: string;
  /** Signed: what the balance changed by, fee included. */
  readonly change: Decimal;
  readonly balance: Decimal;
  /** The fill that caused it, or the record of something else. */
  readonly cause: { readonly trade: SimTrade } | { readonly income: SimIncome };
  /** Signed as on the wire: negative is paid. */
  readonly fee: Decimal;
}

/** Since the position was opened; signed, positive is earned. */
export interface PositionEarnings {
  quantity: Decimal;
  openedAtMs: number;
  tradeId: string;
  profit: Decimal;
  fees: Decimal;
  funding: Decimal;
}

export interface AccountLedger {
  /** Oldest first. */
  readonly bills: readonly Bill[];
  billIdOf(trade: SimTrade): string;
  /** Null when the account has never traded the instrument. */
  earningsOf(instrument: string): PositionEarnings | null;
  /** Takes in what has happened since. */
  update(): void;
}

const firstBillId = 600_000_000_000_000_000n;

export function createAccountLedger(account: SimAccount): AccountLedger {
  const bills: Bill[] = [];
  const billIds = new Map<SimTrade, string>();
  const earnings = new Map<string, PositionEarnings>();
  const balances = openingBalances(account);
  let tradesSeen = 0;
  let incomeSeen = 0;

  function add(atMs: number, currency: string, change: Decimal, fee: Decimal, cause: Bill['cause']): string {
    const id = String(firstBillId + BigInt(bills.length + 1));
    const balance = (balances.get(currency) ?? zero).plus(change);
    balances.set(currency, balance);
    bills.push({ id, atMs, currency, change, balance, cause, fee });
    return id;
  }

  function addTrade(trade: SimTrade): void {
    const legs = legsOf(trade);
    const ids = legs.map(({ currency, change, fee }) => add(trade.executedAtMs, currency, change, fee, { trade }));
    billIds.set(trade, ids[0] ?? '');
    if (trade.order.instrument.kind === 'perpetual') earn(earnings, trade);
  }

  function addIncome(income: SimIncome): void {
    if (income.tradeId !== '') return;
    add(income.atMs, income.currency, income.amount, zero, { income });
    const position = earnings.get(income.instrument);
    if (position !== undefined && income.type === 'FUNDING_FEE') {
      position.funding = position.funding.plus(income.amount);
    }
  }

  function update(): void {
    while (tradesSeen < account.trades.length || incomeSeen < account.income.length) {
      const trade = account.trades[tradesSeen];
      const income = account.income[incomeSeen];
      if (trade !== undefined && (income === undefined || trade.executedAtMs <= income.atMs)) {
        addTrade(trade);
        tradesSeen += 1;
      } else if (income !== undefined) {
        addIncome(income);
        incomeSeen += 1;
      }
    }
  }

  update();
  return {
    bills,
    billIdOf: (trade) => billIds.get(trade) ?? '',
    earningsOf: (instrument) => earnings.get(instrument) ?? null,
    update,
  };
}

/** What a fill moved: both coins of a spot pair, the received one first, or the settle coin. */
function legsOf(trade: SimTrade): { currency: string; change: Decimal; fee: Decimal }[] {
  const { order, quantityBase, price, feeCurrency } = trade;
  const { base, quote, kind } = order.instrument;
  if (kind === 'perpetual') {
    return [{ currency: quote, change: trade.realised.minus(trade.fee), fee: trade.fee.neg() }];
  }
  const value = quantityBase.times(price);
  const moved =
    order.side === 'buy'
      ? ([
          [base, quantityBase],
          [quote, value.neg()],
        ] as const)
      : ([
          [quote, value],
          [base, quantityBase.neg()],
        ] as const);
  return moved.map(([currency, amount]) => {
    const fee = currency === feeCurrency ? trade.fee : zero;
    return { currency, change: amount.minus(fee), fee: fee.neg() };
  });
}

/** A position that is opened, or turned around, starts to earn anew. */
function earn(earnings: Map<string, PositionEarnings>, trade: SimTrade): void {
  const { id } = trade.order.instrument;
  const before = earnings.get(id);
  const signed = signedQuantity(trade.order.side, trade.quantityBase);
  const quantity = (before?.quantity ?? zero).plus(signed);
  const isNew = before === undefined || before.quantity.eq(zero) || before.quantity.times(quantity).lt(zero);
  const kept = isNew
    ? { quantity, openedAtMs: trade.executedAtMs, tradeId: '', profit: zero, fees: zero, funding: zero }
    : before;
  earnings.set(id, {
    ...kept,
    quantity,
    tradeId: trade.tradeId,
    profit: kept.profit.plus(isNew ? zero : trade.realised),
    fees: kept.fees.minus(trade.fee),
  });
}

/** What the account held before anything that is on record. */
function openingBalances(account: SimAccount): Map<string, Decimal> {
  const legs = account.trades.flatMap(legsOf);
  const other = account.income.filter(({ tradeId }) => tradeId === '');
  return new Map(
    [...account.balances.keys()].map((currency) => {
      const traded = sum(legs.filter((leg) => leg.currency === currency).map(({ change }) => change));
      const booked = sum(other.filter((income) => income.currency === currency).map(({ amount }) => amount));
      return [currency, balanceOf(account, currency).minus(traded).minus(booked)];
    }),
  );
}

export interface Ledgers {
  of(account: SimAccount): AccountLedger;
  /** Numbers the rows of what has just happened. */
  update(): void;
}

export function createLedgers(): Ledgers {
  const ledgers = new Map<string, AccountLedger>();
  return {
    of(account) {
      const ledger = ledgers.get(account.name) ?? createAccountLedger(account);
      ledgers.set(account.name, ledger);
      ledger.update();
      return ledger;
    },
    update() {
      for (const ledger of ledgers.values()) ledger.update();
    },
  };
}
