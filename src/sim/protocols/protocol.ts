/** What a venue's protocol must provide to the server: requests into replies, and websocket connections. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RawData, WebSocket } from 'ws';
import type { BookFeed } from '../feed/book-feed.ts';
import type { Exchange } from '../exchange/exchange.ts';

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  /** As on the wire, without the question mark: what was signed. */
  readonly rawQuery: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /**
   * The venue's own wall time at execution: for time endpoints, receive windows and limits. A late delivery executes
   * later than it was sent; a skewed clock is wrong.
   */
  readonly executedAtMs: number;
  /** Set by the fault `late` with `ignoreExpiry`: the receive window is not checked. */
  readonly ignoreExpiry: boolean;
  /** Of the client: what limits by address count. */
  readonly remoteAddress: string;
}

export interface RestReply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const permissions = ['read', 'trade', 'withdraw'] as const;
export type Permission = (typeof permissions)[number];

export interface Credentials {
  readonly account: string;
  readonly apiKey: string;
  readonly secret: string;
  /** The passphrase, where the venue has one. */
  readonly password: string | null;
  readonly permissions: ReadonlySet<Permission>;
}

export interface ProtocolContext {
  readonly exchange: Exchange;
  readonly feeds: ReadonlyMap<string, BookFeed>;
  readonly credentials: readonly Credentials[];
  /** Whether requests beyond the venue's limits are refused. What is left of a limit is told either way. */
  readonly enforceRateLimits: boolean;
  /** The venue's own wall time. */
  wallMs(): number;
  /**
   * Sends once everything journalled so far is durable, so that nobody learns of what a crash could undo.
   * @param message a string is sent as it is, anything else as JSON
   * @param channel what faults match: `book/<instrument>`, `ticker/…`, `trades/…`, `funding/…`, `orders`, `fills`,
   * `balances`, `positions`, `control` (acknowledgements, pongs)
   */
  sendWhenDurable(socket: WebSocket, message: unknown, channel: string): void;
}

export interface Protocol {
  /** Never throws: whatever a client sends is answered in the venue's own error envelope. */
  handle(request: RestRequest): RestReply;
  /** The venue's answer to a client that asks too often. */
  rateLimited(request: RestRequest, retryAfterMs: number): RestReply;
  /** The venue's answer when something broke on its own side. */
  internalError(request: RestRequest): RestReply;
  /** Takes over an accepted websocket. @param path with its query */
  connect(socket: WebSocket, path: string): void;
  /** Called ten times a second, and soon after a price moved: sends what changed, and heartbeats when nothing did. */
  tick(wallMs: number): void;
}

export type CreateProtocol = (context: ProtocolContext) => Protocol;

export function hmacSha256(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

export function signatureMatches(expected: string, given: string): boolean {
  const left = Buffer.from(expected);
  const right = Buffer.from(given);
  return left.length === right.length && timingSafeEqual(left, right);
}

export function header(request: RestRequest, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? (value[0] ?? '') : (value ?? '');
}

/** A websocket message as text, in whichever pieces it arrived. */
export function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString('utf8');
}
