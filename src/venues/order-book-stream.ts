/**
 * One symbol's order book, kept alive: the socket is followed and replaced when it closes or falls silent, and
 * between messages the book is read over REST, so that the age of a quote is always the age of a proof.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Quote } from '../domain/quote.ts';
import type { Clock } from '../ports/clock.ts';
import { withDeadline } from './deadline.ts';
import type { ExactExchange, RawBook } from './exchange.ts';
import { quoteOfBook, type BookOrigin } from './quote-of-book.ts';

/** What the connector logs with; pino has this shape. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** All wall time. */
export const streamTimes = {
  /** Without a message for this long the book is read over REST. */
  quietMs: 1_000,
  /** Without a message for this long the socket is replaced. */
  silentMs: 5_000,
  /** A new socket may take this long to its first message. */
  firstMessageMs: 10_000,
  checkEveryMs: 250,
  shortestBackoffMs: 250,
  longestBackoffMs: 5_000,
} as const;

export interface OrderBookStream {
  readonly origin: BookOrigin;
  readonly depth: number;
  /** A connected-to-nothing instance of its own: a silent socket is replaced without touching other symbols. */
  readonly openExchange: () => ExactExchange;
  /** A fresh book over REST. */
  readonly readBook: () => Promise<Quote>;
  readonly onQuote: (quote: Quote) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
}

/** Resolves when the signal aborts. Failures are logged and retried for ever. */
export async function streamOrderBook(stream: OrderBookStream, signal: AbortSignal): Promise<void> {
  const state = { aliveAtMs: 0 };
  const show = (quote: Quote): void => {
    if (signal.aborted) return;
    state.aliveAtMs = Math.max(state.aliveAtMs, quote.aliveAtMs);
    stream.onQuote(quote);
  };
  await Promise.all([followSocket(stream, show, signal), readWhenQuiet(stream, state, show, signal)]);
}

async function followSocket(stream: OrderBookStream, show: (quote: Quote) => void, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    const exchange = stream.openExchange();
    const stop = (): void => void exchange.close().catch(() => undefined);
    signal.addEventListener('abort', stop, { once: true });
    try {
      await followUntilFailure(stream, exchange, show, signal, () => (failures = 0));
    } catch (error) {
      failures += 1;
      if (!signal.aborted) {
        const { venue, symbol } = stream.origin;
        stream.log.warn({ venue, symbol, failures, error: nameOf(error) }, 'the order book stream broke; reconnecting');
      }
    } finally {
      signal.removeEventListener('abort', stop);
      await exchange.close().catch(() => undefined);
    }
    await quietPause(backoffMs(failures, stream.random ?? Math.random), signal);
  }
}

async function followUntilFailure(
  stream: OrderBookStream,
  exchange: ExactExchange,
  show: (quote: Quote) => void,
  signal: AbortSignal,
  onMessage: () => void,
): Promise<void> {
  let patienceMs: number = streamTimes.firstMessageMs;
  while (!signal.aborted) {
    const book: RawBook = await withDeadline(exchange.watchOrderBook(stream.origin.symbol, stream.depth), patienceMs);
    patienceMs = streamTimes.silentMs;
    onMessage();
    const quote = quoteOfBook(stream.origin, book, stream.clock.nowMs());
    if (quote !== null) show(quote);
  }
}

/** Exponential with full jitter above the shortest wait. */
export function backoffMs(failures: number, random: () => number): number {
  const { shortestBackoffMs, longestBackoffMs } = streamTimes;
  const ceiling = Math.min(shortestBackoffMs * 2 ** Math.max(failures, 1), longestBackoffMs);
  return Math.round(shortestBackoffMs + random() * (ceiling - shortestBackoffMs));
}

async function readWhenQuiet(
  stream: OrderBookStream,
  state: { readonly aliveAtMs: number },
  show: (quote: Quote) => void,
  signal: AbortSignal,
): Promise<void> {
  let failing = false;
  while (!signal.aborted) {
    if (stream.clock.nowMs() - state.aliveAtMs >= streamTimes.quietMs) {
      try {
        const before = state.aliveAtMs;
        const quote = await stream.readBook();
        // What the socket brought meanwhile is newer than a reply that was under way.
        if (state.aliveAtMs === before) show(quote);
        failing = false;
      } catch (error) {
        const { venue, symbol } = stream.origin;
        if (!failing) stream.log.warn({ venue, symbol, error: nameOf(error) }, 'the order book cannot be read');
        failing = true;
        await quietPause(streamTimes.quietMs, signal);
      }
    }
    await quietPause(streamTimes.checkEveryMs, signal);
  }
}

async function quietPause(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined);
}

/** Names only: a message of ccxt may hold an address. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
