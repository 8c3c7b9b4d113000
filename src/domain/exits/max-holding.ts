/**
 * Longest holding. A position on the gap ends there. One on the carry is reviewed: it goes on while the carry that is
 * expected over the next horizon is positive or not known, up to the end of its life.
 */
import { decimal, zero, type Decimal } from '../decimal.ts';
import { signedFigure } from '../figures.ts';
import { kindOf, type PositionPlan } from '../position.ts';
import { hours, leave, type RuleAnswer, type Seen } from './seen.ts';

export function maxHolding({ watch, heldForMs, expectedCarry }: Seen): RuleAnswer | null {
  const detail = holdingEnd(watch.plan, heldForMs, expectedCarry);
  return detail === null ? null : leave(detail);
}

/** Why the holding ends now; null: it goes on. @param expectedCarry over the next horizon, for a review */
export function holdingEnd(plan: PositionPlan, heldForMs: number, expectedCarry: Decimal | null): string | null {
  const { maxHoldingMs, maxLifeMs } = plan.exits;
  if (heldForMs < maxHoldingMs) return null;
  const held = `held ${hours(heldForMs)} h ≥ ${hours(maxHoldingMs)} h`;
  switch (kindOf(plan)) {
    case 'basis':
      return held;
    case 'funding': {
      if (typeof maxLifeMs === 'number' && heldForMs >= maxLifeMs) return `${held}, the end of its life`;
      if (expectedCarry === null || expectedCarry.gt(zero)) return null;
      const carryBps = signedFigure(expectedCarry.times(decimal('10000')), 1);
      return `${held}, and the carry expected from here is ${carryBps} bps`;
    }
  }
}

/** The holding after a review that lets it go on: one more horizon, within its life. */
export function extendedHoldingMs({ exits }: PositionPlan, heldForMs: number): number {
  const reviewMs = exits.reviewMs ?? exits.maxHoldingMs;
  const extended = Math.max(exits.maxHoldingMs, heldForMs) + reviewMs;
  return typeof exits.maxLifeMs === 'number' ? Math.min(extended, exits.maxLifeMs) : extended;
}
