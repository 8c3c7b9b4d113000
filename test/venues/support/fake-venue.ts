/**
 * A small HTTP server that speaks the documented replies of one exchange, records what it is asked, and lets a
 * test break a single endpoint. It is no matching engine: the simulated exchanges are that.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Parameters of query and body, form or JSON, as text. */
  readonly params: Readonly<Record<string, string>>;
}

/** A JSON value as reply with status 200, or a function that answers for itself. */
export type Route = (request: SeenRequest) => unknown;
export type Breakage = (response: ServerResponse, request: IncomingMessage) => void;

export interface FakeVenue {
  readonly address: string;
  readonly seen: SeenRequest[];
  /** Requests of one method and path. */
  to(method: string, path: string): SeenRequest[];
  /** Answers this endpoint itself from now on; null heals it. */
  breakEndpoint(method: string, path: string, breakage: Breakage | null): void;
  route(method: string, path: string, route: Route): void;
  close(): Promise<void>;
}

export async function startFakeVenue(routes: Readonly<Record<string, Route>>): Promise<FakeVenue> {
  const table = new Map(Object.entries(routes));
  const broken = new Map<string, Breakage>();
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => {
      const asked = understood(request, body);
      seen.push(asked);
      const key = `${asked.method} ${asked.path}`;
      const breakage = broken.get(key);
      if (breakage !== undefined) return breakage(response, request);
      const route = table.get(key);
      const answer = route === undefined ? { unhandled: key } : route(asked);
      sendJson(response, route === undefined ? 404 : 200, answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${portOf(server.address())}`,
    seen,
    to: (method, path) => seen.filter((request) => request.method === method && request.path === path),
    breakEndpoint(method, path, breakage) {
      if (breakage === null) broken.delete(`${method} ${path}`);
      else broken.set(`${method} ${path}`, breakage);
    },
    route: (method, path, route) => void table.set(`${method} ${path}`, route),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

function understood(request: IncomingMessage, body: string): SeenRequest {
  const url = new URL(request.url ?? '/', 'http://fake');
  const parsed: unknown = body.startsWith('{') ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));
  const texts = Object.entries(parsed ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body,
    params: Object.fromEntries([...url.searchParams, ...texts]),
  };
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

/** Breakages of one reply. */
export const breakages = {
  json: (status: number, value: unknown, headers?: Record<string, string>): Breakage => {
    return (response) => sendJson(response, status, value, headers);
  },
  text: (status: number, body: string, headers: Record<string, string> = {}): Breakage => {
    return (response) => {
      response.writeHead(status, { 'content-type': 'text/html', ...headers });
      response.end(body);
    };
  },
  hang: (() => undefined) satisfies Breakage,
  reset: ((_response, request) => void request.socket.destroy()) satisfies Breakage,
  stalledBody: ((response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
    response.write('{"orderId":');
  }) satisfies Breakage,
  resetMidBody: ((response, request) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
    response.write('{"orderId":', () => setImmediate(() => request.socket.destroy()));
  }) satisfies Breakage,
};

/** The usual deadline, so that a busy machine changes no outcome; a short one where only the deadline ends the wait. */
export function deadlineFor(breakage: Breakage): { readonly deadlineMs?: number } {
  return breakage === breakages.hang || breakage === breakages.stalledBody ? { deadlineMs: 1_500 } : {};
}
