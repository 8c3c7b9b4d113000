/** A reconciliation in one process, without Temporal: accounts that do not answer are told, and hinder none of the others. */
import type { Finding } from '../../src/domain/reconciliation/comparison.ts';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import {
  isMissed,
  seenTwice,
  type Healed,
  type ReconciliationReport,
} from '../../src/domain/reconciliation/reconciliation.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { VenueError, type Venue } from '../../src/ports/venue.ts';
import { healAccount } from './healing.ts';
import { findDrift, markLedger, reportReconciliation } from './reconciling.ts';
import { readVenueTruth, type TruthRequest, type VenueTruth } from './venue-truth.ts';

export type AccountSymbols = Pick<TruthRequest, 'symbols' | 'perpetuals'> & { readonly account: string };

export interface ByHandPorts {
  readonly ledger: Ledger;
  readonly alerts: Alerts;
  readonly clock: Clock;
  /** By account. */
  readonly venues: ReadonlyMap<string, Venue>;
  /** Why those of `venues` that are missing cannot be reached, by account. */
  readonly unreachable: ReadonlyMap<string, string>;
  /** Between two passes: longer than any venue takes to show what it has accepted. */
  readonly pause: () => Promise<void>;
}

/** Passes at most, where an account's books keep moving, or it does not answer. */
const mostPasses = 4;

/** Every account twice. Orphans are Temporal's to know, so none is named. */
export async function reconcileByHand(
  ports: ByHandPorts,
  accounts: readonly AccountSymbols[],
  anchor: ClockAnchor,
): Promise<ReconciliationReport> {
  const { ledger, alerts, venues } = ports;
  const atWallMs = ports.clock.nowMs();
  const healed: Healed[] = [];
  for (const { account, perpetuals } of accounts) {
    const venue = venues.get(account);
    if (venue !== undefined) healed.push(...(await healAccount({ ...ports, venue }, { perpetuals, anchor })).healed);
  }
  const findings = await findTwice(ports, accounts, anchor);
  const report = { atWallMs, isClean: findings.length === 0, findings, orphans: [], healed };
  await reportReconciliation(ledger, alerts, report, false);
  return report;
}

/** Differences that two passes in a row saw alike, and the accounts that one of these passes could not compare. */
async function findTwice(
  ports: ByHandPorts,
  accounts: readonly AccountSymbols[],
  anchor: ClockAnchor,
): Promise<Finding[]> {
  let before = await findOnce(ports, accounts, anchor);
  for (let pass = 2; before.length > 0; pass += 1) {
    await ports.pause();
    const now = await findOnce(ports, accounts, anchor);
    const missed = [...before, ...now].filter(isMissed);
    const mayCome = missed.some(({ account }) => account !== null && ports.venues.has(account));
    if (!mayCome || pass === mostPasses) return seenTwice(before, now);
    before = now;
  }
  return [];
}

async function findOnce(
  ports: ByHandPorts,
  accounts: readonly AccountSymbols[],
  anchor: ClockAnchor,
): Promise<Finding[]> {
  const { ledger } = ports;
  const since = new Map((await ledger.baselines()).map((one) => [one.account, one.declaredAtMarketMs]));
  const before = await markLedger(
    ledger,
    accounts.map(({ account }) => account),
  );
  const read = await Promise.all(
    accounts.map((one) => truthOf(ports, one, { sinceMarketMs: since.get(one.account) ?? 0, anchor })),
  );
  const truths = read.flatMap((one) => ('reading' in one ? [one] : []));
  const missing = read.flatMap((one) => ('reading' in one ? [] : [one]));
  return [...missing, ...(await findDrift(ledger, truths, before))];
}

async function truthOf(
  { ledger, clock, venues, unreachable }: ByHandPorts,
  { account, ...symbols }: AccountSymbols,
  from: Pick<TruthRequest, 'sinceMarketMs' | 'anchor'>,
): Promise<VenueTruth | Finding> {
  const missed = (why: string): Finding => {
    const detail = `the venue could not be read: ${why}`;
    return { kind: 'not_compared', account, positionKey: null, detail };
  };
  const venue = venues.get(account);
  if (venue === undefined) return missed(unreachable.get(account) ?? 'the account is not configured');
  try {
    return await readVenueTruth({ venue, ledger, clock }, { ...symbols, ...from });
  } catch (error) {
    if (!(error instanceof VenueError)) throw error;
    return missed(error.message);
  }
}
