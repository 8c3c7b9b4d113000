/** Requests a second: 30 a user when signed, 10 an address otherwise; 10 000 an hour on v2. */
import type { Credentials, RestReply, RestRequest } from '../protocol.ts';
import { createFixedWindows, createTokenBuckets } from '../rate-limit.ts';
import { v2Error } from './errors.ts';

export interface Limits {
  /** Milliseconds to wait; 0 when the request may go on. */
  take(request: RestRequest, holder: Credentials | null): number;
}

export function createLimits(): Limits {
  const signed = createTokenBuckets({ capacity: 30, refillPerSecond: 30 });
  const open = createTokenBuckets({ capacity: 10, refillPerSecond: 10 });
  const hourly = createFixedWindows({ limit: 10_000, windowMs: 3_600_000 });
  return {
    take({ path, remoteAddress, executedAtMs }, holder) {
      const key = holder?.account ?? remoteAddress;
      if (path.startsWith('/v2/')) return hourly.take(key, 1, executedAtMs);
      return (holder === null ? open : signed).take(key, 1, executedAtMs);
    },
  };
}

export function tooManyRequests(retryAfterMs: number): RestReply {
  const { reply } = v2Error(429, 'rate_limit_exceeded', 'Too many requests');
  return { ...reply, headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) } };
}
