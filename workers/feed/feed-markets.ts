/**
 * Real markets into the simulated exchanges: order books as they change and as they are proved alive, public trades,
 * and what a perpetual has. A market that is silent for too long is emptied there: it must not be traded.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { maxQuoteAgeMs } from '../../src/domain/freshness.ts';
import type { Quote } from '../../src/domain/quote.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { VenueError, type MarketData } from '../../src/ports/venue.ts';
import type { FeedConnection, FeedLog } from './feed-connection.ts';
import { bookLine, emptyBookLine, perpetualLines, tradeLine, type FedInstrument } from './feed-lines.ts';

export interface FeedPorts {
  readonly marketData: Pick<MarketData, 'watch' | 'perpetual' | 'recentTrades'>;
  readonly connection: Pick<FeedConnection, 'send' | 'generation'>;
  readonly clock: Clock;
  readonly log: FeedLog;
}

/** All wall time. */
export const feedTimes = {
  /** A book is sent so often at most: the latest state, not every message. */
  flushEveryMs: 50,
  figuresEveryMs: 5_000,
  tradesEveryMs: 5_000,
  retryAfterMs: 2_000,
  /** What an exchange does not have today it may list tomorrow. */
  retryRefusedAfterMs: 300_000,
} as const;

/** Resolves when the signal aborts. Failures are logged, each once until it is over, and retried for ever. */
export async function feedMarkets(ports: FeedPorts, instruments: readonly FedInstrument[], signal: AbortSignal) {
  await Promise.all(
    instruments.flatMap((instrument) => [
      feedBooks(ports, instrument, signal),
      repeat(ports, instrument, 'trades', feedTimes.tradesEveryMs, tradesOf(ports, instrument), signal),
      ...(isPerpetual(instrument)
        ? [repeat(ports, instrument, 'funding', feedTimes.figuresEveryMs, figuresOf(ports, instrument), signal)]
        : []),
    ]),
  );
}

function isPerpetual({ symbol }: FedInstrument): boolean {
  return symbol.includes(':');
}

async function feedBooks(ports: FeedPorts, instrument: FedInstrument, signal: AbortSignal): Promise<void> {
  const { marketData, connection, clock } = ports;
  let latest: Quote | null = null;
  /** The proof of life of what was last sent; null: an empty book, or nothing yet on this connection. */
  let sentAtMs: number | null = null;
  let generation = 0;

  function flush(): void {
    if (connection.generation() !== generation) {
      generation = connection.generation();
      sentAtMs = null;
    }
    if (latest === null) return;
    if (clock.nowMs() - latest.aliveAtMs > maxQuoteAgeMs) {
      if (sentAtMs !== null && connection.send(emptyBookLine(instrument, clock.nowMs()))) sentAtMs = null;
    } else if (latest.aliveAtMs !== sentAtMs && connection.send(bookLine(latest))) sentAtMs = latest.aliveAtMs;
  }

  const timer = setInterval(flush, feedTimes.flushEveryMs);
  const watch = (): Promise<void> => marketData.watch([instrument], (quote) => void (latest = quote), signal);
  await repeat(ports, instrument, 'order book', 0, watch, signal);
  clearInterval(timer);
}

function figuresOf({ marketData, connection }: FeedPorts, instrument: FedInstrument) {
  return async (): Promise<void> => {
    const figures = await marketData.perpetual(instrument.venue, instrument.symbol);
    for (const line of perpetualLines(instrument, figures)) connection.send(line);
  };
}

/** Each trade once; those before the first look are the market's past, of which only the last price matters. */
function tradesOf({ marketData, connection }: FeedPorts, instrument: FedInstrument) {
  let seen: ReadonlySet<string> | null = null;
  return async (): Promise<void> => {
    const trades = await marketData.recentTrades(instrument.venue, instrument.symbol);
    const known = seen;
    const fresh = known === null ? trades.slice(-1) : trades.filter(({ tradeId }) => !known.has(tradeId));
    if (fresh.every((trade) => connection.send(tradeLine(instrument, trade)))) {
      seen = new Set(trades.map(({ tradeId }) => tradeId));
    }
  };
}

async function repeat(
  { log }: FeedPorts,
  { venue, symbol }: FedInstrument,
  what: string,
  everyMs: number,
  task: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let isFailing = false;
  while (!signal.aborted) {
    let waitMs = everyMs;
    try {
      await task();
      isFailing = false;
    } catch (error) {
      const isRefused = error instanceof VenueError && !error.retryable;
      waitMs = isRefused ? feedTimes.retryRefusedAfterMs : feedTimes.retryAfterMs;
      const why = error instanceof Error ? error.message : String(error);
      if (!isFailing && !signal.aborted) log.warn({ venue, symbol, why }, `${what}: cannot be read`);
      isFailing = true;
    }
    await pause(waitMs, undefined, { signal }).catch(() => undefined);
  }
}
