/** What a venue's protocol must provide to the server: requests into replies, and websocket connections. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RawData, WebSocket } from 'ws';
import type { BookFeed } from '../book-feed.ts';
import type { Exchange } from '../exchange.ts';

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  /** As on the wire, without the question mark: what was signed. */
  readonly rawQuery: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Wall time at which the exchange executes it; a late delivery executes later than it was sent. */
  readonly executedAtMs: number;
  /** Set by the fault `late` with `ignoreExpiry`: the receive window is not checked. */
  readonly ignoreExpiry: boolean;
}

export interface RestReply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Credentials {
  readonly account: string;
  readonly apiKey: string;
  readonly secret: string;
}

export interface ProtocolContext {
  readonly exchange: Exchange;
  readonly feeds: ReadonlyMap<string, BookFeed>;
  readonly credentials: readonly Credentials[];
  /** Sends once everything journalled so far is durable, so that nobody learns of what a crash could undo. */
  sendWhenDurable(socket: WebSocket, message: unknown): void;
}

export interface Protocol {
  /** Never throws: whatever a client sends is answered in the venue's own error envelope. */
  handle(request: RestRequest): RestReply;
  /** Takes over an accepted websocket. @param path with its query */
  connect(socket: WebSocket, path: string): void;
  /** Called about ten times a second: sends what changed, and the top of the book again when nothing did. */
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
