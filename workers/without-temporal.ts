/** What commands do when Temporal cannot be reached: the adapters of every account, for the time of one piece of work. */
import { setTimeout as pause } from 'node:timers/promises';
import { acceptByHand, type AcceptResult } from '../activities/reconciliation/break-glass-accept.ts';
import { flattenByHand, type BreakGlassResult } from '../activities/reconciliation/break-glass.ts';
import { closingPricesOf } from '../activities/market.ts';
import { reconcileByHand, type AccountSymbols } from '../activities/reconciliation/reconciling-by-hand.ts';
import { systemClock } from '../src/clock/system-clock.ts';
import type { ClockAnchor } from '../src/domain/market-clock.ts';
import type { ReconciliationReport } from '../src/domain/reconciliation/reconciliation.ts';
import type { Alerts } from '../src/ports/alerts.ts';
import type { Ledger } from '../src/ports/ledger.ts';
import { VenueError, type Venue } from '../src/ports/venue.ts';
import { buildAlerts, buildLedger, buildMarketData, buildVenue, type Surroundings } from './wiring.ts';

/** Between two passes of a reconciliation: longer than any venue takes to show what it has accepted. Wall time. */
const betweenPassesMs = 3_000;

interface Opened {
  readonly ledger: Ledger;
  readonly alerts: Alerts;
  readonly venues: ReadonlyMap<string, Venue>;
  /** Why the others cannot be reached, by account. */
  readonly unreachable: ReadonlyMap<string, string>;
}

/**
 * Fences the position and brings it to zero.
 * @param isLegByLeg one leg also while the other's market does not answer
 * @param progress told what happens, a line each
 */
export async function flattenWithoutTemporal(
  surroundings: Surroundings,
  key: string,
  anchor: ClockAnchor,
  isLegByLeg: boolean,
  progress: (line: string) => void,
): Promise<BreakGlassResult> {
  // Without an account that is down: the other leg must not wait for it.
  return withAdapters(surroundings, legAccountsOf(key), isVenueError, async (opened) => {
    const marketData = await buildMarketData(surroundings);
    try {
      const closingPrices = closingPricesOf.bind(null, marketData);
      return await flattenByHand({ ...opened, clock: systemClock, closingPrices, progress }, key, anchor, isLegByLeg);
    } finally {
      await marketData.close();
    }
  });
}

/**
 * Gives up what is left of a position that `flattenWithoutTemporal` could not bring to zero, and ends it.
 * @param progress told what is left at which account, a line each, before `agrees` is asked
 */
export async function acceptWithoutTemporal(
  surroundings: Surroundings,
  key: string,
  anchor: ClockAnchor,
  agrees: () => Promise<boolean>,
  progress: (line: string) => void,
): Promise<AcceptResult> {
  // Also of an exchange that is gone, with whatever it, or the configuration, lacks by now.
  return withAdapters(surroundings, legAccountsOf(key), anyError, async (opened) =>
    acceptByHand({ ...opened, clock: systemClock, progress }, key, anchor, agrees),
  );
}

/** Two passes over every account, also where one cannot be reached, or lacks its keys: that is told with it. */
export async function reconcileWithoutTemporal(
  surroundings: Surroundings,
  accounts: readonly AccountSymbols[],
  anchor: ClockAnchor,
): Promise<ReconciliationReport> {
  const everyAccount = () => Promise.resolve(accounts.map(({ account }) => account));
  return withAdapters(surroundings, everyAccount, anyError, async (opened) =>
    reconcileByHand({ ...opened, clock: systemClock, pause: () => pause(betweenPassesMs) }, accounts, anchor),
  );
}

function legAccountsOf(key: string): (ledger: Ledger) => Promise<string[]> {
  return async (ledger) => {
    const plan = (await ledger.position(key))?.plan;
    return plan === undefined ? [] : [plan.spot.account, plan.perp.account];
  };
}

function isVenueError(error: unknown): error is Error {
  return error instanceof VenueError;
}

function anyError(error: unknown): error is Error {
  return error instanceof Error;
}

/** @param mayLack whether the work goes on without an account that failed so */
async function withAdapters<T>(
  surroundings: Surroundings,
  accountsOf: (ledger: Ledger) => Promise<readonly string[]>,
  mayLack: (error: unknown) => error is Error,
  use: (opened: Opened) => Promise<T>,
): Promise<T> {
  const ledger = buildLedger(surroundings);
  const venues = new Map<string, Venue>();
  const unreachable = new Map<string, string>();
  try {
    for (const account of new Set(await accountsOf(ledger))) {
      try {
        venues.set(account, await buildVenue(surroundings, account));
      } catch (error) {
        if (!mayLack(error)) throw error;
        unreachable.set(account, error.message);
      }
    }
    return await use({ ledger, alerts: buildAlerts(surroundings, ledger), venues, unreachable });
  } finally {
    await Promise.all([...venues.values()].map((venue) => venue.close()));
    await ledger.close();
  }
}
