/**
 * What happens in one round, decided before it begins: positions, faults, deaths, prices. A pure function of seed and
 * round number, so that a round can be played again alone. What the processes make of it depends on their timing.
 */
import type { OrderSide } from '../../../src/domain/order.ts';
import type { MakerStyle } from '../../../src/domain/position.ts';
import type { NewFault } from '../../../src/sim/faults/fault-rule.ts';
import { seededRandom } from '../../../src/sim/faults/faults.ts';
import type { VenueName } from '../arena/configuration.ts';
import type { Listing, Prices } from '../arena/control.ts';
import type { Direction } from '../../../src/domain/direction.ts';

/** What is done to one position besides opening it. All are closed at the end of the round. */
export type Behaviour =
  | { readonly kind: 'hold' }
  | { readonly kind: 'force_close'; readonly afterMs: number }
  | { readonly kind: 'cancel'; readonly afterMs: number }
  /** One decision of the watcher, told several times, and an old one with it. */
  | { readonly kind: 'exit_signals'; readonly afterMs: number; readonly copies: number }
  /** A person takes over without Temporal, and flattens it at the end of the round. */
  | { readonly kind: 'fence'; readonly afterMs: number };

export interface Scenario {
  readonly index: number;
  readonly pair: number;
  readonly direction: Direction;
  readonly quantityBase: number;
  readonly startAtMs: number;
  readonly behaviour: Behaviour;
  /** Opens by orders that rest; null: takes both legs at once. */
  readonly maker: MakerStyle | null;
}

/** Who dies, or stands still: `worker-…`, `temporal` or `postgres`. */
export type RoundEvent = { readonly atMs: number } & (
  | { readonly kind: 'fault'; readonly fault: NewFault; readonly forMs: number }
  | { readonly kind: 'kill'; readonly child: string }
  | { readonly kind: 'stop'; readonly child: string; readonly forMs: number }
  /** The first worker at the point kills this child; itself with null. */
  | { readonly kind: 'kill_at'; readonly point: string; readonly victim: string | null }
  | { readonly kind: 'hold_at'; readonly point: string; readonly holdMs: number }
  | { readonly kind: 'prices'; readonly prices: Prices; readonly thin: string | null }
  /** Somebody takes so many base units of what rests on the other side, and is gone. */
  | { readonly kind: 'trade'; readonly listing: Listing; readonly side: OrderSide; readonly quantity: string }
  | { readonly kind: 'deleverage'; readonly venue: VenueName; readonly account: string; readonly quantity: string }
  | { readonly kind: 'liquidate'; readonly venue: VenueName; readonly account: string }
);

export interface RoundPlan {
  readonly seed: number;
  readonly round: number;
  readonly story: string;
  readonly scenarios: readonly Scenario[];
  readonly events: readonly RoundEvent[];
  /** Within which all positions are started. */
  readonly spreadMs: number;
  /** From here on nothing bad happens any more: faults end, prices return, everything is force-closed. */
  readonly calmAtMs: number;
}

/** Dice of one round. */
export interface Dice {
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number from least to most. */
  whole(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
}

export function dice(seed: number, round: number): Dice {
  const next = seededRandom(Math.imul(seed, 0x85ebca6b) ^ Math.imul(round + 1, 0xc2b2ae35));
  const whole = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    whole,
    chance: (probability) => next() < probability,
    pick(from) {
      const picked = from[whole(0, from.length - 1)];
      if (picked === undefined) throw new Error('nothing to pick from');
      return picked;
    },
  };
}
