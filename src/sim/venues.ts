/** Opens the simulated exchanges: one journal, one clock, and for each venue its core and its protocol. No sockets yet. */
import type { WebSocket } from 'ws';
import { createBookFeed } from './feed/book-feed.ts';
import type { AccountConfig, FundingConfig, SimConfig, VenueConfig } from './config.ts';
import type { DurableGate } from './journal/durable-gate.ts';
import { createDurableGate } from './journal/durable-gate.ts';
import type { Transaction } from './exchange/events.ts';
import type { Exchange, ListedInstrument, SimClock } from './exchange/exchange.ts';
import { createExchange } from './exchange/exchange.ts';
import type { Faults } from './faults/faults.ts';
import { createFaults } from './faults/faults.ts';
import type { FundingSeries } from './exchange/funding.ts';
import { constantFunding, fedFunding, recordedFunding, tapeFunding } from './exchange/funding.ts';
import type { SimInstrument } from './exchange/instruments.ts';
import type { Journal } from './journal/journal.ts';
import type { Log } from './log.ts';
import type { Outbox } from './journal/outbox.ts';
import { createOutbox } from './journal/outbox.ts';
import type { VenueProfile } from './protocols/profile.ts';
import type { Credentials, Protocol } from './protocols/protocol.ts';
import { profileOf } from './protocols/registry.ts';
import type { RequestPathOptions } from './server/request-path.ts';
import type { Tape, TapeBar } from './feed/tape.ts';

export interface VenuesOptions {
  readonly config: SimConfig;
  readonly tape: Tape | null;
  readonly clock: SimClock;
  readonly journal: Journal;
  /** What an earlier run journalled. */
  readonly restored: readonly Transaction[];
  readonly credentials: ReadonlyMap<string, readonly Credentials[]>;
  readonly seed: number;
  /** Market data comes from a feed: what is consumed of an order book stays so until the next one. */
  readonly fed?: boolean;
  readonly log: Log;
  /** Called when the journal cannot be written: nothing may be answered after that. */
  onFatal(error: unknown): void;
}

/** What serves one venue's requests, but for a way to wait. */
export type OpenVenue = Omit<RequestPathOptions, 'wait'>;

export interface OpenVenues {
  /** By name, in the order of the configuration. */
  readonly venues: ReadonlyMap<string, OpenVenue>;
  readonly faults: Faults;
  /** Resolves once everything so far is on disk. */
  durable(): Promise<void>;
  /** Brings every exchange to the present and sends what changed. */
  tick(): void;
}

/** @throws Error when the journal does not fit the configuration */
export function openVenues(options: VenuesOptions): OpenVenues {
  const { clock, log } = options;
  const faults = createFaults(options.seed, ({ rule, ...hit }) =>
    log('info', 'fault', { ...hit, fault: rule.kind, id: rule.id }),
  );
  const durable = (): Promise<void> => untilDurable(options);
  const gate = createDurableGate(durable);
  const outbox = createOutbox(gate);
  const venues = new Map<string, OpenVenue>();
  for (const [venue, config] of Object.entries(options.config.venues)) {
    venues.set(venue, openVenue(options, venue, config, { faults, gate, outbox }));
  }
  return {
    venues,
    faults,
    durable,
    tick() {
      for (const { exchange } of venues.values()) exchange.advance();
      for (const { protocol } of venues.values()) protocol.tick(clock.wallMs());
    },
  };
}

interface Shared {
  readonly faults: Faults;
  readonly gate: DurableGate;
  readonly outbox: Outbox;
}

function openVenue(options: VenuesOptions, venue: string, config: VenueConfig, shared: Shared): OpenVenue {
  const { faults, gate, outbox } = shared;
  const profile = profileOf(venue);
  if (profile === null) throw new Error(`no venue ${venue}`);
  const exchange = openExchange(options, profile, config);
  return {
    venue,
    exchange,
    protocol: openProtocol(options, profile, exchange, faults, outbox),
    faults,
    gate,
    log: options.log,
    wallMs: () => options.clock.wallMs() + faults.skewMs(venue),
  };
}

function openExchange(options: VenuesOptions, profile: VenueProfile, config: VenueConfig): Exchange {
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
      .filter(({ symbol }) => config.instruments.includes(symbol) || isWanted(options, config, symbol, venue))
      .map((instrument) => listedInstrument(options, venue, instrument, config)),
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

function isWanted({ tape }: VenuesOptions, { wanted }: VenueConfig, symbol: string, venue: string): boolean {
  return wanted.includes(symbol) && (tape === null || tape.bars(venue, symbol).length > 0);
}

function listedInstrument(
  { tape, fed = false }: VenuesOptions,
  venue: string,
  instrument: SimInstrument,
  { model, funding }: VenueConfig,
): ListedInstrument {
  const bars = tape?.bars(venue, instrument.symbol) ?? [];
  return {
    instrument,
    model: fed ? { ...model, refillMs: Infinity } : model,
    bars,
    funding: instrument.kind === 'perpetual' ? fundingSeries(funding, bars, fed) : null,
  };
}

/** Of a feed, else as configured from a file, else of the tape where it holds rates, else the constant. */
function fundingSeries(config: FundingConfig, bars: readonly TapeBar[], fed: boolean): FundingSeries {
  if (fed) return fedFunding(config.rate, config.intervalHours);
  if (config.kind === 'recorded') return recordedFunding(config.file, config.intervalHours, config.rate);
  const isRecorded = bars.some(({ fundingRate }) => fundingRate !== undefined);
  return isRecorded
    ? tapeFunding(bars, config.intervalHours, config.rate)
    : constantFunding(config.rate, config.intervalHours);
}

function openProtocol(
  options: VenuesOptions,
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

async function untilDurable(options: VenuesOptions): Promise<void> {
  try {
    await options.journal.durable();
  } catch (error) {
    options.onFatal(error);
    throw error;
  }
}
