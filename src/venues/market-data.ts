/** Public data of all venues behind the port `MarketData`, through ccxt; no keys. */
import type { Quote } from '../domain/quote.ts';
import type { Clock } from '../ports/clock.ts';
import { VenueError, type FundingRate, type MarketData, type SettledFundingRate } from '../ports/venue.ts';
import { decimalText, timeMs } from './capabilities/raw.ts';
import type { VenueDialect } from './capabilities/venue-dialect.ts';
import { createExchange, type ExactExchange, type VenueEndpoint } from './exchange.ts';
import { createHttpTransport, type HttpTransport } from './http-transport.ts';
import { contractSizeOf, instrumentOf, tradableMarket } from './instruments.ts';
import { createMarketList, type MarketList } from './market-list.ts';
import { streamOrderBook, type Log } from './order-book-stream.ts';
import { readAllPages } from './pages.ts';
import { quoteOfBook } from './quote-of-book.ts';
import { venueDialect } from './registry.ts';
import { defaultDeadlineMs, read, type VenueCaller } from './venue-call.ts';

export interface MarketDataSettings {
  /** Simulated exchanges' addresses by venue; null is the real exchanges. */
  readonly endpoints: Readonly<Record<string, VenueEndpoint>> | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Market time at the venues for a wall time; the same unless the exchanges are simulated on another clock. */
  readonly marketTimeOf?: (wallMs: number) => number;
}

interface Connection {
  readonly dialect: VenueDialect;
  readonly transport: HttpTransport;
  readonly exchange: ExactExchange;
  readonly caller: VenueCaller;
  readonly marketList: MarketList;
  readonly intervals: Map<string, { readonly hours: number; readonly readAtMs: number }>;
}

/** Funding intervals change rarely: each is read again after this much wall time. */
const intervalKeptMs = 600_000;
const futureMarginMs = 60_000;

export function createMarketData(settings: MarketDataSettings): MarketData {
  const { clock } = settings;
  const marketTimeOf = settings.marketTimeOf ?? ((wallMs: number) => wallMs);
  const connections = new Map<string, Promise<Connection>>();
  const closing = new AbortController();

  async function connect(venue: string): Promise<Connection> {
    let connecting = connections.get(venue);
    if (connecting === undefined) {
      connecting = open(venue);
      connections.set(venue, connecting);
      // A failed connection is not remembered.
      connecting.catch(() => connections.delete(venue));
    }
    const connection = await connecting;
    await connection.marketList.refresh();
    return connection;
  }

  async function open(venue: string): Promise<Connection> {
    const dialect = venueDialect(venue);
    const endpoint = endpointOf(venue);
    const transport = createHttpTransport(endpoint?.rest ?? null, clock);
    const exchange = createExchange({ dialect, use: 'reads', credentials: null, endpoint, transport, clock });
    const caller: VenueCaller = { dialect, credentials: null, clock, deadlineMs: defaultDeadlineMs };
    const marketList = createMarketList(exchange, caller);
    try {
      await marketList.refresh();
    } catch (error) {
      transport.close();
      throw error;
    }
    return { dialect, transport, exchange, caller, marketList, intervals: new Map() };
  }

  function endpointOf(venue: string): VenueEndpoint | null {
    if (settings.endpoints === null) return null;
    const endpoint = settings.endpoints[venue];
    if (endpoint === undefined) {
      const simulated = Object.keys(settings.endpoints).join(', ');
      throw new VenueError('bad_request', `${venue} is not simulated here; simulated are: ${simulated}`);
    }
    return endpoint;
  }

  async function follow(venue: string, symbol: string, onQuote: (quote: Quote) => void, signal: AbortSignal) {
    const connection = await connect(venue);
    const { dialect, exchange, transport } = connection;
    tradableMarket(exchange, dialect, symbol);
    const endpoint = endpointOf(venue);
    const stream = {
      origin: { venue, symbol, contractSize: contractSizeOf(exchange, symbol) },
      depth: dialect.streamDepth,
      openExchange() {
        const own = createExchange({ dialect, use: 'stream', credentials: null, endpoint, transport, clock });
        own.setMarketsFromExchange(exchange);
        return own;
      },
      readBook: () => readBook(connection, symbol),
      onQuote,
      clock,
      log: settings.log,
    };
    await streamOrderBook(stream, signal);
  }

  async function readBook(connection: Connection, symbol: string): Promise<Quote> {
    const { exchange, dialect, caller } = connection;
    tradableMarket(exchange, dialect, symbol);
    const book = await read(caller, `order book of ${symbol}`, () =>
      exchange.fetchOrderBook(symbol, dialect.bookDepth),
    );
    const origin = { venue: dialect.capabilities.venue, symbol, contractSize: contractSizeOf(exchange, symbol) };
    const quote = quoteOfBook(origin, book.value, clock.nowMs());
    if (quote === null)
      throw new VenueError('malformed_reply', `${origin.venue}: the book of ${symbol} is empty or crossed`);
    return quote;
  }

  return {
    async instruments(venue, symbols) {
      const { exchange, dialect } = await connect(venue);
      return symbols.map((symbol) => instrumentOf(exchange, dialect, symbol));
    },
    orderBook: async (venue, symbol) => readBook(await connect(venue), symbol),
    fundingRate: async (venue, symbol) => fundingRateOf(await connect(venue), symbol, marketTimeOf(clock.nowMs())),
    fundingRatesSince: async (venue, symbol, sinceMs) => {
      const untilMs = Math.ceil(marketTimeOf(clock.nowMs() + futureMarginMs));
      return settledRates(await connect(venue), symbol, sinceMs, untilMs);
    },
    async watch(instruments, onQuote, signal) {
      const until = AbortSignal.any([signal, closing.signal]);
      await Promise.all(instruments.map(({ venue, symbol }) => follow(venue, symbol, onQuote, until)));
    },
    async close() {
      closing.abort();
      const open = await Promise.allSettled(connections.values());
      connections.clear();
      for (const connection of open) {
        if (connection.status !== 'fulfilled') continue;
        connection.value.transport.close();
        await connection.value.exchange.close().catch(() => undefined);
      }
    },
  };
}

