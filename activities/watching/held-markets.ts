/**
 * Markets of positions that live and whose pair is configured no longer: to take a pair out stops its entries, and must not
 * blind what is open in it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { liveStatuses, type LegPlan, type PositionPlan } from '../../src/domain/position.ts';
import type { Quote } from '../../src/domain/quote.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { MarketData } from '../../src/ports/venue.ts';
import type { Pair } from '../../src/strategy/pair.ts';
import { messageOf } from '../failures.ts';
import type { EquityTerms } from './equity-marks.ts';

interface Market {
  readonly venue: string;
  readonly symbol: string;
}

export interface HeldMarkets {
  /** Those of no configured pair. */
  readonly markets: readonly Market[];
  /** Of these markets. */
  readonly perpetuals: readonly Market[];
  /** With these markets, and with the funding of what is held. */
  readonly equity: EquityTerms;
}

const retryMs = 5_000;

/** Of what lives at the configured accounts: a shared ledger has positions of other services, too. */
export async function readHeldMarkets(
  ledger: Pick<Ledger, 'positions'>,
  pairs: readonly Pair[],
  equity: EquityTerms,
): Promise<HeldMarkets> {
  const live = await ledger.positions({ statuses: liveStatuses });
  return heldMarkets(
    live.map(({ plan }) => plan),
    pairs,
    equity,
  );
}

export function heldMarkets(
  live: readonly Pick<PositionPlan, 'spot' | 'perp'>[],
  pairs: readonly Pair[],
  equity: EquityTerms,
): HeldMarkets {
  const isOwn = ({ account, instrument }: LegPlan): boolean =>
    equity.accounts.some((one) => one.account === account && one.venue === instrument.venue);
  const held = live.filter(({ spot, perp }) => isOwn(spot) && isOwn(perp));
  const known = new Set(marketsOf(pairs).map(nameOf));
  const markets = marketsOf(held).filter((market) => !known.has(nameOf(market)));
  const perpetuals = new Set(held.map(({ perp }) => nameOf(perp.instrument)));
  return {
    markets,
    perpetuals: markets.filter((market) => perpetuals.has(nameOf(market))),
    equity: {
      accounts: equity.accounts.map((one) => ({
        ...one,
        paysFunding: one.paysFunding || held.some(({ perp }) => perp.account === one.account),
      })),
      markets: [...equity.markets, ...markets],
    },
  };
}

/**
 * Follows each by itself until the signal aborts, again after a failure: one that its exchange has no more must not take the
 * quotes of all others with it.
 */
export async function followHeld(
  marketData: Pick<MarketData, 'watch'>,
  markets: readonly Market[],
  onQuote: (quote: Quote) => void,
  signal: AbortSignal,
  warn: (message: string) => void,
): Promise<void> {
  await Promise.all(markets.map(follow));

  async function follow(market: Market): Promise<void> {
    while (!signal.aborted) {
      try {
        await marketData.watch([market], onQuote, signal);
      } catch (error) {
        warn(`${nameOf(market)}, in which a position is held, cannot be followed: ${messageOf(error)}`);
      }
      await sleep(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Each once. */
export function marketsOf(pairs: readonly Pick<PositionPlan, 'spot' | 'perp'>[]): Market[] {
  const all = pairs.flatMap(({ spot, perp }) => [spot.instrument, perp.instrument]);
  return [...new Map(all.map(({ venue, symbol }) => [`${venue} ${symbol}`, { venue, symbol }])).values()];
}

function nameOf({ venue, symbol }: Market): string {
  return `${venue} ${symbol}`;
}
