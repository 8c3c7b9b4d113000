/** The simulated exchanges in this process, over real HTTP and websockets, with ccxt as it comes as their client. */
import http from 'node:http';
import { pro } from 'ccxt';
import type { SimConfig } from '../../../src/sim/config.ts';
import { parseConfig } from '../../../src/sim/config.ts';
import { memoryJournal } from '../../../src/sim/journal/journal.ts';
import type { Log } from '../../../src/sim/log.ts';
import { silentLog } from '../../../src/sim/log.ts';
import type { Simulator, VenueAddress } from '../../../src/sim/simulator.ts';
import type { Credentials } from '../../../src/sim/protocols/protocol.ts';
import { profileOf } from '../../../src/sim/protocols/registry.ts';
import { startSimulator } from '../../../src/sim/simulator.ts';
import { parseTape } from '../../../src/sim/feed/tape.ts';

/** Two hours of closes: 0.9996 and 0.9990 at bybit, 0.999109 and 0.998 at binance; known from 01:00 and 02:00. */
const tapeHeader = 'time,venue,symbol,interval,open,high,low,close,volume';
const tapeText = `${tapeHeader}
2025-10-09T00:00:00Z,bybit,USDC/USDT,1h,0.9995,0.9997,0.9994,0.9996,1000
2025-10-09T00:00:00Z,binanceusdm,USDC/USDT:USDT,1h,0.999,0.9992,0.9989,0.999109,2000
2025-10-09T01:00:00Z,bybit,USDC/USDT,1h,0.9996,0.9996,0.999,0.999,1000
2025-10-09T01:00:00Z,binanceusdm,USDC/USDT:USDT,1h,0.9991,0.9991,0.998,0.998,2000
`;

export const tapeStartMs = Date.UTC(2025, 9, 9, 1);

export interface RunningSimulator extends Simulator {
  /** Moves market time; wall time runs by itself. */
  passMarket(milliseconds: number): void;
  address(venue: string): VenueAddress;
  /** The journal so far. */
  readonly lines: readonly string[];
  /** Calls the control API. */
  readonly control: (method: string, path: string, body?: unknown) => Promise<unknown>;
}

/** Where to leave what must be closed: a test's context, or `closers()` of a suite. */
export interface Closing {
  after(close: () => Promise<unknown> | undefined): void;
}

/** What a suite's `before` opened, closed by its `after`, newest first. */
export function closers(): Closing & { closeAll(): Promise<void> } {
  const opened: (() => Promise<unknown> | undefined)[] = [];
  return {
    after: (close) => void opened.push(close),
    async closeAll() {
      for (const close of opened.toReversed()) await close();
    },
  };
}

export type VenueId = 'bybit' | 'binanceusdm';

export interface TestSimulatorOptions {
  readonly seed?: number;
  /** The `venues` of a configuration; bybit and binance USDⓈ-M otherwise. */
  readonly venues?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Lines of a tape without its header; the hours below otherwise. */
  readonly tapeLines?: readonly string[];
  /** Of those lines; the plain one otherwise. */
  readonly tapeHeader?: string;
  readonly log?: Log;
  /** Without a tape: prices come over the feed port, and market time is wall time. */
  readonly fed?: boolean;
  /** Wall time for which a fed book stands; for good otherwise. */
  readonly feedMaxAgeMs?: number;
  /** The wall clock; the real one otherwise. */
  wallMs?(): number;
}

const usualVenues = { bybit: {}, binanceusdm: { funding: { kind: 'constant', rate: '0.0001', intervalHours: 8 } } };

/** Readable keys for the venues that take any text, otherwise such as the venue's clients need, always the same. */
export function credentialsOf(venue: string, accounts: SimConfig['venues'][string]['accounts']): Credentials[] {
  return accounts.map((account, index) => {
    const made = profileOf(venue)?.makeKeys((bytes) => Buffer.alloc(bytes, index + 1));
    if (made === undefined) throw new Error(`no venue ${venue}`);
    const isPlain = index === 0 && /^[0-9a-f]+$/.test(made.secret) && made.password === null;
    const keys = isPlain ? { ...made, apiKey: `${venue}-key`, secret: `${venue}-secret` } : made;
    return {
      account: account.name,
      apiKey: account.apiKey ?? keys.apiKey,
      secret: account.secret ?? keys.secret,
      password: account.password ?? keys.password,
      permissions: new Set(account.permissions),
    };
  });
}

