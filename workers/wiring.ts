/** The one place that builds adapters: ledger, venues, market data, alerts, and the activities over them. */
import { pino, type Logger } from 'pino';
import { createAccountActivities, type AccountPorts } from '../activities/account.ts';
import { readOutlook } from '../activities/records/funding-outlook.ts';
import { createLedgerActivities } from '../activities/ledger.ts';
import { createMarketActivities } from '../activities/market.ts';
import { createOrderActivities } from '../activities/orders.ts';
import { createReconcileActivities } from '../activities/reconciliation/reconciling.ts';
import type { ScanTerms } from '../activities/watching/opportunity-scan.ts';
import { createPegWatch } from '../activities/watching/peg-watch.ts';
import { createAlerts } from '../src/alerts/ledger-alerts.ts';
import { systemClock } from '../src/clock/system-clock.ts';
import { readCredentials } from '../src/config/credentials.ts';
import { ConfigError, loadConfig, type ConfigIssue } from '../src/config/load.ts';
import type { Config } from '../src/config/schema.ts';
import { centreWindowMs, medianBasisBps } from '../src/domain/portfolio/centre.ts';
import type { PositionKind } from '../src/domain/position.ts';
import { createAlertOutbox } from '../src/ledger/alerts/alert-outbox.ts';
import { inspectLedger, type LedgerState } from '../src/ledger/inspect.ts';
import { createPostgresLedger } from '../src/ledger/postgres-ledger.ts';
import type { AlertOutbox } from '../src/ports/alert-outbox.ts';
import type { Alerts } from '../src/ports/alerts.ts';
import type { Ledger } from '../src/ports/ledger.ts';
import type { VenueDiagnostics } from '../src/ports/venue-diagnostics.ts';
import { isExactlyOnce, type ClientOrderIdForm, type MarketData, type Venue } from '../src/ports/venue.ts';
import type { Candidate } from '../src/strategy/candidate.ts';
import { freeForOpening, type FreeOf } from '../src/strategy/needs.ts';
import { loanOffer, type Pair } from '../src/strategy/pair.ts';
import {
  accountRefusals,
  neededCredentials,
  paceShare,
  subAccountOptions,
} from '../src/venues/account/account-rules.ts';
import type { VenueCredentials } from '../src/venues/exchange.ts';
import { dialects } from '../src/venues/dialects.ts';
import { endpoints, marketTimeOf } from './addresses.ts';
import { exactlyOnceVerdict } from './exactly-once.ts';
import { loadUniverse, marketKinds, perpetualsOf } from './pairs.ts';
import { admissionRules, reservationLimits } from './rules.ts';
import { borrowedCoins, equityTerms, pegTerms, persistenceOf, wallIntervalMs } from './terms.ts';
import type { Direction } from '../src/domain/direction.ts';

export { buildAlertTargets } from './alert-targets.ts';
export { recoverPosition } from '../activities/execution/recovery.ts';
export { loadPairs, loadUniverse, pairId, withListedPairs } from './pairs.ts';
export { admissionRules, reservationLimits } from './rules.ts';
export { migrate as migrateLedger } from '../src/ledger/migrate.ts';

export interface Surroundings {
  readonly config: Config;
  /** Folder with the run's anchor; null where market time is wall time. */
  readonly homeDir: string | null;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  /** Aborts when this process is asked to stop. */
  readonly stopping: AbortSignal;
  /** The switch `--live`, given to this process by a person. */
  readonly isLive: boolean;
}

/** @throws ConfigError with every mistake, a venue that is not served included. */
export async function readConfig(path: string): Promise<Config> {
  let unserved = false;
  const served = (venue: string): string | null => {
    if (dialects.has(venue)) return null;
    unserved = true;
    return `${venue} is not served`;
  };
  try {
    return loadConfig(path, { knownVenues: served, accountRefusals, marketKinds });
  } catch (error) {
    if (!unserved) throw error;
    // Why a venue is not served takes ccxt's list to say.
    const { venueDialect } = await import('../src/venues/registry.ts');
    const knownVenues = (venue: string): string | null => refusalOf(() => venueDialect(venue));
    return loadConfig(path, { knownVenues, accountRefusals, marketKinds });
  }
}

