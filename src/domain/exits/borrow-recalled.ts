/**
 * Recall: the venue lends the coin no longer. What is owed can be called in at any moment, and then at the venue's own
 * price, so the pair is closed while both legs can still be chosen.
 */
import { loanOf } from '../margin/borrow.ts';
import { marketTimeMs } from '../market-clock.ts';
import { leave, type RuleAnswer, type Seen } from './seen.ts';

export function borrowRecalled({ watch, margin }: Seen): RuleAnswer | null {
  const { spot } = watch.plan;
  if (loanOf(watch.plan) === null || margin === null) return null;
  // A reading from before the position says nothing of its loan.
  if (marketTimeMs(watch.anchor, margin.readAtMs) < watch.hedgedAtMs) return null;
  const coin = spot.instrument.base;
  const loan = margin.state?.loans.find(({ currency }) => currency === coin);
  if (loan === undefined || loan.isLent) return null;
  return leave(`${spot.instrument.venue} lends no ${coin} any more, and ${spot.account} owes ${loan.owed}`);
}
