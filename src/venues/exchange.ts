/** Builds ccxt instances in the one way that this connector relies on; `exact-exchange.ts` states what they then return. */
import http from 'node:http';
import { pro } from 'ccxt';
import { isRecord, record } from './capabilities/raw.ts';
import type { RequestPool, VenueDialect } from './capabilities/venue-dialect.ts';
import type { Clock } from '../ports/clock.ts';
import { NotSent, type HttpTransport } from './calls/http-transport.ts';
import { currentCall } from './calls/call-context.ts';
import { createPacer, type Pace, type Pacer } from './calls/pacer.ts';
import type { SignedTurns } from './calls/signed-turns.ts';
import { useTestnet } from './testnet.ts';
import { VenueError } from '../ports/venue.ts';
import type { ExactExchange } from './exact-exchange.ts';

/** By ccxt's names; which of them an exchange signs with is in `account-rules.ts`. */
export interface VenueCredentials {
  readonly apiKey?: string;
  readonly secret?: string;
  readonly password?: string;
  readonly walletAddress?: string;
  readonly privateKey?: string;
}

/** Addresses of a simulated exchange: `http://host:port` and `ws://host:port`. Nothing else may differ. */
export interface VenueEndpoint {
  readonly rest: string;
  readonly ws: string;
}

/** Parts of a venue's paces, above 0 to 1: where others share its limits. */
export interface PaceShare {
  readonly orders: number;
  readonly reads: number;
}

export interface ExchangeSettings {
  readonly dialect: VenueDialect;
  /** Whose pace it keeps: an order never queues behind a read. A stream's numbers are floats. */
  readonly use: 'orders' | 'reads' | 'stream';
  readonly credentials: VenueCredentials | null;
  readonly endpoint: VenueEndpoint | null;
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly options?: Readonly<Record<string, unknown>>;
  /** In place of the venue's usual pace. */
  readonly pace?: Pace;
  /** Of that pace; the whole of it unless given. */
  readonly paceShare?: PaceShare;
  /** At the exchange's testnet. */
  readonly sandbox?: boolean;
  /** Shared by all instances of one key; without it nonces are times. */
  readonly turns?: SignedTurns;
}

/** ccxt's own timer; ours is shorter and decides. */
const backstopTimeoutMs = 30_000;

export function createExchange(settings: ExchangeSettings): ExactExchange {
  const { dialect, endpoint, clock } = settings;
  const venue = dialect.capabilities.venue;
  const Exchange: unknown = Object.entries(pro).find(([id]) => id === venue)?.[1];
  if (!isExchangeClass(Exchange)) throw new VenueError('bad_request', `ccxt has no exchange ${venue}`);
  const exchange = new Exchange({
    ...settings.credentials,
    // In a stream ccxt keeps the order book itself, and takes a size for gone when it is the number zero.
    ...(settings.use === 'stream' ? {} : { number: String }),
    enableRateLimit: true,
    timeout: backstopTimeoutMs,
    fetchImplementation: settings.transport.fetchImplementation,
    options: { ...dialect.exchangeOptions, maxRetriesOnFailure: 0, ...settings.options },
    ...(endpoint === null ? {} : { httpAgent: new http.Agent() }),
  });
  Object.assign(exchange.has, dialect.exchangeHas);
  const paced = settings.use === 'orders' ? 'orders' : 'reads';
  const pacer = createPacer(shareOf(settings.pace ?? dialect.pace[paced], settings.paceShare?.[paced] ?? 1));
  exchange.throttle = (cost) => takeTurn(pacer, cost, clock);
  if (dialect.pool !== null) keepToPool(exchange, dialect.pool, poolShare(settings), clock);
  exchange.nonce = () => venueNowMs(exchange, clock);
  keepKnownMarkets(exchange);
  if (settings.turns !== undefined) takeTurns(exchange, settings.turns, settings.use === 'orders', clock);
  dialect.adapt?.(exchange);
  if (settings.sandbox === true) useTestnet(exchange);
  if (endpoint !== null) pointWebsocketsAt(exchange, endpoint.ws);
  return exchange;
}

