/** Puts the simulated exchanges together: one journal, one clock, and a server for each venue. */
import type { Server } from 'node:http';
import type { WebSocket } from 'ws';
import { createBookFeed } from './book-feed.ts';
import type { AccountConfig, FundingConfig, SimConfig, VenueConfig } from './config.ts';
import { createControlServer } from './control.ts';
import type { Exchange, SimClock } from './exchange.ts';
import { createExchange } from './exchange.ts';
import type { Transaction } from './events.ts';
import type { Faults } from './faults.ts';
import { createFaults } from './faults.ts';
import type { FundingSeries } from './funding.ts';
import { constantFunding, recordedFunding } from './funding.ts';
import type { Journal } from './journal.ts';
import type { Log } from './log.ts';
import type { ApiKeys, VenueProfile } from './protocols/profile.ts';
import type { Credentials, Protocol } from './protocols/protocol.ts';
import { profileOf } from './protocols/registry.ts';
import type { VenueServer } from './server.ts';
import { listen, portOf } from './http.ts';
import type { Outbox } from './outbox.ts';
import { createOutbox } from './outbox.ts';
import { createDurableGate } from './durable-gate.ts';
import { startVenueServer } from './server.ts';
import type { Tape } from './tape.ts';

export interface SimulatorOptions {
  readonly config: SimConfig;
  readonly tape: Tape | null;
  readonly clock: SimClock;
  readonly journal: Journal;
  /** What an earlier run journalled. */
  readonly restored: readonly Transaction[];
  readonly credentials: ReadonlyMap<string, readonly Credentials[]>;
  readonly seed: number;
  /** Null: no control API. */
  readonly controlPort: number | null;
  readonly log: Log;
  /** Called when the journal cannot be written: nothing may be answered after that. */
  onFatal(error: unknown): void;
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
  const faults = createFaults(options.seed, ({ rule, ...hit }) =>
    options.log('info', 'fault', { ...hit, fault: rule.kind, id: rule.id }),
  );
  const gate = createDurableGate(() => durable(options));
  const outbox = createOutbox(gate);
  const exchanges = new Map<string, Exchange>();
  const protocols: Protocol[] = [];
  const servers = new Map<string, VenueServer>();
  const addresses: Record<string, VenueAddress> = {};
  for (const [venue, config] of Object.entries(options.config.venues)) {
    const profile = profileOf(venue);
    if (profile === null) throw new Error(`no venue ${venue}`);
    const exchange = openExchange(options, profile, config);
    const credentials = options.credentials.get(venue) ?? [];
    const protocol = openProtocol(options, profile, exchange, faults, outbox);
    const server = await startVenueServer({
      venue,
      port: config.port,
      protocol,
      exchange,
      faults,
      log: options.log,
      gate,
      wallMs: () => options.clock.wallMs() + faults.skewMs(venue),
    });
    exchanges.set(venue, exchange);
    protocols.push(protocol);
    servers.set(venue, server);
    addresses[venue] = addressOf(server.port, credentials);
  }
  await durable(options);
  const control = options.controlPort === null ? null : await startControl(options, exchanges, faults, servers);
  const timer = setInterval(() => {
    for (const exchange of exchanges.values()) exchange.advance();
    for (const protocol of protocols) protocol.tick(options.clock.wallMs());
  }, tickMs);
  return {
    ready: {
      venues: addresses,
      control: control?.url ?? null,
      tape: options.tape === null ? null : { startMs: options.tape.startMs, endMs: options.tape.endMs },
    },
    exchanges,
    faults,
    async close() {
      clearInterval(timer);
      control?.server.close();
      control?.server.closeAllConnections();
      await Promise.all([...servers.values()].map((server) => server.close()));
      await options.journal.close();
    },
  };
}

function openExchange(options: SimulatorOptions, profile: VenueProfile, config: VenueConfig): Exchange {
  const { venue } = profile;
  const accounts = new Map<string, AccountConfig>(config.accounts.map((account) => [account.name, account]));
  const exchange = createExchange({
    venue,
    clock: options.clock,
    startMs: options.tape?.startMs ?? options.clock.marketMs(),
    orderId: (sequence) => profile.orderId(sequence),
    tradeId: (sequence) => profile.tradeId(sequence),
    rules: profile.rules,
    listed: profile.instruments
      .filter(({ symbol }) => config.instruments.includes(symbol))
      .map((instrument) => ({
        instrument,
        model: config.model,
        bars: options.tape?.bars(venue, instrument.symbol) ?? [],
        funding: instrument.kind === 'perpetual' ? fundingSeries(config.funding) : null,
      })),
    feesOf: (name, kind) => {
      const account = accounts.get(name);
      if (account === undefined) throw new Error(`account ${name} of ${venue} is not configured`);
      return kind === 'spot' ? account.spotFees : account.perpetualFees;
    },
    append: (transaction) => options.journal.append(transaction),
  });
  exchange.restore(options.restored.filter((transaction) => transaction.venue === venue));
  for (const name of exchange.state.accounts.keys()) {
    if (!accounts.has(name)) throw new Error(`the home holds account ${name} of ${venue}, which is not configured`);
  }
  for (const account of accounts.values()) {
    if (!exchange.state.accounts.has(account.name)) exchange.openAccount(account.name, account.balances);
  }
  exchange.advance();
  return exchange;
}

function fundingSeries(config: FundingConfig): FundingSeries {
  return config.kind === 'constant'
    ? constantFunding(config.rate, config.intervalHours)
    : recordedFunding(config.file, config.intervalHours, config.rate);
}

function openProtocol(
  options: SimulatorOptions,
  profile: VenueProfile,
  exchange: Exchange,
  faults: Faults,
  outbox: Outbox,
): Protocol {
  const { venue } = profile;
  const firstUpdateId = options.clock.wallMs() * 100;
  const markets = [...exchange.state.markets.entries()];
  return profile.createProtocol({
    exchange,
    credentials: options.credentials.get(venue) ?? [],
    feeds: new Map(markets.map(([id, market]) => [id, createBookFeed(market, firstUpdateId)])),
    enforceRateLimits: options.config.venues[venue]?.rateLimits ?? true,
    wallMs: () => options.clock.wallMs() + faults.skewMs(venue),
    sendWhenDurable(socket: WebSocket, message: unknown, channel: string) {
      if (!faults.dropsMessage(venue, channel)) outbox.send(socket, message);
    },
  });
}

async function durable(options: SimulatorOptions): Promise<void> {
  try {
    await options.journal.durable();
  } catch (error) {
    options.onFatal(error);
    throw error;
  }
}

async function startControl(
  options: SimulatorOptions,
  exchanges: ReadonlyMap<string, Exchange>,
  faults: Faults,
  servers: ReadonlyMap<string, VenueServer>,
): Promise<{ server: Server; url: string }> {
  const server = createControlServer({
    exchanges,
    faults,
    clock: options.clock,
    durable: () => durable(options),
    dropSockets: (venue) => {
      for (const [name, venueServer] of servers) if (venue === '*' || venue === name) venueServer.dropSockets();
    },
  });
  await listen(server, options.controlPort ?? 0);
  return { server, url: `http://127.0.0.1:${portOf(server)}` };
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