function refusalOf(find: () => unknown): string | null {
  try {
    find();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** For commands: they print what they have to say, and end by themselves. */
export function commandSurroundings(config: Config, env: NodeJS.ProcessEnv, homeDir: string | null): Surroundings {
  return {
    config,
    homeDir,
    env,
    log: pino({ level: 'silent' }),
    stopping: new AbortController().signal,
    isLive: false,
  };
}

/** What cannot be traded here has no orders to be named. */
function idFormOf(venue: string): ClientOrderIdForm {
  return dialects.get(venue)?.capabilities.clientOrderIdForm ?? 'alphanumeric';
}

export function buildLedger({ env, log }: Surroundings): Ledger {
  return createPostgresLedger({ databaseUrl: databaseUrlOf(env), log, idFormOf });
}

function databaseUrlOf(env: NodeJS.ProcessEnv): string {
  const databaseUrl = env['DATABASE_URL'];
  if (databaseUrl !== undefined) return databaseUrl;
  throw new Error('DATABASE_URL is not set: the address of the ledger, postgres://user:password@host:port/name');
}

export function buildAlerts({ log }: Surroundings, ledger: Ledger): Alerts {
  return createAlerts({ ledger, log, clock: systemClock });
}

export function buildAlertOutbox({ env, log }: Surroundings): AlertOutbox {
  return createAlertOutbox(databaseUrlOf(env), (message) => log.warn(message));
}

/** @throws Error in words when the database cannot be reached */
export async function ledgerState(databaseUrl: string): Promise<LedgerState> {
  return inspectLedger(databaseUrl);
}

export async function buildVenue(surroundings: Surroundings, account: string): Promise<Venue> {
  const { config, env, log } = surroundings;
  const terms = config.accounts[account];
  if (terms === undefined)
    throw new Error(`no account ${account} in the configuration; it has: ${Object.keys(config.accounts).join(', ')}`);
  const endpoint = endpoints(env)?.[terms.venue] ?? null;
  if (endpoint === null) refuseRealVenue(surroundings, account, terms);
  // ccxt costs a second to load, so only who trades or reads markets does.
  const { createCcxtVenue } = await import('../src/venues/ccxt-venue.ts');
  const venue = await createCcxtVenue({
    account,
    venue: terms.venue,
    ...connectionOf(config, terms, readCredentials({ env, account, needed: neededCredentials(terms.venue) })),
    endpoint,
    clock: systemClock,
    marketTimeOf: marketTimeOf(surroundings),
    borrowedCoins: borrowedCoins(config, account),
  });
  const verdict = exactlyOnceVerdict(account, terms, venue.capabilities);
  if (verdict.kind === 'refused') {
    await venue.close();
    throw new Error(verdict.reason);
  }
  if (verdict.kind === 'accepted') log.warn({ account }, verdict.risk);
  return venue;
}

export interface DiagnosedAccount {
  readonly diagnostics: VenueDiagnostics;
  /** What is wrong with the keys in the environment; with any, only what is public can be asked. */
  readonly keyIssues: readonly ConfigIssue[];
  /** Whether a late or repeated request can never make a second order there. */
  readonly isExactlyOnce: boolean;
}

/**
 * An account to be looked at, never traded with: real exchanges are allowed without `--live`.
 * @throws Error where a simulated mode has no simulated exchange to ask
 */
export async function buildDiagnostics({ config, env }: Surroundings, account: string): Promise<DiagnosedAccount> {
  const terms = config.accounts[account];
  if (terms === undefined) throw new Error(`no account ${account} in the configuration`);
  const endpoint = endpoints(env)?.[terms.venue] ?? null;
  if (endpoint === null && (config.mode === 'demo' || config.mode === 'paper')) {
    throw new Error(`no simulated ${terms.venue} is running`);
  }
  const { createVenueDiagnostics } = await import('../src/venues/diagnostics.ts');
  const { credentials, keyIssues } = credentialsIfComplete(env, account, terms.venue);
  const connection = { ...connectionOf(config, terms, credentials ?? {}), credentials, endpoint, clock: systemClock };
  const diagnostics = createVenueDiagnostics({ account, venue: terms.venue, ...connection });
  return { diagnostics, keyIssues, isExactlyOnce: isExactlyOnce(diagnostics.capabilities) };
}

function credentialsIfComplete(env: NodeJS.ProcessEnv, account: string, venue: string) {
  try {
    return { credentials: readCredentials({ env, account, needed: neededCredentials(venue) }), keyIssues: [] };
  } catch (error) {
    if (error instanceof ConfigError) return { credentials: null, keyIssues: error.issues };
    throw error;
  }
}

/** How an account's terms in the configuration reach its exchange. */
function connectionOf(config: Config, terms: Config['accounts'][string], credentials: VenueCredentials) {
  const accountsThere = Object.values(config.accounts).filter(({ venue }) => venue === terms.venue).length;
  return {
    credentials,
    options: subAccountOptions(terms.venue, terms.subAccount),
    sandbox: terms.sandbox,
    paceShare: paceShare(terms.venue, accountsThere, terms.rateLimitShare ?? null),
  };
}

/**
 * Where no simulated exchange stands in: a real one is reached only with both switches, `live: true` in the
 * configuration and `--live`; in mode sandbox only its testnet.
 * @throws Error saying what is missing
 */
function refuseRealVenue({ config, isLive }: Surroundings, account: string, terms: Config['accounts'][string]): void {
  const { mode } = config;
  switch (mode) {
    case 'demo':
    case 'paper':
      throw new Error(`mode ${mode} would connect to the real ${terms.venue}: no simulated one is running`);
    case 'sandbox':
      if (!terms.sandbox) throw new Error(`accounts.${account} is not at a testnet: mode sandbox refuses it`);
      return;
    case 'live':
      if (!config.live || !isLive)
        throw new Error(`${terms.venue} is real money: it needs live: true in the configuration, and --live`);
  }
}

/**
 * What decisions are made on: in demo and paper the simulated exchanges' books, those that orders meet as well.
 * @throws Error where a simulated mode has no simulated exchange
 */
export async function buildMarketData(surroundings: Surroundings): Promise<MarketData> {
  const { createMarketData } = await import('../src/venues/markets/market-data.ts');
  const { config, env, log } = surroundings;
  const simulated = endpoints(env);
  if (simulated === null && (config.mode === 'demo' || config.mode === 'paper'))
    throw new Error(`mode ${config.mode} needs simulated exchanges: BASIS_ENDPOINTS is not set`);
  return createMarketData({
    endpoints: simulated,
    sandbox: config.mode === 'sandbox',
    clock: systemClock,
    log,
    marketTimeOf: marketTimeOf(surroundings),
  });
}

/**
 * What paper mode feeds its simulated exchanges with. `BASIS_MARKET_ENDPOINTS`, a file like that of `BASIS_ENDPOINTS`,
 * is for tests: its addresses then stand for the real exchanges'.
 */
export async function buildRealMarketData({ env, log }: Surroundings): Promise<MarketData> {
  const { createMarketData } = await import('../src/venues/markets/market-data.ts');
  return createMarketData({ endpoints: endpoints(env, 'BASIS_MARKET_ENDPOINTS'), clock: systemClock, log });
}

/** One side of a pair on fresh order books, as a person's own candidate. */
export async function candidateOf(
  { config, ledger, marketData }: { readonly config: Config; readonly ledger: Ledger; readonly marketData: MarketData },
  pair: Pair,
  direction: Direction,
  nowMarketMs: number,
  enteredFor: PositionKind = 'basis',
): Promise<Candidate> {
  const { spot, perp } = pair;
  const isCentred = config.strategy.centre === 'median';
  const [spotQuote, perpQuote, bases, funding] = await Promise.all([
    marketData.orderBook(spot.instrument.venue, spot.instrument.symbol),
    marketData.orderBook(perp.instrument.venue, perp.instrument.symbol),
    isCentred ? ledger.basisHistory([pair.pairId], nowMarketMs - centreWindowMs) : [],
    readOutlook(
      { ledger, marketData, persistenceOf: persistenceOf(config) },
      perp.instrument.venue,
      perp.instrument.symbol,
      nowMarketMs,
    ),
  ]);
  const centreBps = medianBasisBps(bases, nowMarketMs);
  const loan = loanOffer(await ledger.latestReading(spot.account), pair.asset);
  const seen = { pair, direction, enteredFor, spotQuote, perpQuote, funding, centreBps, loan };
  return { ...seen, signedBasisBps: '0', netApyPct: '0' };
}

/** What both accounts of a pair have free for a new position in it. */
export async function freeBalances(ledger: Ledger, pair: Pair): Promise<FreeOf> {
  const accounts = [...new Set([pair.spot.account, pair.perp.account])];
  const readings = await Promise.all(accounts.map((account) => ledger.latestReading(account)));
  return freeForOpening(
    pair,
    readings.filter((reading) => reading !== null),
    await ledger.boundCoins(accounts),
  );
}

/** Activities of the workflows' own queue. */
export function basisActivities(surroundings: Surroundings, ledger: Ledger) {
  const { config } = surroundings;
  const alerts = buildAlerts(surroundings, ledger);
  const terms = { admission: admissionRules(config), limits: reservationLimits(config, 'engine') };
  const ports = { ledger, alerts, clock: systemClock };
  return {
    ...createLedgerActivities({ ...ports, terms }),
    ...createReconcileActivities({ ...ports, limits: reservationLimits(config, 'client') }),
  };
}

export async function marketActivities(surroundings: Surroundings, ledger: Ledger, marketData: MarketData) {
  const { config, stopping } = surroundings;
  const alerts = buildAlerts(surroundings, ledger);
  const { pairs, leftOut } = await loadUniverse(config, marketData);
  for (const { what, reason } of leftOut) surroundings.log.info({ what, reason }, 'left out of the universe');
  const scan: ScanTerms = {
    pairs,
    rules: config.strategy,
    sizing: admissionRules(config).sizing,
    scanIntervalMs: wallIntervalMs(config, config.strategy.scanIntervalMs),
    idleScanIntervalMs: wallIntervalMs(config, config.strategy.idleScanIntervalMs),
  };
  const equity = equityTerms(config, scan.pairs);
  const guard = { maxDrawdownPct: config.limits.maxDrawdownPct, haltCloses: config.limits.haltCloses };
  const shown = await shownMarketData(surroundings, marketData);
  const pegs = createPegWatch(pegTerms(config), {
    marketData: shown,
    alerts,
    clock: systemClock,
  });
  return createMarketActivities({
    ledger,
    marketData,
    alerts,
    clock: systemClock,
    scan,
    equity,
    guard,
    pegs,
    persistenceOf: persistenceOf(config),
    settledFunding: shown,
    stopping,
  });
}

/**
 * References of pegs, and what was settled, are looked at and never traded: in paper mode at the real exchanges themselves,
 * whose history began before the run.
 */
async function shownMarketData(surroundings: Surroundings, marketData: MarketData): Promise<MarketData> {
  const { config, stopping } = surroundings;
  if (config.mode !== 'paper') return marketData;
  const real = await buildRealMarketData(surroundings);
  stopping.addEventListener('abort', () => void real.close(), { once: true });
  return real;
}

/** Activities of an account, for its order queue and for its read queue. `waits`: in place of timers, for tests. */
export function accountActivities(
  surroundings: Surroundings,
  ledger: Ledger,
  venue: Venue,
  waits: Pick<AccountPorts, 'pause'> = {},
) {
  const { stopping } = surroundings;
  const alerts = buildAlerts(surroundings, ledger);
  return {
    orders: createOrderActivities({ venue, ledger, clock: systemClock }),
    reads: createAccountActivities({ venue, ledger, alerts, clock: systemClock, stopping, ...waits }),
  };
}

/** Sets leverage and modes of the account's configured perpetuals: once, when its worker starts. */
export async function prepareAccount({ config }: Surroundings, venue: Venue): Promise<void> {
  const symbols = await perpetualsOf(config, venue.account, venue);
  const leverage = config.accounts[venue.account]?.leverage;
  if (symbols.length > 0 && leverage !== undefined) await venue.prepare(symbols, leverage);
}
