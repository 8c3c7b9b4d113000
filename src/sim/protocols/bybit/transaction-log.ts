/** `GET /v5/account/transaction-log`: every change of the unified wallet, newest first, with the balance after it. */
import type { Decimal } from '../../../domain/decimal.ts';
import { sum, toText, zero } from '../../../domain/decimal.ts';
import { balanceOf } from '../../exchange/funds.ts';
import type { SimAccount } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { BybitCall, BybitHandler } from './call.ts';
import { parameterError } from './errors.ts';
import { page, requiredCategory, timeWindow, within } from './parameters.ts';
import type { LogEntry } from './transaction-entries.ts';
import { logEntries } from './transaction-entries.ts';

const dayMs = 86_400_000;

interface NumberedEntry extends LogEntry {
  readonly number: number;
  readonly balance: Decimal;
}

export function transactionLogHandlers(context: ProtocolContext): Readonly<Record<string, BybitHandler>> {
  return {
    'GET /v5/account/transaction-log': (call) => {
      if ((call.params.get('accountType') ?? 'UNIFIED') !== 'UNIFIED') throw parameterError('accountType is illegal');
      if (call.params.has('category')) requiredCategory(call);
      const window = timeWindow(call, dayMs);
      const account = accountOf(context.exchange.state, call.account);
      const visible = new Set(context.exchange.viewOf(call.account).trades);
      const rows = numbered(account, logEntries(context, account))
        .filter((row) => within(row.atMs, window) && matches(call, row))
        .filter(({ trade }) => trade === null || visible.has(trade))
        .toReversed();
      return page(call, rows, { usual: 20, most: 50, keyOf: ({ number }) => number, view: entryView });
    },
  };
}

function matches({ params }: BybitCall, row: LogEntry): boolean {
  const agrees = (name: string, value: string): boolean => (params.get(name) ?? value) === value;
  return (
    agrees('category', row.category) &&
    agrees('currency', row.currency) &&
    agrees('type', row.type) &&
    agrees('baseCoin', row.baseCoin)
  );
}

/** Balances follow from what the account holds now. */
function numbered(account: SimAccount, rows: readonly LogEntry[]): NumberedEntry[] {
  const balances = new Map<string, Decimal>();
  for (const { currency } of rows) {
    if (balances.has(currency)) continue;
    const changes = sum(rows.filter((row) => row.currency === currency).map(({ change }) => change));
    balances.set(currency, balanceOf(account, currency).minus(changes));
  }
  return rows.map((row, index) => {
    const balance = (balances.get(row.currency) ?? zero).plus(row.change);
    balances.set(row.currency, balance);
    return { ...row, number: index + 1, balance };
  });
}

function entryView(row: NumberedEntry): unknown {
  return {
    ...row.view,
    category: row.category,
    type: row.type,
    transSubType: '',
    transactionTime: String(row.atMs),
    currency: row.currency,
    change: toText(row.change),
    cashBalance: toText(row.balance),
    bonusChange: '',
    extraFees: '',
  };
}
