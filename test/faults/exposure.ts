/** A position's legs over time, from the venues' own trades, and how long they were unequal. */
import { zero, type Decimal } from '../../src/domain/decimal.ts';
import { legSign } from '../../src/domain/execution/observation.ts';
import type { LegName } from '../../src/domain/order.ts';
import type { PositionPlan } from '../../src/domain/position.ts';
import { leastOrder } from './tolerance.ts';

/** One trade of a position; the change of the base holding is net of fees in the base coin. */
export interface LegChange {
  readonly leg: LegName;
  readonly atMs: number;
  /** Signed base units: buys positive. */
  readonly changeBase: Decimal;
}

export interface Exposure {
  /** In the direction of the position: positive when the leg is on. */
  readonly finalBase: Readonly<Record<LegName, Decimal>>;
  readonly mostBase: Readonly<Record<LegName, Decimal>>;
  readonly leastBase: Readonly<Record<LegName, Decimal>>;
  /** Spans of time with unequal legs; the last may be open (Infinity). */
  readonly unequal: readonly { readonly fromMs: number; readonly toMs: number }[];
}

export function exposureOf(plan: PositionPlan, changes: readonly LegChange[]): Exposure {
  const held: Record<LegName, Decimal> = { spot: zero, perp: zero };
  const most = { ...held };
  const least = { ...held };
  const unequal: { fromMs: number; toMs: number }[] = [];
  const tolerance = leastOrder(plan);
  const sorted = changes.toSorted((left, right) => left.atMs - right.atMs);
  for (const [index, { leg, atMs, changeBase }] of sorted.entries()) {
    const change = legSign(leg, plan.direction) === 1 ? changeBase : zero.minus(changeBase);
    held[leg] = held[leg].plus(change);
    if (held[leg].gt(most[leg])) most[leg] = held[leg];
    if (held[leg].lt(least[leg])) least[leg] = held[leg];
    // Trades of one millisecond are one moment.
    if (sorted[index + 1]?.atMs === atMs) continue;
    const isUnequal = held.spot.minus(held.perp).abs().gt(tolerance);
    const current = unequal.at(-1);
    const isRunning = current?.toMs === Infinity;
    if (isUnequal && !isRunning) unequal.push({ fromMs: atMs, toMs: Infinity });
    if (!isUnequal && isRunning) current.toMs = atMs;
  }
  return { finalBase: held, mostBase: most, leastBase: least, unequal };
}
