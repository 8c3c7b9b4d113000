/** The port `VenueDiagnostics` over ccxt: what an exchange says about itself, and about an account of it. */
import { NotSupported } from 'ccxt';
import type { DecimalText } from '../domain/decimal.ts';
import type { Answer, ClockReading, VenueDiagnostics } from '../ports/venue-diagnostics.ts';
import { VenueError, type KeyPermissions } from '../ports/venue.ts';
import { accountReading } from './account/account.ts';
import { accountSettings, CannotTell } from './account/account-settings.ts';
import type { CcxtVenueSettings } from './ccxt-venue.ts';
import { scrub } from './ccxt-errors.ts';
import type { VenueDialect } from './capabilities/venue-dialect.ts';
import { createExchange, type VenueCredentials } from './exchange.ts';
import { createHttpTransport } from './calls/http-transport.ts';
import { servedMarket, tradableInstrumentOf } from './markets/instruments.ts';
import { venueTimeMs } from './orders/look-up.ts';
import { keyPermissions } from './account/key-permissions.ts';
import { createMarketList } from './markets/market-list.ts';
import { venueDialect } from './registry.ts';
import { createSignedTurns } from './calls/signed-turns.ts';
import { defaultDeadlineMs, read, type VenueCaller } from './calls/venue-call.ts';
import type { ExactExchange } from './exact-exchange.ts';

export interface DiagnosticsSettings extends Omit<CcxtVenueSettings, 'credentials' | 'marketTimeOf' | 'readPace'> {
  /** Null where they are missing: then only what is public can be asked. */
  readonly credentials: VenueCredentials | null;
}

/** The clock is read so often; the quickest answer is the most exact. */
const clockReadings = 3;

/** Connects to nothing yet. @throws VenueError when the venue is not served, or has no testnet that was asked for. */
export function createVenueDiagnostics(settings: DiagnosticsSettings): VenueDiagnostics {
  const { account, venue, clock, credentials, endpoint } = settings;
  const dialect = venueDialect(venue);
  const transport = createHttpTransport(endpoint?.rest ?? null, clock);
  const turns = dialect.noncesMustIncrease ? { turns: createSignedTurns() } : {};
  const shared = { ...settings, dialect, transport, use: 'reads', ...turns } as const;
  // Two instances: with keys that are wrong some exchanges would not even list their markets.
  const open = createExchange({ ...shared, credentials: null });
  const signed = createExchange(shared);
  const deadlineMs = settings.deadlineMs ?? defaultDeadlineMs;
  const publicly: VenueCaller = { dialect, credentials: null, clock, deadlineMs };
  const caller: VenueCaller = { ...publicly, credentials };
  const marketList = createMarketList(open, publicly, [signed]);
  const terms = accountSettings(signed);
  const ask = <T>(what: string, call: () => Promise<T>): Promise<Answer<T>> =>
    answer(credentials, async () => {
      if (credentials === null) throw new VenueError('unauthorised', `the keys of account ${account} are missing`);
      const { value } = await read(caller, what, () => call().catch(keepUntold));
      if (value instanceof CannotTell) throw value;
      return value;
    });

  return {
    account,
    venue,
    capabilities: dialect.capabilities,
    tellsSpotFeeCoin: dialect.spotFeeCoin !== null,
    tellsMaintenance: dialect.maintenanceRate !== null,
    reach: () =>
      answer(credentials, async () => {
        const beforeMs = clock.nowMs();
        await marketList.refresh();
        return clock.nowMs() - beforeMs;
      }),
    clock: () =>
      answer(credentials, async () => {
        const reading = await readClock(open, publicly);
        // Dated back at most: a request from the future is refused, one that is a little late is not.
        const leadMs = Math.ceil(reading.inexactMs - reading.aheadMs);
        for (const exchange of [open, signed]) exchange.options['timeDifference'] = leadMs;
        return reading;
      }),
    instrument: (symbol) => answer(credentials, async () => tradableInstrumentOf(open, dialect, symbol)),
    fundingIntervalHours: (symbol) => answer(credentials, () => fundingIntervalHours(open, publicly, symbol)),
    maintenanceRate: (symbol) => answer(credentials, async () => maintenanceRate(dialect, open, symbol)),
    permissions: () => ask('permissions', () => permissionsOf(dialect, signed)),
    reading: (symbols) =>
      credentials === null
        ? ask('balances', () => Promise.reject(new Error('not reached')))
        : answer(credentials, () => accountReading(signed, caller, account, symbols)),
    fees: (symbol) => ask(`fees of ${symbol}`, () => terms.fees(symbol)),
    spotFeeCoin: () => ask('coin of spot fees', () => spotFeeCoin(dialect, signed)),
    leverage: (symbol) => ask(`leverage of ${symbol}`, () => terms.leverage(symbol)),
    positionMode: (symbol) => ask('position mode', () => terms.positionMode(symbol)),
    marginMode: (symbol) => ask('margin mode', () => terms.marginMode(symbol)),
    async close() {
      await Promise.allSettled([open.close(), signed.close()]);
      transport.close();
    },
  };
}

