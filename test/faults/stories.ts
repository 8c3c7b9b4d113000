/** Rounds by name: `storm` is everything at once at random; the others do one thing to every position they can. */
import type { Direction } from '../../src/domain/position.ts';
import type { NewFault } from '../../src/sim/fault-rule.ts';
import { calmPrices, type Field } from './configuration.ts';
import { dealFault, orderPaths } from './fault-menu.ts';
import { dice, type Behaviour, type Dice, type RoundEvent, type RoundPlan, type Scenario } from './round-plan.ts';
import { activitySteps, portSteps } from './steps.ts';

interface StoryTerms {
  /** Wall time within which the positions are started. */
  readonly spreadMs: number;
  /** Wall time from the start of the last to the calm. */
  readonly tailMs: number;
  readonly behaviour: (dice: Dice) => Behaviour;
  readonly events: (dice: Dice, calmAtMs: number, field: Field) => RoundEvent[];
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
const hold = (): Behaviour => ({ kind: 'hold' });
const brief = { spreadMs: 3_000, tailMs: 6_000, behaviour: hold } as const;

const stories: Readonly<Record<string, StoryTerms>> = {
  storm: { spreadMs: 15_000, tailMs: 6_000, behaviour: anyBehaviour, events: stormEvents },
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
  /** More than one pair may hold. */
  overbooked: { ...brief, onePair: true, events: () => [] },
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
    };
  });
  const calmAtMs = terms.spreadMs + terms.tailMs;
  const events = terms.events(roll, calmAtMs, field).toSorted((left, right) => left.atMs - right.atMs);
  return { seed, round, story, scenarios, events, spreadMs: terms.spreadMs, calmAtMs };
}

function anyBehaviour(dice: Dice): Behaviour {
  const die = dice.next();
  if (die < 0.1) return { kind: 'force_close', afterMs: dice.whole(0, 400) };
  if (die < 0.35) return { kind: 'force_close', afterMs: dice.whole(500, 15_000) };
  if (die < 0.42) return { kind: 'cancel', afterMs: dice.whole(0, 12_000) };
  if (die < 0.55) return exitSignals(dice);
  if (die < 0.57) return { kind: 'fence', afterMs: dice.whole(0, 8_000) };
  return { kind: 'hold' };
}

function exitSignals(dice: Dice): Behaviour {
  return { kind: 'exit_signals', afterMs: dice.whole(1_500, 6_000), copies: dice.whole(2, 5) };
}

function stormEvents(dice: Dice, calmAtMs: number, { accounts }: Field): RoundEvent[] {
  const names = Object.keys(accounts);
  const workers = ['worker-basis', 'worker-market', ...names.map((name) => `worker-venue-${name}`)];
  const perpetuals = names.filter((name) => accounts[name] === 'binanceusdm');
  const events: RoundEvent[] = [];
  const times = (count: number, make: (atMs: number) => RoundEvent): void => {
    for (let nth = 0; nth < count; nth += 1) events.push(make(dice.whole(500, calmAtMs - 1_500)));
  };
  times(dice.whole(6, 14), (atMs) => ({ atMs, kind: 'fault', ...dealFault(dice) }));
  times(dice.whole(1, 2), (atMs) => ({ atMs, kind: 'kill', child: dice.pick(workers) }));
  times(dice.whole(0, 2), (atMs) => ({ atMs, kind: 'stop', child: dice.pick(workers), forMs: dice.whole(500, 9_000) }));
  const steps = [...activitySteps, ...portSteps];
  times(dice.whole(1, 3), (atMs) => ({
    atMs,
    kind: 'kill_at',
    point: dice.pick(steps),
    victim: dice.chance(0.7) ? null : dice.pick(workers),
  }));
  times(dice.whole(0, 3), (atMs) => ({
    atMs,
    kind: 'hold_at',
    point: dice.pick(steps),
    holdMs: dice.whole(500, 12_000),
  }));
  if (dice.chance(0.25)) times(1, (atMs) => ({ atMs, kind: 'kill', child: dice.pick(['temporal', 'postgres']) }));
  if (dice.chance(0.15)) times(1, (atMs) => ({ atMs, kind: 'stop', child: 'temporal', forMs: dice.whole(500, 5_000) }));
  times(dice.whole(0, 3), (atMs) => ({ atMs, kind: 'prices', ...priceMove(dice) }));
  if (dice.chance(0.2)) {
    times(1, (atMs) => ({
      atMs,
      kind: 'deleverage',
      venue: 'binanceusdm',
      account: dice.pick(perpetuals),
      quantity: String(dice.whole(50, 5_000)),
    }));
  }
  if (dice.chance(0.08)) {
    times(1, (atMs) => ({
      atMs,
      kind: 'liquidate',
      venue: 'binanceusdm',
      account: dice.pick(perpetuals),
    }));
  }
  return events;
}

/** Small moves, gaps that make the watcher leave every position of one direction, and books that hold next to nothing. */
function priceMove(dice: Dice): { prices: { spot: string; perp: string }; thin: string | null } {
  const around = (price: string, steps: number): string => (Number(price) + steps / 10_000).toFixed(4);
  const isGap = dice.chance(0.3);
  const perp = around(calmPrices.perp, isGap ? dice.pick([-60, 60]) : dice.whole(-4, 4));
  const thin = dice.chance(0.25) ? String(dice.whole(20, 2_000)) : null;
  return { prices: { spot: around(calmPrices.spot, dice.whole(-3, 3)), perp }, thin };
}

function everyMs(stepMs: number, untilMs: number, make: (atMs: number) => RoundEvent): RoundEvent[] {
  return Array.from({ length: Math.floor(untilMs / stepMs) }, (_, index) => make(index * stepMs));
}
