/** LISTEN on a connection of its own: a pooled one would take others' statements between two notifications. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { watchChannel } from './watches.ts';

const firstPauseMs = 100;
const longestPauseMs = 5_000;
const connectTimeoutMs = 5_000;
/** A connection whose peer is gone may never confirm its end. */
const endTimeoutMs = 1_000;

/**
 * Calls back on every change, and once after each connect, because something may have been missed before it. Returns
 * when the signal aborts; a lost connection is made again, with growing pauses.
 */
export async function listenForWatches(databaseUrl: string, onChange: () => void, signal: AbortSignal): Promise<void> {
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    const listened = await listenOnce(databaseUrl, onChange, signal);
    pauseMs = listened ? firstPauseMs : Math.min(longestPauseMs, pauseMs * 2);
    if (!signal.aborted) await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Until the connection is lost or the signal aborts. False when it was never made. */
async function listenOnce(databaseUrl: string, onChange: () => void, signal: AbortSignal): Promise<boolean> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'basiskeeper-watches',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  client.on('error', () => end());
  client.on('end', () => end());
  const abort = (): void => end();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
    client.on('notification', () => onChange());
    await client.query(`listen ${watchChannel}`);
    onChange();
    await over;
    return true;
  } catch {
    return false;
  } finally {
    signal.removeEventListener('abort', abort);
    await Promise.race([client.end().catch(() => undefined), sleep(endTimeoutMs, undefined, { ref: false })]);
  }
}
