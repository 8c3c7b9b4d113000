/** Rounds by name: `storm` is everything at once at random; the others do one thing to every position they can. */
import type { MakerStyle } from '../../../src/domain/position.ts';
import type { NewFault } from '../../../src/sim/faults/fault-rule.ts';
import type { Field, VenueName } from '../arena/configuration.ts';
import { cancelTargets, orderPaths } from './fault-menu.ts';
import { dice, type Behaviour, type Dice, type RoundEvent, type RoundPlan, type Scenario } from './round-plan.ts';
import { anyBehaviour, anyStyle, exitSignals, makerStyle, stormEvents, trades } from './storm.ts';
import type { Direction } from '../../../src/domain/direction.ts';

interface StoryTerms {
  /** Wall time within which the positions are started. */
  readonly spreadMs: number;
  /** Wall time from the start of the last to the calm. */
  readonly tailMs: number;
  readonly behaviour: (dice: Dice) => Behaviour;
  readonly events: (dice: Dice, calmAtMs: number, field: Field, scenarios: number) => RoundEvent[];
  /** None quotes unless given. */
  readonly style?: (dice: Dice) => MakerStyle | null;
  /** All in the first pair. */
  readonly onePair?: true;
}

const orderFault = (venue: 'bybit' | 'binanceusdm', fault: NewFault): NewFault => ({
  method: 'POST',
  path: orderPaths[venue],
  count: null,
  probability: 0.5,
  ...fault,
  venue,
});
/** On the order endpoints of both venues, from the start to the calm. */
const onOrders =
  (fault: NewFault) =>
  (_: Dice, calmAtMs: number): RoundEvent[] =>
    (['bybit', 'binanceusdm'] as const).map((venue) => ({
      atMs: 0,
      kind: 'fault',
      fault: orderFault(venue, fault),
      forMs: calmAtMs,
    }));
const cancelFault = (venue: VenueName, fault: NewFault, forMs: number): RoundEvent => ({
  atMs: 0,
  kind: 'fault',
  fault: { count: null, ...cancelTargets[venue], ...fault },
  forMs,
});
const hold = (): Behaviour => ({ kind: 'hold' });
const brief = { spreadMs: 3_000, tailMs: 6_000, behaviour: hold } as const;

