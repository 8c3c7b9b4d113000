/** What the configuration says, as the terms of the watching. */
import type { PersistenceOf } from '../activities/records/funding-outlook.ts';
import type { EquityTerms } from '../activities/watching/equity-marks.ts';
import type { PegTerms } from '../activities/watching/peg-watch.ts';
import type { Config } from '../src/config/schema.ts';
import type { Pair } from '../src/strategy/pair.ts';

/** An interval of market time in wall time, but never shorter than a second. */
export function wallIntervalMs({ clock }: Config, marketMs: number): number {
  return Math.max(1_000, marketMs / clock.scale);
}

/** Null: the configuration says `depeg: off`. */
export function pegTerms({ strategy: { depeg } }: Config): PegTerms | null {
  if (depeg === null) return null;
  const { boundPct, holdMs } = depeg;
  const references = depeg.references.map(({ venue, symbol }) => ({
    coin: symbol.split('/')[0] ?? symbol,
    venue,
    symbol,
  }));
  return { rules: { boundPct, holdMs }, references };
}

/** What the configuration says of the venue, or of any other. */
export function persistenceOf({ strategy: { fundingPersistence } }: Config): PersistenceOf {
  return (venue) => fundingPersistence[venue] ?? fundingPersistence.other;
}

/** Coins that an account's spot orders may borrow. */
export function borrowedCoins({ strategy, pairs }: Config, account: string): string[] {
  if (strategy.shortSpot !== 'borrow') return [];
  return [...new Set(pairs.filter(({ spot }) => spot.account === account).map(({ asset }) => asset))];
}

/** All accounts are the book's, and the order books of its pairs are followed. */
export function equityTerms(config: Config, pairs: readonly Pair[]): EquityTerms {
  const legs = pairs.flatMap(({ spot, perp }) => [spot.instrument, perp.instrument]);
  return {
    accounts: Object.entries(config.accounts).map(([account, { venue }]) => ({
      account,
      venue,
      // Interest is listed late as funding is.
      paysFunding:
        config.pairs.some(({ perp }) => perp.account === account) || borrowedCoins(config, account).length > 0,
    })),
    markets: legs.map(({ venue, symbol }) => ({ venue, symbol })),
  };
}
