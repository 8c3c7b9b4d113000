/** The carry that an open position still counts on. */
import { expectedCarry, type FundingOutlook } from '../carry.ts';
import type { Decimal } from '../decimal.ts';
import { marketTimeMs } from '../market-clock.ts';
import { kindOf, sideOf } from '../position.ts';
import type { Watch } from '../watch.ts';

/**
 * s·Σ r̂ from now, as a fraction of notional: on the gap over its horizon, but to the end of the holding at most; on the
 * carry over one more horizon, whenever the next review is. Null while the rate is not known.
 */
export function carryAhead(
  { plan, anchor, hedgedAtMs }: Watch,
  outlook: FundingOutlook | null,
  nowWallMs: number,
): Decimal | null {
  if (outlook === null) return null;
  const { maxHoldingMs, horizonMs, reviewMs } = plan.exits;
  const nowMs = marketTimeMs(anchor, nowWallMs);
  const endsAtMs =
    kindOf(plan) === 'funding'
      ? nowMs + (reviewMs ?? maxHoldingMs)
      : Math.min(hedgedAtMs + maxHoldingMs, nowMs + (horizonMs ?? maxHoldingMs));
  return expectedCarry(sideOf(plan.direction), outlook, nowMs, endsAtMs);
}
