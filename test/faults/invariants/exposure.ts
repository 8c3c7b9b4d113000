/** A position's legs over time, from the venues' own trades, and how long they were unequal. */
import { zero, type Decimal } from '../../../src/domain/decimal.ts';
import { legSign } from '../../../src/domain/execution/observation.ts';
import type { LegName } from '../../../src/domain/order.ts';
import type { PositionPlan } from '../../../src/domain/position.ts';
import { leastOrder } from './tolerance.ts';

/** One trade of a position; the change of the base holding is net of fees in the base coin. */
export interface LegChange {
  readonly leg: LegName;
  readonly atMs: number;
  /** Signed base units: buys positive. */
  readonly changeBase: Decimal;
  /** Base units by which it shrinks what rests of a quote; 0 of an order that takes. */
  readonly ofQuoteBase: Decimal;
}

export interface Exposure {
  /** In the direction of the position: positive when the leg is on. */
  readonly finalBase: Readonly<Record<LegName, Decimal>>;
  readonly mostBase: Readonly<Record<LegName, Decimal>>;
  readonly leastBase: Readonly<Record<LegName, Decimal>>;
  /** Spans of time with unequal legs; the last may be open (Infinity). Of a position that quotes: one a fill. */
  readonly unequal: readonly Span[];
}

interface Span {
  readonly fromMs: number;
  toMs: number;
}

export function exposureOf(plan: PositionPlan, changes: readonly LegChange[]): Exposure {
  const held: Record<LegName, Decimal> = { spot: zero, perp: zero };
  const most = { ...held };
  const least = { ...held };
  const spans = plan.style?.kind === 'maker_hedge' ? fillByFill(leastOrder(plan)) : fromFirst(leastOrder(plan));
  const sorted = changes.toSorted((left, right) => left.atMs - right.atMs);
  for (const [index, { leg, atMs, changeBase }] of sorted.entries()) {
    const change = legSign(leg, plan.direction) === 1 ? changeBase : zero.minus(changeBase);
    held[leg] = held[leg].plus(change);
    if (held[leg].gt(most[leg])) most[leg] = held[leg];
    if (held[leg].lt(least[leg])) least[leg] = held[leg];
    // Trades of one millisecond are one moment.
    if (sorted[index + 1]?.atMs !== atMs) spans.see(atMs, { ...held });
  }
  return { finalBase: held, mostBase: most, leastBase: least, unequal: spans.all };
}

/** The first moment at which a leg held so much, of either sign; null where it never did. */
export function hadOnAtMs(changes: readonly LegChange[], leg: LegName, quantityBase: Decimal): number | null {
  let held = zero;
  const sorted = changes.filter((change) => change.leg === leg).toSorted((left, right) => left.atMs - right.atMs);
  for (const { atMs, changeBase } of sorted) {
    held = held.plus(changeBase);
    if (held.abs().gte(quantityBase)) return atMs;
  }
  return null;
}

interface Spans {
  readonly all: readonly Span[];
  see(atMs: number, held: Readonly<Record<LegName, Decimal>>): void;
}

/** From the first unequal moment to the first equal one. */
function fromFirst(tolerance: Decimal): Spans {
  const all: Span[] = [];
  return {
    all,
    see(atMs, { spot, perp }) {
      const isUnequal = spot.minus(perp).abs().gt(tolerance);
      const current = all.at(-1);
      const isRunning = current?.toMs === Infinity;
      if (isUnequal && !isRunning) all.push({ fromMs: atMs, toMs: Infinity });
      if (!isUnequal && isRunning) current.toMs = atMs;
    },
  };
}

/**
 * From each moment in which one leg got further ahead, until the other has got as far or both are equal: while an order
 * rests, the next fill may come before the hedge of the last one is done.
 */
function fillByFill(tolerance: Decimal): Spans {
  const all: Span[] = [];
  let running: { readonly span: Span; readonly ahead: LegName; readonly levelBase: Decimal }[] = [];
  return {
    all,
    see(atMs, held) {
      const difference = held.spot.minus(held.perp);
      const isUnequal = difference.abs().gt(tolerance);
      running = running.filter(({ span, ahead, levelBase }) => {
        const behind = held[ahead === 'spot' ? 'perp' : 'spot'];
        const isOver = !isUnequal || behind.plus(tolerance).gte(levelBase);
        if (isOver) span.toMs = atMs;
        return !isOver;
      });
      if (!isUnequal) return;
      const ahead = difference.gt(zero) ? 'spot' : 'perp';
      const furthest = running.at(-1);
      // A part of it that is hedged, or given back, makes nothing new.
      if (furthest?.ahead === ahead && held[ahead].lte(furthest.levelBase)) return;
      const span = { fromMs: atMs, toMs: Infinity };
      all.push(span);
      running.push({ span, ahead, levelBase: held[ahead] });
    },
  };
}