async function answer<T>(credentials: VenueCredentials | null, call: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { kind: 'told', value: await call() };
  } catch (error) {
    if (error instanceof CannotTell) return { kind: 'cannot_tell', reason: error.message };
    if (error instanceof VenueError) return { kind: 'failed', error: error.kind, message: error.message };
    const message = scrub(error instanceof Error ? error.message : String(error), credentials);
    return { kind: 'failed', error: 'malformed_reply', message };
  }
}

/** So that it is not taken for a failed request on its way out. */
function keepUntold(error: unknown): CannotTell {
  if (error instanceof CannotTell) return error;
  throw error;
}

/** @throws VenueError */
async function readClock(exchange: ExactExchange, caller: VenueCaller): Promise<ClockReading> {
  const readings: { readonly venueMs: number; readonly beforeMs: number; readonly afterMs: number }[] = [];
  for (let count = 0; count < clockReadings; count += 1) {
    const beforeMs = caller.clock.nowMs();
    const venueMs = await venueTimeMs(exchange, caller);
    readings.push({ beforeMs, venueMs, afterMs: caller.clock.nowMs() });
  }
  // Some tell whole seconds, cut: on average it is half of one later.
  const halfStepMs = readings.every(({ venueMs }) => venueMs % 1_000 === 0) ? 500 : 0;
  const exact = readings.map(({ beforeMs, venueMs, afterMs }) => ({
    aheadMs: venueMs + halfStepMs - (beforeMs + afterMs) / 2,
    inexactMs: (afterMs - beforeMs) / 2 + halfStepMs,
  }));
  return exact.reduce((best, reading) => (reading.inexactMs < best.inexactMs ? reading : best));
}

async function permissionsOf(dialect: VenueDialect, exchange: ExactExchange): Promise<KeyPermissions> {
  const permissions = await keyPermissions(dialect, exchange);
  if (permissions !== null) return permissions;
  throw new CannotTell(`${dialect.capabilities.venue} has no request that tells what a key may do`);
}

/** @throws CannotTell as at binance's testnets, which have no wallet's endpoints. */
async function spotFeeCoin(dialect: VenueDialect, exchange: ExactExchange): Promise<string | null> {
  const untold = new CannotTell(
    `${dialect.capabilities.venue} has no request that tells in which coin it takes its fees`,
  );
  if (dialect.spotFeeCoin === null) throw untold;
  try {
    return await dialect.spotFeeCoin(exchange);
  } catch (error) {
    throw error instanceof NotSupported ? untold : error;
  }
}

/** @throws CannotTell */
function maintenanceRate(dialect: VenueDialect, exchange: ExactExchange, symbol: string): DecimalText {
  const told = dialect.maintenanceRate?.(servedMarket(exchange, dialect, symbol)) ?? null;
  if (told === null) throw new CannotTell(`${exchange.id} does not say the maintenance margin of ${symbol}`);
  return told;
}

/** @throws CannotTell where the venue names no interval, with the one that is assumed. */
async function fundingIntervalHours(exchange: ExactExchange, caller: VenueCaller, symbol: string): Promise<number> {
  const { source, fallbackHours } = caller.dialect.fundingInterval;
  const { value } = await read(caller, `funding interval of ${symbol}`, async () =>
    source === 'rate' ? exchange.fetchFundingRate(symbol) : (await exchange.fetchFundingIntervals([symbol]))[symbol],
  );
  const hours = Number(/^(\d+)h$/.exec(value?.interval ?? '')?.[1] ?? 0);
  if (hours === 0) throw new CannotTell(`${exchange.id} names none for ${symbol}: ${fallbackHours} h are assumed`);
  return hours;
}
