/** ccxt's errors as `VenueError`s, split by what the caller does; nothing secret survives into a message. */
import {
  AuthenticationError,
  BadRequest,
  BadResponse,
  BadSymbol,
  DDoSProtection,
  InsufficientFunds,
  InvalidNonce,
  InvalidOrder,
  NotSupported,
  NullResponse,
  OnMaintenance,
  OperationFailed,
  OrderNotFound,
  PermissionDenied,
  RateLimitExceeded,
  ArgumentsRequired,
  ExchangeError,
} from 'ccxt';
import type { VenueDialect } from './capabilities/venue-dialect.ts';
import { VenueError, type VenueErrorKind } from '../ports/venue.ts';
import { DeadlinePassed } from './calls/deadline.ts';
import { NotSent } from './calls/http-transport.ts';
import type { VenueCredentials } from './exchange.ts';
import type { VenueReply } from './calls/call-context.ts';

const longestMessage = 240;
const defaultRateLimitMs = 1_000;

/** Most specific first: ccxt's classes form a tree. */
const kinds: readonly (readonly [new (message: string) => Error, VenueErrorKind])[] = [
  [RateLimitExceeded, 'rate_limited'],
  [DDoSProtection, 'rate_limited'],
  [InvalidNonce, 'clock_skew'],
  [OnMaintenance, 'maintenance'],
  [BadResponse, 'malformed_reply'],
  [NullResponse, 'malformed_reply'],
  [OperationFailed, 'unavailable'],
  [BadSymbol, 'bad_symbol'],
  [AuthenticationError, 'unauthorised'],
  [PermissionDenied, 'unauthorised'],
  [OrderNotFound, 'not_found'],
  [ArgumentsRequired, 'bad_request'],
  [BadRequest, 'bad_request'],
  [InvalidOrder, 'bad_request'],
  [InsufficientFunds, 'bad_request'],
  [NotSupported, 'bad_request'],
  [ExchangeError, 'unavailable'],
];

/** Removes keys, signatures, signed addresses and anything that looks like one; shortens what remains. */
export function scrub(message: string, credentials: VenueCredentials | null): string {
  let clean = message.replace(/\b(https?|wss?):\/\/[^\s?'"]+(\?[^\s'"]*)?/g, '[address]');
  for (const secret of Object.values(credentials ?? {})) {
    if (typeof secret === 'string' && secret !== '') clean = clean.replaceAll(secret, '[removed]');
  }
  clean = clean
    .replace(
      /\b(signature|sign|api_?key|secret|password|private_?key|mnemonic|X-BAPI-[A-Z-]+|X-MBX-APIKEY)\b["']?\s*[=:]\s*["']?[^\s&"',}]+/gi,
      '[removed]',
    )
    // Keys and signatures, and the addresses of wallets, which are hexadecimal with 0x or without.
    .replace(/\b(0x)?[0-9a-f]{32,}\b/gi, '[removed]')
    .replace(/\s+/g, ' ');
  return clean.length > longestMessage ? `${clean.slice(0, longestMessage)}…` : clean;
}

/** When to try again after a rate limit: `Retry-After` (seconds or a date), the venue's own way, or a second. */
export function retryAfterMs(reply: VenueReply | null, dialect: VenueDialect, nowMs: number): number {
  const header = reply?.headers['retry-after'];
  if (header !== undefined) {
    const seconds = Number(header);
    if (Number.isFinite(seconds) && seconds >= 0) return Math.ceil(seconds * 1_000);
    const atMs = Date.parse(header);
    if (Number.isFinite(atMs)) return Math.max(atMs - nowMs, 0);
  }
  return (reply === null ? null : dialect.rateLimitResetMs(reply, nowMs)) ?? defaultRateLimitMs;
}

export interface FailedRead {
  readonly dialect: VenueDialect;
  readonly credentials: VenueCredentials | null;
  /** What was asked, for the message: `open orders`. */
  readonly what: string;
  readonly reply: VenueReply | null;
  readonly nowMs: number;
}

/** The failure of a read, as a `VenueError`. The venue's own code decides before ccxt's class. */
export function toVenueError(error: unknown, read: FailedRead): VenueError {
  if (error instanceof VenueError) return error;
  const { dialect, reply } = read;
  const failure = reply === null ? null : dialect.failure(reply);
  const isNotFound = failure !== null && dialect.isNotFound(failure);
  const kind = isNotFound ? 'not_found' : kindOf(error, failure?.code ?? null, read);
  const words =
    failure === null
      ? error instanceof Error
        ? `${error.name}: ${error.message}`
        : 'an unknown failure'
      : `${failure.code} ${failure.message}`;
  const status = reply === null || reply.status === 200 ? '' : ` (HTTP ${reply.status})`;
  const message = scrub(`${dialect.capabilities.venue}, ${read.what}: ${words}${status}`, read.credentials);
  return new VenueError(kind, message, kind === 'rate_limited' ? retryAfterMs(reply, dialect, read.nowMs) : null);
}

function kindOf(error: unknown, code: string | null, read: FailedRead): VenueErrorKind {
  if (error instanceof DeadlinePassed || error instanceof NotSent) return 'unavailable';
  if (code !== null) {
    switch (read.dialect.rejections[code]) {
      case 'unauthorised':
        return 'unauthorised';
      case 'rate_limited':
        return 'rate_limited';
      case 'expired':
        return 'clock_skew';
      case 'insufficient_balance':
      case 'order_rejected':
      case 'reduce_only_rejected':
      case undefined:
        break;
    }
  }
  if (read.reply !== null && (read.reply.status === 429 || read.reply.status === 418)) return 'rate_limited';
  if (read.reply !== null && read.reply.status >= 500) return 'unavailable';
  const match = kinds.find(([Class]) => error instanceof Class);
  if (match !== undefined) return match[1];
  return read.reply === null ? 'unavailable' : 'malformed_reply';
}
