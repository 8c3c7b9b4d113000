/** Public data of all venues behind the port `MarketData`, through ccxt; no keys. */
import type { Quote } from '../../domain/quote.ts';
import type { Clock } from '../../ports/clock.ts';
import { VenueError, type MarketData, type PublicTrade } from '../../ports/venue.ts';
import { decimalText, timeMs } from '../capabilities/raw.ts';
import { createExchange, type VenueEndpoint } from '../exchange.ts';
import { createHttpTransport, type HttpTransport } from '../calls/http-transport.ts';
import { contractSizeOf, isClosed, servedMarket, toBase, tradableInstrumentOf } from './instruments.ts';
import { createMarketList, type MarketList } from './market-list.ts';
import { streamOrderBook, type Log } from './order-book-stream.ts';
import { fundingRateOf, perpetualFigures, settledRates, type PerpetualSource } from './perpetual-data.ts';
import { quoteOfBook } from './quote-of-book.ts';
import { venueDialect } from '../registry.ts';
import { defaultDeadlineMs, read, type VenueCaller } from '../calls/venue-call.ts';

export interface MarketDataSettings {
  /** Simulated exchanges' addresses by venue; null is the real exchanges. */
  readonly endpoints: Readonly<Record<string, VenueEndpoint>> | null;
  /** At the exchanges' testnets. */
  readonly sandbox?: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Market time at the venues for a wall time; the same unless the exchanges are simulated on another clock. */
  readonly marketTimeOf?: (wallMs: number) => number;
}

interface Connection extends PerpetualSource {
  readonly transport: HttpTransport;
  readonly marketList: MarketList;
}

const futureMarginMs = 60_000;

export function createMarketData(settings: MarketDataSettings): MarketData {
  const { clock } = settings;
  const marketTimeOf = settings.marketTimeOf ?? ((wallMs: number) => wallMs);
  const connections = new Map<string, Promise<Connection>>();
  const closing = new AbortController();

  async function connect(venue: string, symbols: readonly string[]): Promise<Connection> {
    let connecting = connections.get(venue);
    if (connecting === undefined) {
      connecting = open(venue);
      connections.set(venue, connecting);
      // A failed connection is not remembered.
      connecting.catch(() => connections.delete(venue));
    }
    const connection = await connecting;
    await connection.marketList.refresh(symbols);
    return connection;
  }

  async function open(venue: string): Promise<Connection> {
    const dialect = venueDialect(venue);
    const endpoint = endpointOf(venue);
    const transport = createHttpTransport(endpoint?.rest ?? null, clock);
    const { sandbox = false } = settings;
    const exchange = createExchange({ dialect, use: 'reads', credentials: null, endpoint, transport, clock, sandbox });
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
    const connection = await connect(venue, [symbol]);
    const { dialect, exchange, transport, marketList } = connection;
    const { sandbox = false } = settings;
    servedMarket(exchange, dialect, symbol);
    const endpoint = endpointOf(venue);
    const stream = {
      origin: { venue, symbol, contractSize: contractSizeOf(exchange, symbol) },
      depth: dialect.streamDepth,
      openExchange() {
        const own = createExchange({ dialect, use: 'stream', credentials: null, endpoint, transport, clock, sandbox });
        own.setMarketsFromExchange(exchange);
        return own;
      },
      async readBook() {
        void marketList.refresh([symbol]);
        // That a closed market can be read is no sign of life.
        if (isClosed(exchange, symbol)) throw new VenueError('unavailable', `${venue}: ${symbol} is closed`);
        return readBook(connection, symbol);
      },
      onQuote,
      clock,
      log: settings.log,
    };
    await streamOrderBook(stream, signal);
  }

  async function readBook(connection: Connection, symbol: string): Promise<Quote> {
    const { exchange, dialect, caller } = connection;
    servedMarket(exchange, dialect, symbol);
    const book = await read(caller, `order book of ${symbol}`, () =>
      exchange.fetchOrderBook(symbol, dialect.bookDepth),
    );
    const origin = { venue: dialect.capabilities.venue, symbol, contractSize: contractSizeOf(exchange, symbol) };
    const quote = quoteOfBook(origin, book.value, clock.nowMs());
    if (quote === null)
      throw new VenueError('malformed_reply', `${origin.venue}: the book of ${symbol} is empty or crossed`);
    return isClosed(exchange, symbol) ? { ...quote, isClosed: true } : quote;
  }

  return {
    async instruments(venue, symbols) {
      const { exchange, dialect } = await connect(venue, symbols);
      return symbols.map((symbol) => tradableInstrumentOf(exchange, dialect, symbol));
    },
    orderBook: async (venue, symbol) => readBook(await connect(venue, [symbol]), symbol),
    fundingRate: async (venue, symbol) =>
      fundingRateOf(await connect(venue, [symbol]), symbol, marketTimeOf(clock.nowMs())),
    fundingRatesSince: async (venue, symbol, sinceMs) => {
      const untilMs = Math.ceil(marketTimeOf(clock.nowMs() + futureMarginMs));
      return settledRates(await connect(venue, [symbol]), symbol, sinceMs, untilMs);
    },
    perpetual: async (venue, symbol) =>
      perpetualFigures(await connect(venue, [symbol]), symbol, marketTimeOf(clock.nowMs())),
    recentTrades: async (venue, symbol) => recentTrades(await connect(venue, [symbol]), symbol),
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

/** More than are made between two looks at a quiet market. */
const tradesRead = 50;

async function recentTrades({ exchange, caller, dialect }: Connection, symbol: string): Promise<PublicTrade[]> {
  servedMarket(exchange, dialect, symbol);
  const contractSize = contractSizeOf(exchange, symbol);
  const trades = await read(caller, `trades of ${symbol}`, () => exchange.fetchTrades(symbol, undefined, tradesRead));
  const { venue } = dialect.capabilities;
  const shown = trades.value.map(({ id, price, amount, side, timestamp }): PublicTrade => {
    if (side !== 'buy' && side !== 'sell') throw new VenueError('malformed_reply', `${venue}: a trade without a side`);
    return {
      tradeId: id ?? '',
      price: decimalText(price, 'trade price'),
      quantityBase: toBase(decimalText(amount, 'trade size'), contractSize),
      side,
      atMs: timeMs(timestamp, 'trade time'),
    };
  });
  return shown.sort((first, second) => first.atMs - second.atMs);
}
