/** The story `storm`: everything at once, at random. */
import type { MakerStyle } from '../../../src/domain/position.ts';
import { calmPrices, type Field } from '../arena/configuration.ts';
import { listings } from '../arena/control.ts';
import { dealFault, dealCancelFault } from './fault-menu.ts';
import type { Behaviour, Dice, RoundEvent } from './round-plan.ts';
import { activitySteps, portSteps } from './steps.ts';

export function anyBehaviour(dice: Dice): Behaviour {
  const die = dice.next();
  if (die < 0.1) return { kind: 'force_close', afterMs: dice.whole(0, 400) };
  if (die < 0.35) return { kind: 'force_close', afterMs: dice.whole(500, 15_000) };
  if (die < 0.42) return { kind: 'cancel', afterMs: dice.whole(0, 12_000) };
  if (die < 0.55) return exitSignals(dice);
  if (die < 0.57) return { kind: 'fence', afterMs: dice.whole(0, 8_000) };
  return { kind: 'hold' };
}

export function exitSignals(dice: Dice): Behaviour {
  return { kind: 'exit_signals', afterMs: dice.whole(1_500, 6_000), copies: dice.whole(2, 5) };
}

/** Every fourth position quotes. */
export function anyStyle(dice: Dice): MakerStyle | null {
  return dice.chance(0.25) ? makerStyle(dice) : null;
}

/** On either leg, for a few seconds, in one slice or in many. */
export function makerStyle(dice: Dice): MakerStyle {
  return {
    kind: 'maker_hedge',
    makerLeg: dice.pick(['spot', 'perp'] as const),
    makerDeadlineMs: dice.whole(1_500, 6_000),
    maxUnhedgedUsd: String(dice.whole(100, 2_000)),
    atMakerDeadline: dice.pick(['convert', 'stop'] as const),
  };
}

/** Now here, now there, somebody takes what rests. */
export function trades(dice: Dice, everyMs: number, calmAtMs: number, mostBase = 800): RoundEvent[] {
  const count = Math.floor((calmAtMs - 1_000) / everyMs);
  return Array.from({ length: count }, (_, nth) => ({
    atMs: nth * everyMs + dice.whole(0, everyMs),
    kind: 'trade',
    listing: dice.pick(listings),
    side: dice.pick(['buy', 'sell'] as const),
    quantity: String(dice.whole(10, mostBase)),
  }));
}

/** As many blows as that many scenarios get. */
const perBlows = 320;
const tradeEveryMs = 150;

export function stormEvents(dice: Dice, calmAtMs: number, { accounts }: Field, scenarios: number): RoundEvent[] {
  const names = Object.keys(accounts);
  const workers = ['worker-basis', 'worker-market', ...names.map((name) => `worker-venue-${name}`)];
  const perpetuals = names.filter((name) => accounts[name] === 'binanceusdm');
  const events: RoundEvent[] = [];
  const times = (count: number, make: (atMs: number) => RoundEvent): void => {
    for (let nth = 0; nth < count; nth += 1) events.push(make(dice.whole(500, calmAtMs - 1_500)));
  };
  const oneBatch = (): void => {
    times(dice.whole(6, 14), (atMs) => ({ atMs, kind: 'fault', ...dealFault(dice) }));
    times(dice.whole(1, 3), (atMs) => ({ atMs, kind: 'fault', ...dealCancelFault(dice) }));
    times(dice.whole(1, 2), (atMs) => ({ atMs, kind: 'kill', child: dice.pick(workers) }));
    times(dice.whole(0, 2), (atMs) => ({
      atMs,
      kind: 'stop',
      child: dice.pick(workers),
      forMs: dice.whole(500, 9_000),
    }));
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
    if (dice.chance(0.15))
      times(1, (atMs) => ({ atMs, kind: 'stop', child: 'temporal', forMs: dice.whole(500, 5_000) }));
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
      times(1, (atMs) => ({ atMs, kind: 'liquidate', venue: 'binanceusdm', account: dice.pick(perpetuals) }));
    }
  };
  for (let batch = 0; batch < Math.max(1, Math.round(scenarios / perBlows)); batch += 1) oneBatch();
  return [...events, ...trades(dice, tradeEveryMs, calmAtMs)];
}

/** Small moves, gaps that make the watcher leave every position of one direction, and books that hold next to nothing. */
function priceMove(dice: Dice): { prices: { spot: string; perp: string }; thin: string | null } {
  const around = (price: string, steps: number): string => (Number(price) + steps / 10_000).toFixed(4);
  const isGap = dice.chance(0.3);
  const perp = around(calmPrices.perp, isGap ? dice.pick([-60, 60]) : dice.whole(-4, 4));
  const thin = dice.chance(0.25) ? String(dice.whole(20, 2_000)) : null;
  return { prices: { spot: around(calmPrices.spot, dice.whole(-3, 3)), perp }, thin };
}