async function fundingRateOf(connection: Connection, symbol: string, marketNowMs: number): Promise<FundingRate> {
  const { exchange, caller, dialect } = connection;
  onlyPerpetual(connection, symbol);
  const rate = await read(caller, `funding rate of ${symbol}`, () => exchange.fetchFundingRate(symbol));
  const intervalHours = await fundingIntervalHours(connection, symbol, rate.value.interval);
  const intervalMs = intervalHours * 3_600_000;
  const named = dialect.fundingInterval.nextSettlement === 'named';
  return {
    symbol,
    rate: decimalText(rate.value.fundingRate, `${dialect.capabilities.venue}: funding rate of ${symbol}`),
    nextSettlementAtMs: named
      ? timeMs(rate.value.fundingTimestamp, 'next funding settlement')
      : (Math.floor(marketNowMs / intervalMs) + 1) * intervalMs,
    intervalHours,
  };
}

async function fundingIntervalHours(
  connection: Connection,
  symbol: string,
  named: string | undefined,
): Promise<number> {
  const { exchange, caller, dialect, intervals } = connection;
  const { source, fallbackHours } = dialect.fundingInterval;
  if (source === 'rate') return hoursOf(named) ?? fallbackHours;
  const kept = intervals.get(symbol);
  const nowMs = caller.clock.nowMs();
  if (kept !== undefined && nowMs - kept.readAtMs < intervalKeptMs) return kept.hours;
  const found = await read(caller, `funding interval of ${symbol}`, () => exchange.fetchFundingIntervals([symbol]));
  const hours = hoursOf(found.value[symbol]?.interval) ?? fallbackHours;
  intervals.set(symbol, { hours, readAtMs: nowMs });
  return hours;
}

/** `8h` as 8. */
function hoursOf(interval: string | undefined): number | null {
  const hours = /^(\d+)h$/.exec(interval ?? '')?.[1];
  return hours === undefined || Number(hours) === 0 ? null : Number(hours);
}

async function settledRates(
  connection: Connection,
  symbol: string,
  sinceMs: number,
  untilMs: number,
): Promise<SettledFundingRate[]> {
  const { exchange, caller, dialect } = connection;
  onlyPerpetual(connection, symbol);
  const list = {
    what: `funding rates of ${symbol}`,
    paging: dialect.fundingRatePaging,
    fetchPage: (since: number | undefined, limit: number, params: object) =>
      exchange.fetchFundingRateHistory(symbol, since, limit, { ...params }),
    keyOf: (rate: { timestamp?: number | undefined }) => String(timeMs(rate.timestamp, 'funding time')),
  };
  const rates = await readAllPages(caller, list, sinceMs, untilMs);
  return rates.map((rate) => ({
    symbol,
    rate: decimalText(rate.fundingRate, `funding rate of ${symbol}`),
    settledAtMs: timeMs(rate.timestamp, 'funding time'),
  }));
}

function onlyPerpetual(connection: Connection, symbol: string): void {
  if (tradableMarket(connection.exchange, connection.dialect, symbol).swap === true) return;
  throw new VenueError('bad_symbol', `${symbol} is a spot pair: it has no funding`);
}
