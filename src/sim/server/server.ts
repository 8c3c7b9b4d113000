/** One venue's HTTP and websocket server: bodies in, faults applied, replies out once they are durable. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { collectBody, listen, maximumBodyBytes, portOf } from './http.ts';
import type { RestReply } from '../protocols/protocol.ts';
import { httpWire, sendReply } from './replies.ts';
import type { ReceivedRequest, RequestPath, RequestPathOptions } from './request-path.ts';
import { createRequestPath } from './request-path.ts';
import { VenueSocket } from './venue-socket.ts';

export interface VenueServerOptions extends Omit<RequestPathOptions, 'wait'> {
  /** 0: any free port. */
  readonly port: number;
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
  const path = createRequestPath({
    ...options,
    wait: (delayMs, until) => waitFor(delayMs, until, closing.signal),
  });
  const server = createServer((incoming, response) => {
    collectBody(incoming, (body) => serve(options, path, incoming, response, body));
  });
  server.keepAliveTimeout = keepAliveMs;
  server.headersTimeout = keepAliveMs + 1000;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maximumBodyBytes, WebSocket: VenueSocket });
  server.on('upgrade', (request, stream: Duplex, head) => {
    if (options.faults.isDown(options.venue)) stream.destroy();
    else sockets.handleUpgrade(request, stream, head, (socket) => connect(options, path, socket, stream, request));
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

function connect(
  { venue, faults, protocol }: VenueServerOptions,
  requests: RequestPath,
  socket: VenueSocket,
  stream: Duplex,
  request: IncomingMessage,
): void {
  const path = request.url ?? '/';
  const onError = (error: unknown): void => requests.logMistake(`WS ${path.split('?')[0]}`, error);
  socket.attach(stream, { isSilent: () => faults.isSilent(venue), onError });
  socket.on('error', () => socket.terminate());
  try {
    protocol.connect(socket, path);
  } catch (error) {
    onError(error);
    socket.terminate();
  }
}

function serve(
  { venue, faults, wallMs }: VenueServerOptions,
  requests: RequestPath,
  incoming: IncomingMessage,
  response: ServerResponse,
  body: string | null,
): void {
  if (body !== null) requests.receive(requestOf(incoming, body), httpWire(incoming, response, wallMs));
  else if (faults.isDown(venue)) incoming.socket.destroy();
  else sendReply(response, tooLarge, wallMs());
}

const tooLarge: RestReply = {
  status: 413,
  body: '<html><body>413 Request Entity Too Large</body></html>',
  headers: { 'content-type': 'text/html' },
};

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
