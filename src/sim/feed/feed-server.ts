/**
 * The feed port: TCP on the loopback interface, one JSON object a line.
 *
 * A plain connection, not HTTP: a connector keeps it open for days and must hear of a bad line at once, on the same
 * connection, while it goes on sending; request bodies of HTTP clients are answered when they end. Every language (and
 * `nc`) has sockets. A web page that posts to the port is turned away by its first line.
 */
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { FeedError } from './feed-line.ts';
import type { LiveFeed } from './live-feed.ts';
import type { Log } from '../log.ts';

export interface FeedServerOptions {
  readonly feed: Pick<LiveFeed, 'take'>;
  readonly log: Log;
  /** Resolves once everything so far is on disk. */
  durable(): Promise<void>;
}

export interface FeedServer {
  readonly server: Server;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

const maximumLineBytes = 1_000_000;
const httpRequest = /^[A-Z]+ \S+ HTTP\/\d/;

/** Not listening yet. */
export function createFeedServer(options: FeedServerOptions): FeedServer {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serve(options, socket);
  });
  return {
    server,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Answers `{line, error}` to each line that cannot be taken, and `{lines, bad}` when the sender has ended. */
function serve(options: FeedServerOptions, socket: Socket): void {
  const { feed, log } = options;
  let lines = 0;
  let bad = 0;
  let rest = '';
  const answer = (document: object): void => void socket.write(`${JSON.stringify(document)}\n`);
  const refuse = (error: string): void => {
    bad += 1;
    answer({ line: lines, error });
  };

  function take(line: string): void {
    lines += 1;
    if (line.trim() === '') return;
    try {
      feed.take(line);
    } catch (error) {
      if (!(error instanceof FeedError)) {
        log('error', 'feed failed', { error: error instanceof Error ? error.stack : String(error) });
      }
      refuse(error instanceof FeedError ? error.message : 'internal error');
    }
  }

  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    if (lines === 0 && httpRequest.test(parts[0] ?? '')) {
      socket.destroy();
      return;
    }
    for (const part of parts) take(part);
    if (rest.length <= maximumLineBytes) return;
    lines += 1;
    refuse(`longer than ${maximumLineBytes} characters`);
    socket.pause();
    socket.destroySoon();
  });
  socket.on('end', () => {
    if (rest !== '') take(rest);
    options.durable().then(
      () => socket.end(`${JSON.stringify({ lines, bad })}\n`),
      () => socket.destroy(),
    );
  });
}
