/**
 * What a venue's private stream says of an account's orders, taken as a hint that something has happened, and as nothing
 * else: it may come late, twice or never, and what counts is what is then read over REST. So nothing of it is parsed here,
 * and a stream that fails only takes the haste away.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ExactExchange, StreamClient } from '../exact-exchange.ts';

export interface OrderHints {
  /** Calls `onHint` until the signal aborts, and resolves then, or at once where no hint can come. Never rejects. */
  follow(symbol: string, onHint: () => void, signal: AbortSignal): Promise<void>;
  /** Closes the sockets. */
  close(): void;
}

/** Wall time. A venue that refuses is not asked often: it counts refused keys. */
const shortestBackoffMs = 1_000;
const longestBackoffMs = 60_000;

/**
 * @param isOffered whether ccxt knows such a stream at the venue
 * @param openExchange an instance of its own for each symbol, which knows its markets and signs
 */
export function createOrderHints(isOffered: boolean, openExchange: () => ExactExchange): OrderHints {
  const listeners = new Map<string, Set<() => void>>();
  const closing = new AbortController();

  /** One socket a symbol, opened by the first who follows it and kept: quotes come one after another. */
  function listenersOf(symbol: string): Set<() => void> {
    const known = listeners.get(symbol);
    if (known !== undefined) return known;
    const added = new Set<() => void>();
    listeners.set(symbol, added);
    void streamOrders(openExchange, symbol, added, closing.signal);
    return added;
  }

  return {
    async follow(symbol, onHint, signal) {
      if (!isOffered || signal.aborted || closing.signal.aborted) return;
      const all = listenersOf(symbol);
      // Two who give the same function are two.
      const mine = (): void => onHint();
      all.add(mine);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      all.delete(mine);
    },
    close: () => closing.abort(),
  };
}

async function streamOrders(
  openExchange: () => ExactExchange,
  symbol: string,
  listeners: ReadonlySet<() => void>,
  closing: AbortSignal,
): Promise<void> {
  for (let failures = 0; !closing.aborted;) {
    const exchange = openExchange();
    hearRejections(exchange);
    const endTimers = ownTimers(exchange);
    const stop = (): void => void exchange.close().catch(() => undefined);
    closing.addEventListener('abort', stop, { once: true });
    try {
      while (!closing.aborted) {
        await exchange.watchOrders(symbol);
        failures = 0;
        for (const hint of listeners) hint();
      }
    } catch {
      failures += 1;
    } finally {
      closing.removeEventListener('abort', stop);
      endTimers();
      await exchange.close().catch(() => undefined);
    }
    const waitMs = Math.min(shortestBackoffMs * 2 ** failures, longestBackoffMs);
    await pause(waitMs, undefined, { signal: closing }).catch(() => undefined);
  }
}

/** What ccxt puts off (binance's listen key is renewed every 20 minutes) goes on for ever unless it ends with the instance. */
function ownTimers(exchange: ExactExchange): () => void {
  const timers = new Set<NodeJS.Timeout>();
  let isOver = false;
  exchange.delay = (delayMs, method, ...given) => {
    if (isOver) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      exchange.spawn(method, ...given);
    }, delayMs);
    timers.add(timer);
  };
  return () => {
    isOver = true;
    for (const timer of timers) clearTimeout(timer);
  };
}

/**
 * ccxt waits for some of its own promises nowhere: that of a login, and that of a message which meets a closed socket. A
 * rejection that nobody hears ends the process, and with it the account's orders.
 */
function hearRejections(exchange: ExactExchange): void {
  const known = new WeakSet<StreamClient>();
  const clientOf = exchange.client.bind(exchange);
  exchange.client = (url) => {
    const client = clientOf(url);
    if (known.has(client)) return client;
    known.add(client);
    // With a throttle of its own, what becomes of a send is heard by nobody; the instance's pace holds all the same.
    client.throttle = undefined;
    client.connected.catch(() => undefined);
    const future = client.future.bind(client);
    client.future = (name) => {
      const promise = future(name);
      promise.catch(() => undefined);
      return promise;
    };
    return client;
  };
}
