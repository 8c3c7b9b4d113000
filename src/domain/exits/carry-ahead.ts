/** The carry that an open position still counts on. */
import { interestOver, loanOf } from '../margin/borrow.ts';
import { expectedCarry, type FundingOutlook } from '../carry.ts';
import { decimal, divide, type Decimal, type DecimalText } from '../decimal.ts';
import { marketTimeMs } from '../market-clock.ts';
import { kindOf, sideOf } from '../position.ts';
import type { Watch } from '../watch.ts';

const hourMs = decimal('3600000');

/**
 * s·Σ r̂ from now, as a fraction of notional: on the gap over its horizon, but to the end of the holding at most; on the
 * carry over one more horizon, whenever the next review is. Less the interest until then on a borrowed spot leg. Null
 * while a rate of them is not known.
 * @param hourlyRate of the loan now
 */
export function carryAhead(
  { plan, anchor, hedgedAtMs }: Watch,
  outlook: FundingOutlook | null,
  nowWallMs: number,
  hourlyRate: DecimalText | null = null,
): Decimal | null {
  const isLent = loanOf(plan) !== null;
  if (outlook === null || (isLent && hourlyRate === null)) return null;
  const { maxHoldingMs, horizonMs, reviewMs } = plan.exits;
  const nowMs = marketTimeMs(anchor, nowWallMs);
  const endsAtMs =
    kindOf(plan) === 'funding'
      ? nowMs + (reviewMs ?? maxHoldingMs)
      : Math.min(hedgedAtMs + maxHoldingMs, nowMs + (horizonMs ?? maxHoldingMs));
  const funding = expectedCarry(sideOf(plan.direction), outlook, nowMs, endsAtMs);
  if (!isLent || hourlyRate === null) return funding;
  const hours = divide(decimal(String(Math.max(0, endsAtMs - nowMs))), hourMs);
  return funding.minus(interestOver(hourlyRate, hours));
}
