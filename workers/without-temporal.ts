/** What commands do when Temporal cannot be reached: the adapters of every account, for the time of one piece of work. */
import { setTimeout as pause } from 'node:timers/promises';
import { flattenByHand, type BreakGlassResult } from '../activities/break-glass.ts';
import { healAccount } from '../activities/healing.ts';
import { closingPricesOf } from '../activities/market.ts';
import { findDrift, markLedger, reportReconciliation } from '../activities/reconciling.ts';
import { readVenueTruth, type TruthRequest } from '../activities/venue-truth.ts';
import { systemClock } from '../src/clock/system-clock.ts';
import type { ClockAnchor } from '../src/domain/market-clock.ts';
import { seenTwice, type Healed, type ReconciliationReport } from '../src/domain/reconciliation.ts';
import type { Alerts } from '../src/ports/alerts.ts';
import type { Ledger } from '../src/ports/ledger.ts';
import type { Venue } from '../src/ports/venue.ts';
import { buildAlerts, buildLedger, buildMarketData, buildVenue, type Surroundings } from './wiring.ts';

/** Between two passes of a reconciliation: longer than any venue takes to show what it has accepted. Wall time. */
const betweenPassesMs = 3_000;

type AccountSymbols = Omit<TruthRequest, 'sinceMarketMs'> & { readonly account: string };

interface Opened {
  readonly ledger: Ledger;
  readonly alerts: Alerts;
  readonly venues: ReadonlyMap<string, Venue>;
}

/** Fences the position and brings it to zero. @param progress told what happens, a line each */
export async function flattenWithoutTemporal(
  surroundings: Surroundings,
  key: string,
  anchor: ClockAnchor,
  progress: (line: string) => void,
): Promise<BreakGlassResult> {
  return withAdapters(surroundings, async (opened) => {
    const marketData = await buildMarketData(surroundings);
    try {
      const closingPrices = closingPricesOf.bind(null, marketData);
      return await flattenByHand({ ...opened, clock: systemClock, closingPrices, progress }, key, anchor);
    } finally {
      await marketData.close();
    }
  });
}

/** Two passes over every account. Orphans are Temporal's to know, so none is named. */
export async function reconcileWithoutTemporal(
  surroundings: Surroundings,
  accounts: readonly AccountSymbols[],
  anchor: ClockAnchor,
): Promise<ReconciliationReport> {
  return withAdapters(surroundings, async ({ ledger, alerts, venues }) => {
    const atWallMs = systemClock.nowMs();
    const healed: Healed[] = [];
    for (const { account, perpetuals } of accounts) {
      const venue = venueNamed(venues, account);
      healed.push(...(await healAccount({ venue, ledger, alerts, clock: systemClock }, { perpetuals, anchor })).healed);
    }
    const pass = async () => {
      const since = new Map((await ledger.baselines()).map((one) => [one.account, one.declaredAtMarketMs]));
      const before = await markLedger(
        ledger,
        accounts.map(({ account }) => account),
      );
      const truths = await Promise.all(
        accounts.map(({ account, ...symbols }) =>
          readVenueTruth(
            { venue: venueNamed(venues, account), ledger },
            { ...symbols, sinceMarketMs: since.get(account) ?? 0 },
          ),
        ),
      );
      return findDrift(ledger, truths, before);
    };
    const first = await pass();
    await pause(first.length === 0 ? 0 : betweenPassesMs);
    const findings = first.length === 0 ? [] : seenTwice(first, await pass());
    const report = { atWallMs, isClean: findings.length === 0, findings, orphans: [], healed };
    await reportReconciliation(ledger, alerts, report);
    return report;
  });
}

async function withAdapters<T>(surroundings: Surroundings, use: (opened: Opened) => Promise<T>): Promise<T> {
  const ledger = buildLedger(surroundings);
  const venues = new Map<string, Venue>();
  try {
    for (const account of Object.keys(surroundings.config.accounts)) {
      venues.set(account, await buildVenue(surroundings, account));
    }
    return await use({ ledger, alerts: buildAlerts(surroundings, ledger), venues });
  } finally {
    await Promise.all([...venues.values()].map((venue) => venue.close()));
    await ledger.close();
  }
}

function venueNamed(venues: ReadonlyMap<string, Venue>, account: string): Venue {
  const venue = venues.get(account);
  if (venue === undefined) throw new Error(`no account ${account}`);
  return venue;
}
