/** The connection to the feed port: made again for as long as the worker runs. What cannot be sent now is not kept. */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { FeedLine } from './feed-lines.ts';

export interface FeedLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface FeedConnection {
  /** Whether the line was handed over: false without a connection, or while the other side does not keep up. */
  send(line: FeedLine): boolean;
  /** Counts connections: what was sent before the last one is not known to the other side. */
  readonly generation: () => number;
  /** Resolves when the first connection stands. */
  readonly connected: Promise<void>;
  /** Resolves when the signal has aborted and the connection has ended. */
  readonly ended: Promise<void>;
}

const reconnectAfterMs = 500;
/** Books are sent whole and often, so a backlog is only old news. */
const largestBacklogBytes = 4_000_000;
const refusalsTold = 100;

/** @param address `tcp://host:port` */
export function connectFeed(address: string, log: FeedLog, signal: AbortSignal): FeedConnection {
  const { hostname, port } = new URL(address);
  const told = new Set<string>();
  let current: Socket | null = null;
  let generation = 0;
  let tellConnected: () => void = () => undefined;
  const connected = new Promise<void>((resolve) => (tellConnected = resolve));

  async function keepConnected(): Promise<void> {
    while (!signal.aborted) {
      await useOneConnection();
      await pause(reconnectAfterMs, undefined, { signal }).catch(() => undefined);
    }
  }

  function useOneConnection(): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect(Number(port), hostname);
      const stop = (): void => void socket.destroy();
      signal.addEventListener('abort', stop, { once: true });
      socket.on('error', (error: NodeJS.ErrnoException) => log.warn({ error: error.code }, 'the feed port is gone'));
      socket.on('connect', () => {
        current = socket;
        generation += 1;
        tellConnected();
        log.info({}, 'connected to the simulated exchanges');
      });
      createInterface(socket).on('line', tellRefusal);
      socket.on('close', () => {
        signal.removeEventListener('abort', stop);
        current = null;
        resolve();
      });
    });
  }

  /** Once for each reason: a book that is refused is refused again with every line. */
  function tellRefusal(line: string): void {
    const reason = /"error":"(.*)"/.exec(line)?.[1];
    if (reason === undefined || told.has(reason) || told.size >= refusalsTold) return;
    told.add(reason);
    log.warn({ reason }, 'the simulated exchanges refused a line of market data');
  }

  return {
    send(line) {
      if (current === null || current.writableLength > largestBacklogBytes) return false;
      current.write(`${JSON.stringify(line)}\n`);
      return true;
    },
    generation: () => generation,
    connected,
    ended: keepConnected(),
  };
}
