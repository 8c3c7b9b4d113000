/** Positions as they are counted: a pair that is opened again at once has not been left. */
import { decimal, toText } from '../domain/decimal.ts';
import type { Trade } from './trade.ts';

export interface CountedPosition {
  readonly keys: readonly string[];
  readonly realisedUsd: string;
  /** Of its first opening. */
  readonly notionalUsd: string;
}

/**
 * A re-opening of the same pair, on either side, within the cool-down after the close before counts with it as one.
 * @param cooldownMs market time
 */
export function countedPositions(trades: readonly Trade[], cooldownMs: number): CountedPosition[] {
  const counted: CountedPosition[] = [];
  for (const pair of Map.groupBy(trades, ({ pairId }) => pairId).values()) {
    let endedAtMs = -Infinity;
    for (const trade of pair.toSorted((one, other) => startOf(one) - startOf(other))) {
      const last = counted.at(-1);
      const goesOn = last !== undefined && startOf(trade) - endedAtMs < cooldownMs;
      if (goesOn) counted.pop();
      counted.push(goesOn ? joined(last, trade) : alone(trade));
      endedAtMs = Math.max(endedAtMs, trade.closedAtMs);
    }
  }
  return counted;
}

/** One that was never hedged begins and ends at once. */
function startOf({ openedAtMs, closedAtMs }: Trade): number {
  return openedAtMs ?? closedAtMs;
}

function alone({ key, notionalUsd, attribution }: Trade): CountedPosition {
  return { keys: [key], realisedUsd: attribution.realisedUsd, notionalUsd };
}

function joined(last: CountedPosition, { key, attribution }: Trade): CountedPosition {
  const realisedUsd = toText(decimal(last.realisedUsd).plus(decimal(attribution.realisedUsd)));
  return { ...last, keys: [...last.keys, key], realisedUsd };
}