/** Stopped when the test (or suite) that started it ends. */
export async function startTestSimulator(
  closing: Closing,
  options: TestSimulatorOptions = {},
): Promise<RunningSimulator> {
  let passedMs = 0;
  const problems: string[] = [];
  const config = parseConfig({ venues: options.venues ?? usualVenues }, problems);
  if (problems.length > 0) throw new Error(problems.join('; '));
  const journal = memoryJournal();
  const wallMs = (): number => options.wallMs?.() ?? Date.now();
  const tape =
    options.tapeLines === undefined ? tapeText : [options.tapeHeader ?? tapeHeader, ...options.tapeLines].join('\n');
  const fed = options.fed === true;
  const simulator = await startSimulator({
    config,
    tape: fed ? null : parseTape(tape, 'tape'),
    clock: { wallMs, marketMs: () => (fed ? wallMs() : tapeStartMs) + passedMs },
    journal,
    restored: [],
    credentials: new Map(
      Object.entries(config.venues).map(([venue, { accounts }]) => [venue, credentialsOf(venue, accounts)]),
    ),
    seed: options.seed ?? 1,
    controlPort: 0,
    feedPort: fed ? 0 : null,
    feedMaxAgeMs: options.feedMaxAgeMs ?? null,
    log: options.log ?? silentLog,
    onFatal(error) {
      throw error;
    },
  });
  closing.after(() => simulator.close());
  return {
    ...simulator,
    lines: journal.lines,
    passMarket(milliseconds) {
      passedMs += milliseconds;
      for (const exchange of simulator.exchanges.values()) exchange.advance();
    },
    address(venue) {
      const address = simulator.ready.venues[venue];
      if (address === undefined) throw new Error(`no venue ${venue}`);
      return address;
    },
    async control(method, path, body) {
      const response = await fetch(`${simulator.ready.control}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer: unknown = await response.json();
      if (!response.ok) throw new Error(JSON.stringify(answer));
      return answer;
    },
  };
}

export const symbols = { bybit: 'USDC/USDT', binanceusdm: 'USDC/USDT:USDT' } as const;

export type Client = InstanceType<typeof pro.bybit> | InstanceType<typeof pro.binanceusdm>;

/** ccxt without a change: only the origin of its requests and websockets is another. */
export function connectClient(
  closing: Closing,
  address: VenueAddress,
  venue: VenueId,
  overrides: Readonly<Record<string, unknown>> = {},
): Client {
  const settings = { ...clientSettings(address, venue), ...overrides };
  const client: Client = venue === 'bybit' ? new pro.bybit(settings) : new pro.binanceusdm(settings);
  client.has['fetchCurrencies'] = false;
  Object.assign(client.options, { fetchCurrencies: false });
  Object.assign(client.urls, { api: redirect(client.urls['api'], address.ws) });
  // ccxt renews a listen key after 20 minutes; that timer must not keep a finished test file alive.
  client.delay = (timeoutMs: number, method: (...args: unknown[]) => void, ...args: unknown[]) =>
    setTimeout(() => void client.spawn(method, ...args), timeoutMs).unref();
  closing.after(() => client.close());
  return client;
}

/** REST on the simulator: the addresses that ccxt signs stay the real ones. */
export function clientSettings(address: VenueAddress, venue: VenueId): Record<string, unknown> {
  return {
    ...address.credentials,
    enableRateLimit: false,
    httpAgent: new http.Agent(),
    options: { fetchMarkets: { types: [venue === 'bybit' ? 'spot' : 'linear'] }, fetchCurrencies: false },
    fetchImplementation: (url: string, init: RequestInit) => {
      const { host, pathname, search } = new URL(url);
      const headers = new Headers(init.headers);
      headers.set('x-sim-host', host);
      return fetch(`${address.rest}${pathname}${search}`, { ...init, headers });
    },
  };
}

/** `wss://anything/path` becomes the simulator's address with the same path. */
function redirect(value: unknown, base: string): unknown {
  if (typeof value === 'string') return value.replace(/^wss:\/\/[^/]+/, base);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redirect(inner, base)]));
}
