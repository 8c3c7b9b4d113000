/**
 * Bybit's limits: requests a second for each account and endpoint, by category where the table has one, and 600
 * requests in 5 seconds for each address. A batch counts its orders. The exchange's windows roll; these are aligned.
 * https://bybit-exchange.github.io/docs/v5/rate-limit
 */
import type { RestReply } from '../protocol.ts';
import type { FixedWindows } from '../rate-limit.ts';
import { createFixedWindows } from '../rate-limit.ts';
import type { Params } from './call.ts';
import { BybitError, failed, tooManyVisits } from './errors.ts';

interface Limit {
  /** Requests a second. */
  readonly contracts: number;
  readonly spot: number;
}

const both = (perSecond: number): Limit => ({ contracts: perSecond, spot: perSecond });
const orders: Limit = { contracts: 10, spot: 20 };

const limits: ReadonlyMap<string, Limit> = new Map([
  ['POST /v5/order/create', orders],
  ['POST /v5/order/amend', both(10)],
  ['POST /v5/order/cancel', orders],
  ['POST /v5/order/cancel-all', orders],
  ['POST /v5/order/create-batch', orders],
  ['POST /v5/order/cancel-batch', orders],
  ['POST /v5/order/disconnected-cancel-all', both(5)],
  ['GET /v5/order/realtime', both(50)],
  ['GET /v5/order/history', both(50)],
  ['GET /v5/execution/list', both(50)],
  ['GET /v5/position/list', both(50)],
  ['GET /v5/position/closed-pnl', both(50)],
  ['POST /v5/position/set-leverage', both(10)],
  ['GET /v5/account/wallet-balance', both(50)],
  ['GET /v5/account/transaction-log', both(50)],
  ['GET /v5/account/collateral-info', both(50)],
  ['GET /v5/account/borrow-history', both(50)],
  ['GET /v5/account/fee-rate', { contracts: 10, spot: 5 }],
  ['GET /v5/asset/coin/query-info', both(5)],
  ['GET /v5/user/query-api', both(10)],
]);

/** Of endpoints that the table leaves out: a model. */
const otherwise = both(10);

const addressLimit = { limit: 600, windowMs: 5000 };

export interface Admission {
  /** Of the orders of a batch; of anything else all or none. */
  readonly allowed: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RateLimits {
  /** Null: within the address's limit. */
  refusedAddress(address: string, wallMs: number): RestReply | null;
  /** @param count 1, or the orders of a batch */
  admit(account: string, endpoint: string, params: Params, count: number, wallMs: number): Admission;
}

export function createRateLimits(enforced: boolean): RateLimits {
  const addresses = createFixedWindows(addressLimit);
  const windows = new Map<number, FixedWindows>();
  const windowsOf = (perSecond: number): FixedWindows => {
    const known = windows.get(perSecond) ?? createFixedWindows({ limit: perSecond, windowMs: 1000 });
    windows.set(perSecond, known);
    return known;
  };
  return {
    refusedAddress(address, wallMs) {
      const waitMs = addresses.take(address, 1, wallMs);
      return waitMs === 0 || !enforced ? null : failed(new BybitError(10018, 'access too frequent'), wallMs, 403);
    },
    admit(account, endpoint, params, count, wallMs) {
      const limit = limits.get(endpoint) ?? otherwise;
      const isSpot = params.get('category') === 'spot';
      const perSecond = isSpot ? limit.spot : limit.contracts;
      const counter = windowsOf(perSecond);
      const key = JSON.stringify([account, endpoint, isSpot]);
      const before = Math.max(0, perSecond - counter.used(key, wallMs));
      const waitMs = counter.take(key, count, wallMs);
      return {
        allowed: enforced ? Math.min(count, before) : count,
        headers: limitHeaders(perSecond, Math.max(0, before - count), wallMs + waitMs),
      };
    },
  };
}

/** The answer to a request beyond an account's limit. */
export function limitedReply(wallMs: number, headers: Readonly<Record<string, string>>): RestReply {
  return { ...failed(tooManyVisits(), wallMs), headers };
}

/** @param resetMs now, unless the limit has been exceeded */
export function limitHeaders(perSecond: number, left: number, resetMs: number): Record<string, string> {
  return {
    'X-Bapi-Limit': String(perSecond),
    'X-Bapi-Limit-Status': String(left),
    'X-Bapi-Limit-Reset-Timestamp': String(resetMs),
  };
}
