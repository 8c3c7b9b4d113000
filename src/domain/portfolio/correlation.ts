/**
 * How alike two positions gain and lose: ρ of s_i·ΔB_i and s_j·ΔB_j on hourly mids. Statistics: in floats, converted
 * where a point is read.
 */
import { approximate, decimal, type DecimalText } from '../decimal.ts';
import { sideOf, type PositionPlan } from '../position.ts';
import { correlationOf } from './statistics.ts';

export interface BasisPoint {
  readonly pairId: string;
  /** Market time, at the full hour. */
  readonly hourMs: number;
  /** Of the mid prices; never for a trade. */
  readonly midBasisBps: DecimalText;
}

export const correlationWindowMs = 168 * 3_600_000;
const hourMs = 3_600_000;
const leastCommonPoints = 72;

type Placed = Pick<PositionPlan, 'key' | 'pairId' | 'direction' | 'spot' | 'perp'>;

export interface Likeness {
  readonly key: string;
  readonly correlation: number;
  readonly words: string;
}

/** With each open position of another pair: the same pair is governed by its cap. */
export function likenesses(plan: Placed, open: readonly Placed[], history: readonly BasisPoint[]): Likeness[] {
  const changes = new Map<string, ReadonlyMap<number, number>>();
  const changesOf = (pairId: string): ReadonlyMap<number, number> => {
    const known = changes.get(pairId) ?? hourlyChanges(history.filter((point) => point.pairId === pairId));
    changes.set(pairId, known);
    return known;
  };
  return open
    .filter((other) => other.pairId !== plan.pairId)
    .map((other) => likenessOf(plan, other, changesOf(plan.pairId), changesOf(other.pairId)));
}

function likenessOf(
  plan: Placed,
  other: Placed,
  mine: ReadonlyMap<number, number>,
  theirs: ReadonlyMap<number, number>,
): Likeness {
  const common = [...mine].flatMap(([atMs, change]) => {
    const same = theirs.get(atMs);
    return same === undefined ? [] : [[change, same] as const];
  });
  const measured = common.length < leastCommonPoints ? null : correlationOf(common);
  const { key } = other;
  if (measured === null) return { key, ...assumed(plan, other, common.length) };
  const correlation = measured * sideOf(plan.direction) * sideOf(other.direction);
  return { key, correlation, words: `over ${common.length} hours` };
}

/** What is not known is taken from what the pairs share. */
function assumed(plan: Placed, other: Placed, points: number): Omit<Likeness, 'key'> {
  const isShared = (leg: 'spot' | 'perp'): boolean =>
    plan[leg].instrument.venue === other[leg].instrument.venue &&
    plan[leg].instrument.symbol === other[leg].instrument.symbol;
  const known = `${points} common hours are known, under ${leastCommonPoints}`;
  if (isShared('perp')) return { correlation: 0.75, words: `a shared perpetual; ${known}` };
  if (isShared('spot')) return { correlation: 0.5, words: `a shared spot market; ${known}` };
  return { correlation: 0, words: known };
}

/** ΔB by the hour that it ends at; only between neighbouring hours. */
export function hourlyChanges(points: readonly BasisPoint[]): ReadonlyMap<number, number> {
  const values = new Map(points.map(({ hourMs: atMs, midBasisBps }) => [atMs, approximate(decimal(midBasisBps))]));
  const changes = new Map<number, number>();
  for (const [atMs, value] of values) {
    const before = values.get(atMs - hourMs);
    if (before !== undefined) changes.set(atMs, value - before);
  }
  return changes;
}
