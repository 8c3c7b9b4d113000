/** One venue's HTTP and websocket server: bodies in, faults applied, replies out once they are durable. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { WebSocketServer } from 'ws';
import type { FaultRule, Faults } from './faults.ts';
import type { Exchange } from './exchange.ts';
import type { Log } from './log.ts';
import type { Protocol, RestReply, RestRequest } from './protocols/protocol.ts';

export interface VenueServerOptions {
  readonly venue: string;
  /** 0: any free port. */
  readonly port: number;
  readonly protocol: Protocol;
  readonly exchange: Exchange;
  readonly faults: Faults;
  readonly log: Log;
  wallMs(): number;
  durable(): Promise<void>;
}

export interface VenueServer {
  readonly port: number;
  /** Closes every websocket; new ones are accepted unless the venue is down. */
  dropSockets(): void;
  close(): Promise<void>;
}

const maximumBodyBytes = 1_000_000;
/** Longer than clients keep idle connections, so that a server-side close never races a request. */
const keepAliveMs = 120_000;

/** @throws Error when the port is taken */
export async function startVenueServer(options: VenueServerOptions): Promise<VenueServer> {
  const { venue, protocol, faults, log } = options;
  const server = createServer((incoming, response) => {
    serve(options, incoming, response).catch((error: unknown) => {
      log('error', 'request failed', { venue, path: incoming.url?.split('?')[0], error: String(error) });
      incoming.socket.destroy();
    });
  });
  server.keepAliveTimeout = keepAliveMs;
  server.headersTimeout = keepAliveMs + 1000;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maximumBodyBytes });
  server.on('upgrade', (request, socket, head) => {
    if (faults.isDown(venue)) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate());
      protocol.connect(webSocket, request.url ?? '/');
    });
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
        dropSockets();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** 0 when it does not listen. */
export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Listens on the loopback interface only. */
export function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** @throws Error when the body is too large or the client goes away */
export async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maximumBodyBytes) throw new Error('body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function serve(options: VenueServerOptions, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(incoming);
  const [path, rawQuery] = splitOnce(incoming.url ?? '/', '?');
  const method = incoming.method ?? 'GET';
  const { socket } = incoming;
  if (options.faults.isDown(options.venue)) {
    socket.destroy();
    return;
  }
  const fault = options.faults.take(options.venue, method, path);
  const execute = async (): Promise<RestReply> => {
    const request: RestRequest = {
      method,
      path,
      rawQuery,
      headers: incoming.headers,
      body,
      executedAtMs: options.wallMs(),
      ignoreExpiry: fault?.kind === 'late' && fault.ignoreExpiry,
      remoteAddress: socket.remoteAddress ?? '',
    };
    const reply = executeGuarded(options, request);
    await options.durable();
    return reply;
  };
  if (fault === null) send(response, await execute());
  else await serveFaulty(options, fault, execute, incoming, response);
}

/** A mistake of ours answers 500 instead of ending the process; it is logged with its place. */
function executeGuarded(options: VenueServerOptions, request: RestRequest): RestReply {
  try {
    return options.protocol.handle(request);
  } catch (error) {
    const detail = error instanceof Error ? error.stack : String(error);
    options.log('error', 'handler failed', { venue: options.venue, path: request.path, error: detail });
    return options.protocol.internalError(request);
  }
}

async function serveFaulty(
  options: VenueServerOptions,
  fault: FaultRule,
  execute: () => Promise<RestReply>,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  options.log('info', 'fault', { venue: options.venue, path: incoming.url?.split('?')[0], fault: fault.kind });
  switch (fault.kind) {
    case 'delay':
      await sleep(fault.delayMs);
      send(response, await execute());
      return;
    case 'drop_before':
      incoming.socket.destroy();
      return;
    case 'drop_after':
      await execute();
      incoming.socket.destroy();
      return;
    case 'late':
      incoming.socket.destroy();
      await sleep(fault.delayMs);
      await execute();
      return;
    case 'reset': {
      const text = encode(await execute());
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) + 16 });
      response.write(text.slice(0, text.length / 2), () => incoming.socket.destroy());
      return;
    }
    case 'http_5xx':
      if (fault.execute) await execute();
      response.writeHead(fault.status, { 'content-type': 'text/html' });
      response.end('<html><body>upstream error</body></html>');
      return;
    case 'venue_down':
      incoming.socket.destroy();
  }
}

function send(response: ServerResponse, reply: RestReply): void {
  response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
  response.end(encode(reply));
}

function encode(reply: RestReply): string {
  return typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

function splitOnce(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}
