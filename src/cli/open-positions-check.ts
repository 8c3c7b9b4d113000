/** Before workers or the engine start: an open position needs both of its accounts, with a worker for each. */
import type { Config } from '../config/schema.ts';
import { liveStatuses } from '../domain/position.ts';
import type { Ledger } from '../ports/ledger.ts';
import { Refused } from './errors.ts';
import { shortKey } from './position-table.ts';

export interface LedgerUse {
  /** Other services may keep positions of other books in it; a home's own ledger is this service's alone. */
  readonly isShared: boolean;
}

/** @throws Refused naming each open position with an account that is not configured, or is at another exchange now */
export async function checkOpenPositions(
  { accounts, book }: Pick<Config, 'accounts' | 'book'>,
  ledger: Pick<Ledger, 'positions'>,
  { isShared }: LedgerUse,
): Promise<void> {
  const open = (await ledger.positions({ statuses: liveStatuses })).filter(
    ({ plan }) => !isShared || plan.book === book,
  );
  const reasons = open.flatMap(({ key, plan: { spot, perp } }) =>
    [spot, perp].flatMap(({ account, instrument }) => {
      const venue = accounts[account]?.venue;
      if (venue === instrument.venue) return [];
      const why = venue === undefined ? 'is not configured' : `is at ${venue} now`;
      return [`position ${shortKey(key)} needs the account ${account} at ${instrument.venue}, which ${why}`];
    }),
  );
  if (reasons.length === 0) return;
  throw new Refused([...reasons, 'nothing was started: configure it again, and close the position first']);
}
