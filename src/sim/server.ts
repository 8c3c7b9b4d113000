/** One venue's HTTP and websocket server: bodies in, faults applied, replies out once they are durable. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { DurableGate } from './durable-gate.ts';
import type { Exchange, ForcedOutcome } from './exchange.ts';
import type { FaultRule } from './fault-rule.ts';
import type { Faults } from './faults.ts';
import { serveFaulty } from './faulty-replies.ts';
import { collectBody, listen, maximumBodyBytes, portOf } from './http.ts';
import type { Log } from './log.ts';
import type { Protocol, RestReply, RestRequest } from './protocols/protocol.ts';
import { sendReply } from './replies.ts';
import { VenueSocket } from './venue-socket.ts';

export interface VenueServerOptions {
  readonly venue: string;
  /** 0: any free port. */
  readonly port: number;
  readonly protocol: Protocol;
  readonly exchange: Exchange;
  readonly faults: Faults;
  readonly gate: DurableGate;
  readonly log: Log;
  /** The venue's own clock, with its skew. */
  wallMs(): number;
}

export interface VenueServer {
  readonly port: number;
  /** Closes every websocket; new ones are accepted unless the venue is down. */
  dropSockets(): void;
  close(): Promise<void>;
}

/** Longer than clients keep idle connections, so that a server-side close never races a request. */
const keepAliveMs = 120_000;

/** @throws Error when the port is taken */
export async function startVenueServer(options: VenueServerOptions): Promise<VenueServer> {
  const closing = new AbortController();
  const server = createServer((incoming, response) => {
    collectBody(incoming, (body) => serve(options, closing.signal, incoming, response, body));
  });
  server.keepAliveTimeout = keepAliveMs;
  server.headersTimeout = keepAliveMs + 1000;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maximumBodyBytes, WebSocket: VenueSocket });
  server.on('upgrade', (request, stream: Duplex, head) => {
    if (options.faults.isDown(options.venue)) stream.destroy();
    else sockets.handleUpgrade(request, stream, head, (socket) => connect(options, socket, stream, request));
  });
  await listen(server, options.port);
  const dropSockets = (): void => {
    for (const socket of sockets.clients) socket.terminate();
  };
  return {
    port: portOf(server),
    dropSockets,
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        dropSockets();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function connect(options: VenueServerOptions, socket: VenueSocket, stream: Duplex, request: IncomingMessage): void {
  const path = request.url ?? '/';
  const { venue, faults } = options;
  const onError = (error: unknown): void => logMistake(options, `WS ${path.split('?')[0]}`, error);
  socket.attach(stream, { isSilent: () => faults.isSilent(venue), onError });
  socket.on('error', () => socket.terminate());
  try {
    options.protocol.connect(socket, path);
  } catch (error) {
    onError(error);
    socket.terminate();
  }
}

function serve(
  options: VenueServerOptions,
  closing: AbortSignal,
  incoming: IncomingMessage,
  response: ServerResponse,
  body: string | null,
): void {
  const { venue, faults, gate } = options;
  if (faults.isDown(venue)) {
    incoming.socket.destroy();
    return;
  }
  if (body === null) {
    sendReply(response, tooLarge, options.wallMs());
    return;
  }
  const request = requestOf(incoming, body);
  const fault = faults.take(venue, request.method, request.path);
  if (fault !== null) {
    serveWithFault(options, closing, { fault, request, incoming, response });
    return;
  }
  const reply = execute(options, { ...request, executedAtMs: options.wallMs(), ignoreExpiry: false });
  gate.whenDurable(() => sendReply(response, reply, options.wallMs()));
}

const tooLarge: RestReply = {
  status: 413,
  body: '<html><body>413 Request Entity Too Large</body></html>',
  headers: { 'content-type': 'text/html' },
};

type ReceivedRequest = Omit<RestRequest, 'executedAtMs' | 'ignoreExpiry'>;

function requestOf(incoming: IncomingMessage, body: string): ReceivedRequest {
  const url = incoming.url ?? '/';
  const mark = url.indexOf('?');
  return {
    method: incoming.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    rawQuery: mark < 0 ? '' : url.slice(mark + 1),
    headers: incoming.headers,
    body,
    remoteAddress: incoming.socket.remoteAddress ?? '',
  };
}

/** A mistake of ours answers 500 instead of ending the process; it is logged with its place. */
function execute(options: VenueServerOptions, request: RestRequest, outcome: ForcedOutcome | null = null): RestReply {
  const { protocol, exchange } = options;
  try {
    return outcome === null ? protocol.handle(request) : exchange.force(outcome, () => protocol.handle(request));
  } catch (error) {
    logMistake(options, request.path, error);
    return protocol.internalError(request);
  }
}

function logMistake({ log, venue }: VenueServerOptions, path: string, error: unknown): void {
  log('error', 'handler failed', { venue, path, error: error instanceof Error ? error.stack : String(error) });
}

interface FaultyExchange {
  readonly fault: FaultRule;
  readonly request: ReceivedRequest;
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
}

function serveWithFault(options: VenueServerOptions, closing: AbortSignal, hit: FaultyExchange): void {
  const { fault, request, incoming, response } = hit;
  const timed = (): RestRequest => ({
    ...request,
    executedAtMs: options.wallMs(),
    ignoreExpiry: fault.kind === 'late' && fault.ignoreExpiry,
  });
  serveFaulty(fault, {
    incoming,
    response,
    execute: (outcome) =>
      new Promise((resolve) => {
        const reply = execute(options, timed(), outcome ?? null);
        options.gate.whenDurable(() => resolve(reply));
      }),
    rateLimited: (retryAfterMs) => options.protocol.rateLimited(timed(), retryAfterMs),
    wait: (delayMs, until = []) => waitFor(delayMs, until, closing),
    removed: () => options.faults.removed(fault.id),
    wallMs: () => options.wallMs(),
  }).catch((error: unknown) => {
    logMistake(options, request.path, error);
    incoming.socket.destroy();
  });
}

/** False when the server is closing. @param delayMs null: until one of the others */
function waitFor(delayMs: number | null, until: readonly Promise<void>[], closing: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = delayMs === null ? undefined : setTimeout(() => end(true), delayMs);
    const abort = (): void => end(false);
    function end(elapsed: boolean): void {
      clearTimeout(timer);
      closing.removeEventListener('abort', abort);
      resolve(elapsed);
    }
    if (closing.aborted) end(false);
    closing.addEventListener('abort', abort, { once: true });
    for (const other of until) void other.then(() => end(true));
  });
}
