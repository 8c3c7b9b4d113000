/**
 * One symbol's order book, kept alive: the socket is followed and replaced when it closes, falls silent or is wrong, and
 * between messages the book is read over REST, so that the age of a quote is always the age of a proof.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Quote } from '../../domain/quote.ts';
import type { Clock } from '../../ports/clock.ts';
import { createBookAudit, type BookAudit } from './book-audit.ts';
import { createPatience } from '../calls/deadline.ts';
import { quoteOfBook, type BookOrigin } from './quote-of-book.ts';
import type { ExactExchange, RawBook } from '../exact-exchange.ts';

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
  const state: StreamState = { aliveAtMs: 0, audit: createBookAudit(stream.clock.nowMs()), restart: () => undefined };
  const show = (quote: Quote): void => {
    if (signal.aborted) return;
    state.aliveAtMs = Math.max(state.aliveAtMs, quote.aliveAtMs);
    stream.onQuote(quote);
  };
  await Promise.all([followSocket(stream, state, show, signal), readWhenDue(stream, state, show, signal)]);
}

interface StreamState {
  aliveAtMs: number;
  readonly audit: BookAudit;
  /** Replaces the socket. */
  restart: () => void;
}

async function followSocket(
  stream: OrderBookStream,
  state: StreamState,
  show: (quote: Quote) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    const exchange = stream.openExchange();
    const stop = (): void => void exchange.close().catch(() => undefined);
    state.audit.restarted();
    state.restart = stop;
    signal.addEventListener('abort', stop, { once: true });
    try {
      await followUntilFailure(stream, exchange, state.audit, show, signal, () => (failures = 0));
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
  audit: BookAudit,
  show: (quote: Quote) => void,
  signal: AbortSignal,
  onMessage: () => void,
): Promise<void> {
  const { firstMessageMs, silentMs } = streamTimes;
  const patience = createPatience(firstMessageMs);
  let goodAtMs = stream.clock.nowMs();
  try {
    while (!signal.aborted) {
      const book: RawBook = await patience.until(exchange.watchOrderBook(stream.origin.symbol, stream.depth));
      patience.renew(silentMs);
      onMessage();
      const nowMs = stream.clock.nowMs();
      const quote = quoteOfBook(stream.origin, book, nowMs);
      // Crossed for long is not the market any more: a difference was lost.
      if (quote === null && nowMs - goodAtMs > silentMs) throw new Error('the streamed book stays crossed');
      if (quote === null) continue;
      goodAtMs = nowMs;
      if (audit.streamed(quote)) show(quote);
    }
  } finally {
    patience.end();
  }
}

/** Exponential with full jitter above the shortest wait. */
export function backoffMs(failures: number, random: () => number): number {
  const { shortestBackoffMs, longestBackoffMs } = streamTimes;
  const ceiling = Math.min(shortestBackoffMs * 2 ** Math.max(failures, 1), longestBackoffMs);
  return Math.round(shortestBackoffMs + random() * (ceiling - shortestBackoffMs));
}

/** While the stream is quiet, and now and then to hold it against the book over REST. */
async function readWhenDue(
  stream: OrderBookStream,
  state: StreamState,
  show: (quote: Quote) => void,
  signal: AbortSignal,
): Promise<void> {
  let failing = false;
  while (!signal.aborted) {
    const askedAtMs = stream.clock.nowMs();
    if (askedAtMs - state.aliveAtMs >= streamTimes.quietMs || state.audit.isDue(askedAtMs)) {
      try {
        const before = state.aliveAtMs;
        const quote = await stream.readBook();
        const { isShown, isStreamWrong } = state.audit.read(quote, askedAtMs);
        // What the socket brought meanwhile is newer than a reply that was under way, unless it is wrong.
        if (isShown && (state.aliveAtMs === before || isStreamWrong)) show(quote);
        if (isStreamWrong) replaceWrong(stream, state);
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

function replaceWrong({ origin: { venue, symbol }, log }: OrderBookStream, state: StreamState): void {
  log.warn({ venue, symbol }, 'the streamed order book is not the one that the exchange shows; reconnecting');
  state.audit.restarted();
  state.restart();
}

async function quietPause(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined);
}

/** Names only: a message of ccxt may hold an address. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
