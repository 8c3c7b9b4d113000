/** Budgets of an account: 500 every ten seconds for trading, 100 every ten minutes for history. Public calls are free. */
import type { KrakenCall } from './call.ts';
import { createTokenBuckets } from '../rate-limit.ts';
import type { RestReply } from '../protocol.ts';
import { failed, KrakenFuturesError } from './errors.ts';

export interface Limits {
  /** Milliseconds to wait; 0 when the request may go on. */
  take(account: string, path: string, cost: number, wallMs: number): number;
}

export function createLimits(): Limits {
  const trading = createTokenBuckets({ capacity: 500, refillPerSecond: 50 });
  const history = createTokenBuckets({ capacity: 100, refillPerSecond: 100 / 600 });
  return {
    take(account, path, cost, wallMs) {
      if (cost === 0) return 0;
      return (path.startsWith('/api/history/') ? history : trading).take(account, cost, wallMs);
    },
  };
}

export function tooManyRequests(retryAfterMs: number, wallMs: number): RestReply {
  const reply = failed(new KrakenFuturesError('apiLimitExceeded', '', 429), wallMs);
  return { ...reply, headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) } };
}

/** The account log costs by the rows asked for. */
export function logCost({ params }: Pick<KrakenCall, 'params'>): number {
  const count = Number(params.get('count') ?? '500');
  if (count <= 25) return 1;
  if (count <= 50) return 2;
  if (count <= 1000) return 3;
  return count <= 5000 ? 6 : 10;
}
