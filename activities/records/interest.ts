/** Interest on coins that an account has borrowed: booked from the venue's record, and told to the position that owes it. */
import { interestOf, loanOf } from '../../src/domain/margin/borrow.ts';
import { declaredDebt } from '../../src/domain/reconciliation/declared.ts';
import { zero, type Decimal } from '../../src/domain/decimal.ts';
import type { PositionPlan } from '../../src/domain/position.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { Venue } from '../../src/ports/venue.ts';

/** Market time that is read again before the last charge: one is listed within minutes of its hour. */
const readAgainMs = 2 * 3_600_000;

export interface InterestPorts {
  readonly venue: Pick<Venue, 'account' | 'interestSince'>;
  readonly ledger: Pick<Ledger, 'baselines' | 'interestOfAccount' | 'recordInterest'>;
}

/**
 * Everything since the account's declaration, or since shortly before the last charge that is booked.
 * @returns how many charges of the account are booked now
 */
export async function bookInterest({ venue, ledger }: InterestPorts): Promise<number> {
  if (venue.interestSince === undefined) return 0;
  const baseline = (await ledger.baselines()).find(({ account }) => account === venue.account);
  if (baseline === undefined) return 0;
  const last = (await ledger.interestOfAccount(venue.account)).at(-1)?.chargedAtMs ?? 0;
  const charges = await venue.interestSince(Math.max(baseline.declaredAtMarketMs, last - readAgainMs));
  await ledger.recordInterest(venue.account, charges);
  return (await ledger.interestOfAccount(venue.account)).length;
}

/** What the ledger says that a position has been charged so far, in the coin that it sold. */
export async function chargedInterest(
  ledger: Pick<Ledger, 'interestOfAccount' | 'fillsOfAccount' | 'baselines'>,
  plan: PositionPlan,
): Promise<Decimal> {
  if (loanOf(plan) === null) return zero;
  const { account, instrument } = plan.spot;
  const [charges, fills, baselines] = await Promise.all([
    ledger.interestOfAccount(account),
    ledger.fillsOfAccount(account),
    ledger.baselines(),
  ]);
  const besideOwed = declaredDebt(baselines, account, instrument.base);
  return interestOf(plan.key, instrument.base, charges, fills, besideOwed);
}
