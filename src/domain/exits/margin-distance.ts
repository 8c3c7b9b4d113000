/**
 * Liquidation distance of a margin account that owes coins: by how much what it owes may rise in price until nothing of
 * its worth is left beyond the maintenance margin, (equity − maintenance) / owed. Under the bound of the perpetual's
 * distance the pair is closed, while both legs can still be chosen.
 */
import { loanOf, type MarginState } from '../margin/borrow.ts';
import { decimal, divide, zero, type Decimal, type DecimalText } from '../decimal.ts';
import { figure } from '../figures.ts';
import { defaultLiquidationDistancePct, maxPerpReadingAgeMs } from './liquidation-distance.ts';
import type { PositionPlan } from '../position.ts';
import { concern, leave, type MarginReading, type RuleAnswer, type Seen } from './seen.ts';

/** In percent; null for an account that owes nothing. */
export function marginDistancePct({ equityUsd, maintenanceUsd, owedUsd }: MarginState): Decimal | null {
  const owed = decimal(owedUsd);
  if (owed.lte(zero)) return null;
  return divide(decimal(equityUsd).minus(decimal(maintenanceUsd)).times(decimal('100')), owed);
}

/** What borrowing the spot leg's coin costs an hour now; null while it is not known. */
export function loanRate(margin: MarginReading | null, { spot }: Pick<PositionPlan, 'spot'>): DecimalText | null {
  const loan = margin?.state?.loans.find(({ currency }) => currency === spot.instrument.base);
  return loan?.hourlyRate ?? null;
}

export function marginDistance({ watch, margin, nowWallMs }: Seen): RuleAnswer | null {
  const { plan } = watch;
  if (loanOf(plan) === null || margin === null) return null;
  const { account } = plan.spot;
  const ageMs = nowWallMs - margin.readAtMs;
  if (ageMs > maxPerpReadingAgeMs) {
    const message = `the last reading of ${account} is ${Math.round(ageMs / 1000)} s old: its margin is not known`;
    return concern('loan_unread', 'critical', message);
  }
  if (margin.state === null) {
    return concern('loan_unread', 'critical', `${account} owes coins, and its reading says nothing of its margin`);
  }
  const distance = marginDistancePct(margin.state);
  const bound = decimal(plan.exits.liquidationDistancePct ?? defaultLiquidationDistancePct);
  if (distance === null || distance.gte(bound)) return null;
  const { equityUsd, maintenanceUsd, owedUsd } = margin.state;
  const figures = `${equityUsd} USD net, ${maintenanceUsd} USD maintenance, ${owedUsd} USD owed`;
  return leave(`liquidation distance ${figure(distance, 1)} % < ${bound.toFixed()} % at ${account} (${figures})`);
}
