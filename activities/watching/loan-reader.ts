/** What the spot accounts can borrow, as their latest readings show it: read again every few seconds, where it is asked for. */
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { AccountReading } from '../../src/ports/venue.ts';
import { loanOffer, type LoanOffer } from '../../src/strategy/pair.ts';
import { messageOf } from '../failures.ts';

const readAgainMs = 5_000;

export interface LoanReader {
  /** Null while nothing was read of it. */
  readonly offer: (account: string, coin: string) => LoanOffer | null;
  /** Starts to read what is due, and does not wait for it. */
  refresh(): void;
}

/** @param accounts none where nothing is borrowed */
export function createLoanReader(
  ledger: Pick<Ledger, 'latestReading'>,
  accounts: readonly string[],
  clock: Clock,
  warn: (message: string) => void,
): LoanReader {
  const readings = new Map<string, AccountReading>();
  let dueAtMs = 0;
  return {
    offer: (account, coin) => loanOffer(readings.get(account), coin),
    refresh() {
      if (accounts.length === 0 || clock.nowMs() < dueAtMs) return;
      dueAtMs = clock.nowMs() + readAgainMs;
      for (const account of accounts) void read(account);
    },
  };

  async function read(account: string): Promise<void> {
    try {
      const reading = await ledger.latestReading(account);
      if (reading !== null) readings.set(account, reading);
    } catch (error) {
      warn(`the reading of ${account} could not be had: ${messageOf(error)}`);
    }
  }
}