const stories: Readonly<Record<string, StoryTerms>> = {
  storm: { spreadMs: 15_000, tailMs: 6_000, behaviour: anyBehaviour, style: anyStyle, events: stormEvents },
  quiet: { ...brief, events: () => [] },
  lost_replies: { ...brief, events: onOrders({ kind: 'drop_after' }) },
  late_orders: { ...brief, tailMs: 10_000, events: onOrders({ kind: 'late', delayMs: 2_500 }) },
  hidden_orders: {
    ...brief,
    events: (dice, calmAtMs) => [
      ...onOrders({ kind: 'visibility_lag', delayMs: 1_500, probability: 1 })(dice, calmAtMs),
    ],
  },
  partial_fills: { ...brief, events: onOrders({ kind: 'partial_fill', fraction: '0.4' }) },
  one_leg_refused: {
    ...brief,
    events: (_, calmAtMs) => [
      {
        atMs: 0,
        kind: 'fault',
        fault: orderFault('binanceusdm', { kind: 'reject', reason: 'insufficient_margin', probability: 0.6 }),
        forMs: calmAtMs,
      },
    ],
  },
  /** A worker that stands still before it claims, until nobody waits for its order any more. */
  held_sends: {
    ...brief,
    tailMs: 22_000,
    events: () =>
      everyMs(200, 6_000, (atMs) => ({ atMs, kind: 'hold_at', point: 'submitOrder.before', holdMs: 9_000 })),
  },
  repeated_exits: { ...brief, tailMs: 8_000, behaviour: (dice) => exitSignals(dice), events: () => [] },
  fenced: {
    ...brief,
    tailMs: 8_000,
    behaviour: (dice) => ({ kind: 'fence', afterMs: dice.whole(0, 2_500) }),
    events: () => [],
  },
  taken_by_the_venue: {
    ...brief,
    tailMs: 14_000,
    events: (_, __, { accounts }) =>
      Object.entries(accounts).flatMap(([account, venue]): RoundEvent[] =>
        venue === 'bybit'
          ? [{ atMs: 8_000, kind: 'deleverage', venue, account, quantity: '1000' }]
          : [
              { atMs: 3_500, kind: 'deleverage', venue, account, quantity: '3000' },
              { atMs: 7_500, kind: 'liquidate', venue, account },
            ],
      ),
  },
  /** Whoever has booked what a venue took dies before it tells the position, which closes meanwhile. */
  untold_takings: {
    ...brief,
    tailMs: 16_000,
    behaviour: (dice) =>
      dice.chance(0.7) ? { kind: 'force_close', afterMs: dice.whole(4_000, 15_000) } : { kind: 'hold' },
    events: (_, __, { accounts }) =>
      Object.entries(accounts).flatMap(([account, venue]): RoundEvent[] =>
        venue === 'bybit'
          ? []
          : [5_000, 12_000].flatMap((atMs): RoundEvent[] => [
              { atMs, kind: 'deleverage', venue, account, quantity: '5000' },
              { atMs: atMs + 300, kind: 'kill_at', point: 'ledger.venueOrdersOfLive.before', victim: null },
            ]),
      ),
  },
  /** Closes that the venue has executed and nobody has heard of yet, while others hold the same perpetual. */
  unheard_closes: {
    spreadMs: 3_000,
    tailMs: 22_000,
    behaviour: (dice) =>
      dice.chance(0.5) ? { kind: 'force_close', afterMs: dice.whole(3_000, 18_000) } : { kind: 'hold' },
    events: () =>
      everyMs(200, 22_000, (atMs) => ({
        atMs: 4_000 + atMs,
        kind: 'hold_at',
        point: 'venue.submit.after',
        holdMs: 4_000,
      })),
  },
  /** More than one pair may hold. */
  overbooked: { ...brief, onePair: true, events: () => [] },
  /** Quotes that fill bit by bit, and are cancelled, which is slow. */
  quotes: {
    spreadMs: 8_000,
    tailMs: 12_000,
    behaviour: (dice) =>
      dice.chance(0.3) ? { kind: 'force_close', afterMs: dice.whole(500, 6_000) } : { kind: 'hold' },
    style: makerStyle,
    events: (dice, calmAtMs) => [
      // So little at a time that many a quote is cancelled with a part of it filled, and filled on while that takes.
      ...trades(dice, 60, calmAtMs, 120),
      cancelFault('bybit', { kind: 'delay', delayMs: 2_000 }, calmAtMs),
      cancelFault('binanceusdm', { kind: 'delay', delayMs: 2_000 }, calmAtMs),
    ],
  },
  /** Quotes that rest for longer than anything may be unhedged, and are filled in part at the beginning. */
  long_quotes: {
    ...brief,
    tailMs: 56_000,
    style: (dice) => ({ ...makerStyle(dice), makerDeadlineMs: 90_000, maxUnhedgedUsd: '3000' }),
    events: (dice) => trades(dice, 150, 9_000),
  },
  killed_workers: {
    ...brief,
    tailMs: 12_000,
    events: () => [
      ...['submitOrder.after', 'ledger.claimOrder.after', 'venue.submit.after', 'ledger.recordSettlement.before'].map(
        (point, index): RoundEvent => ({ atMs: 500 + index * 1_500, kind: 'kill_at', point, victim: null }),
      ),
      { atMs: 2_000, kind: 'kill', child: 'worker-basis' },
    ],
  },
};

export const storyNames = Object.keys(stories);

export function planRound(
  story: string,
  field: Field,
  { seed, round, count }: { readonly seed: number; readonly round: number; readonly count: number },
): RoundPlan {
  const { pairs } = field;
  const terms = stories[story];
  if (terms === undefined) throw new Error(`no story ${story}; there are ${storyNames.join(', ')}`);
  const roll = dice(seed, round);
  const used = terms.onePair === true ? [0] : [...pairs.keys()];
  const directions = pairs.map((): Direction => (roll.chance(0.5) ? 'long_spot_short_perp' : 'short_spot_long_perp'));
  const scenarios = Array.from({ length: count }, (_, index): Scenario => {
    const pair = used[index % used.length] ?? 0;
    return {
      index,
      pair,
      direction: directions[pair] ?? 'long_spot_short_perp',
      quantityBase: story === 'overbooked' ? roll.whole(12_000, 18_000) : roll.whole(20, 3_000),
      startAtMs: roll.whole(0, terms.spreadMs),
      behaviour: terms.behaviour(roll),
      maker: terms.style?.(roll) ?? null,
    };
  });
  const calmAtMs = terms.spreadMs + terms.tailMs;
  const events = terms.events(roll, calmAtMs, field, count).toSorted((left, right) => left.atMs - right.atMs);
  return { seed, round, story, scenarios, events, spreadMs: terms.spreadMs, calmAtMs };
}

function everyMs(stepMs: number, untilMs: number, make: (atMs: number) => RoundEvent): RoundEvent[] {
  return Array.from({ length: Math.floor(untilMs / stepMs) }, (_, index) => make(index * stepMs));
}