/**
 * Some of ccxt's methods ask for the markets each time, and are given what became of the newest load: one that failed would
 * be their failure until another succeeds, and a slow one their wait. Known markets are known, whatever becomes of it.
 */
function keepKnownMarkets(exchange: ExactExchange): void {
  const load = exchange.loadMarkets.bind(exchange);
  exchange.loadMarkets = (reload = false) => {
    const isUnderWay = exchange.markets === undefined && exchange.reloadingMarkets === true;
    if (!reload && !isUnderWay) exchange.marketsLoading = undefined;
    return load(reload);
  };
}

/** An order whose time has passed while it waited leaves its turn to the next one. */
function takeTurn(pacer: Pacer, cost: number | undefined, clock: Clock): Promise<void> {
  const call = currentCall();
  const check = (): void => {
    const lateMs = clock.nowMs() - (call?.sendByMs ?? Infinity);
    if (lateMs > 0) throw new NotSent(`its time to leave passed ${lateMs} ms ago, while it waited for its turn`);
  };
  return pacer(cost, { signal: call?.signal, urgency: call?.urgency, check });
}

/** Of the pool what the account has of the reads: a share where it has a part of them, more where its tier allows more. */
function poolShare({ dialect, use, pace, paceShare }: ExchangeSettings): number {
  const tier = use === 'orders' || pace === undefined ? 1 : pace.unitsPerSecond / dialect.pace.reads.unitsPerSecond;
  return tier * (paceShare?.reads ?? 1);
}

function keepToPool(exchange: ExactExchange, { pace, costOf }: RequestPool, share: number, clock: Clock): void {
  const pacer = createPacer(shareOf(pace, share));
  const request = exchange.fetch2.bind(exchange);
  exchange.fetch2 = async (path, api, ...rest) => {
    const [, params] = rest;
    const cost = costOf(api, path, isRecord(params) ? params : {});
    if (cost > 0) await takeTurn(pacer, cost, clock);
    return request(path, api, ...rest);
  };
}

function takeTurns(exchange: ExactExchange, turns: SignedTurns, isOrder: boolean, clock: Clock): void {
  const request = exchange.fetch2.bind(exchange);
  exchange.nonce = () => turns.nonce(venueNowMs(exchange, clock));
  exchange.fetch2 = (path, api, ...rest) =>
    api === 'private' ? turns.run(isOrder, () => request(path, api, ...rest)) : request(path, api, ...rest);
}

/** The venue's time, never later than the local one: see `clockLeadMs`. */
export function venueNowMs(exchange: ExactExchange, clock: Clock): number {
  return clock.nowMs() - clockLeadMs(exchange);
}

function shareOf({ unitsPerSecond, burstUnits, reservedUnits = 0 }: Pace, share: number): Pace {
  return {
    unitsPerSecond: unitsPerSecond * share,
    burstUnits: burstUnits * share,
    reservedUnits: reservedUnits * share,
  };
}

/** ccxt's own types say numbers where `number: String` makes strings; here they are replaced by what is true. */
function isExchangeClass(value: unknown): value is new (config: object) => ExactExchange {
  return typeof value === 'function';
}

/**
 * By how much this machine's clock is ahead of the venue's. Signed timestamps are only ever moved back: a
 * timestamp later than the local time could be honoured after the instant from which we call an order absent.
 */
function clockLeadMs(exchange: ExactExchange): number {
  const lead = exchange.options['timeDifference'];
  return typeof lead === 'number' && lead > 0 ? lead : 0;
}

function pointWebsocketsAt(exchange: ExactExchange, origin: string): void {
  const replace = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replace(/^wss?:\/\/[^/]+/, origin.replace(/\/$/, ''));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, replace(entry)]));
  };
  const api = record(exchange.urls.api, `${exchange.id}: addresses`);
  exchange.urls.api = { ...api, ws: replace(api['ws']) };
}
