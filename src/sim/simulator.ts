/** Puts the simulated exchanges together: what is open of them, and a server for each venue. */
import type { Server } from 'node:http';
import { createControlServer } from './control/control.ts';
import type { Exchange } from './exchange/exchange.ts';
import type { Faults } from './faults/faults.ts';
import type { FeedServer } from './feed/feed-server.ts';
import { createFeedServer } from './feed/feed-server.ts';
import { listen, portOf } from './server/http.ts';
import { createLiveFeed } from './feed/live-feed.ts';
import type { ApiKeys } from './protocols/profile.ts';
import type { Credentials } from './protocols/protocol.ts';
import type { VenueServer } from './server/server.ts';
import { startVenueServer } from './server/server.ts';
import type { OpenVenues, VenuesOptions } from './venues.ts';
import { openVenues } from './venues.ts';

export interface SimulatorOptions extends Omit<VenuesOptions, 'fed'> {
  /** Null: no control API. */
  readonly controlPort: number | null;
  /** Null or absent: no feed port, and no feed. */
  readonly feedPort?: number | null;
  /** Wall time for which a fed order book stands without a new one; null or absent: for good. */
  readonly feedMaxAgeMs?: number | null;
}

export interface VenueAddress {
  readonly rest: string;
  readonly ws: string;
  /** Of the first account, under ccxt's names. */
  readonly credentials: CcxtCredentials;
  readonly accounts: Readonly<Record<string, CcxtCredentials>>;
}

export interface CcxtCredentials {
  readonly apiKey: string;
  readonly secret: string;
  /** The passphrase, where the venue has one. */
  readonly password?: string;
}

/** What is printed once everything listens. */
export interface Ready {
  readonly venues: Readonly<Record<string, VenueAddress>>;
  readonly control: string | null;
  /** Where market data is pushed: `tcp://…`. Null without a feed. */
  readonly feed: string | null;
  /** Market time of the tape; null when prices are scripted. */
  readonly tape: { readonly startMs: number; readonly endMs: number } | null;
}

export interface Simulator {
  readonly ready: Ready;
  readonly exchanges: ReadonlyMap<string, Exchange>;
  readonly faults: Faults;
  close(): Promise<void>;
}

const tickMs = 100;

/** @throws Error when a port is taken, or the journal does not fit the configuration */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const fed = (options.feedPort ?? null) !== null;
  const open = openVenues({ ...options, fed });
  const servers = new Map<string, VenueServer>();
  const addresses: Record<string, VenueAddress> = {};
  for (const [venue, served] of open.venues) {
    const server = await startVenueServer({ ...served, port: options.config.venues[venue]?.port ?? 0 });
    servers.set(venue, server);
    addresses[venue] = addressOf(server.port, options.credentials.get(venue) ?? []);
  }
  await open.durable();
  const exchanges = new Map([...open.venues].map(([venue, { exchange }]) => [venue, exchange]));
  const control = options.controlPort === null ? null : await startControl(options, open, exchanges, servers);
  const feed = fed ? await startFeed(options, open, exchanges) : null;
  const timer = setInterval(() => {
    feed?.expire();
    open.tick();
  }, tickMs);
  return {
    ready: {
      venues: addresses,
      control: control?.url ?? null,
      feed: feed === null ? null : `tcp://127.0.0.1:${portOf(feed.server.server)}`,
      tape: options.tape === null ? null : { startMs: options.tape.startMs, endMs: options.tape.endMs },
    },
    exchanges,
    faults: open.faults,
    async close() {
      clearInterval(timer);
      control?.server.close();
      control?.server.closeAllConnections();
      await feed?.server.close();
      await Promise.all([...servers.values()].map((server) => server.close()));
      await options.journal.close();
    },
  };
}

async function startControl(
  options: SimulatorOptions,
  open: OpenVenues,
  exchanges: ReadonlyMap<string, Exchange>,
  servers: ReadonlyMap<string, VenueServer>,
): Promise<{ server: Server; url: string }> {
  const server = createControlServer({
    exchanges,
    faults: open.faults,
    clock: options.clock,
    durable: () => open.durable(),
    dropSockets: (venue) => {
      for (const [name, venueServer] of servers) if (venue === '*' || venue === name) venueServer.dropSockets();
    },
  });
  await listen(server, options.controlPort ?? 0);
  return { server, url: `http://127.0.0.1:${portOf(server)}` };
}

async function startFeed(
  options: SimulatorOptions,
  open: OpenVenues,
  exchanges: ReadonlyMap<string, Exchange>,
): Promise<{ server: FeedServer; expire: () => void }> {
  const feed = createLiveFeed(exchanges, {
    wallMs: () => options.clock.wallMs(),
    maxBookAgeMs: options.feedMaxAgeMs ?? null,
  });
  const server = createFeedServer({ feed, log: options.log, durable: () => open.durable() });
  await listen(server.server, options.feedPort ?? 0);
  return { server, expire: () => feed.expire() };
}

function addressOf(port: number, credentials: readonly Credentials[]): VenueAddress {
  const keys = credentials.map(({ account, ...key }): [string, CcxtCredentials] => [account, ccxtCredentials(key)]);
  return {
    rest: `http://127.0.0.1:${port}`,
    ws: `ws://127.0.0.1:${port}`,
    credentials: keys[0]?.[1] ?? { apiKey: '', secret: '' },
    accounts: Object.fromEntries(keys),
  };
}

function ccxtCredentials({ apiKey, secret, password }: ApiKeys): CcxtCredentials {
  return password === null ? { apiKey, secret } : { apiKey, secret, password };
}
