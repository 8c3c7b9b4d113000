/** OKX's documented limits: so many requests in two seconds, per endpoint and user, address or instrument. */
import { createFixedWindows } from '../rate-limit.ts';
import type { OkxParameters } from './call.ts';
import { OkxError, tooManyRequests } from './errors.ts';
import { okxInstruments } from './instruments.ts';

type Scope = 'address' | 'user' | 'user and instrument';

interface Limit {
  readonly requests: number;
  readonly windowMs: number;
  readonly scope: Scope;
}

const perTwoSeconds = (requests: number, scope: Scope): Limit => ({ requests, windowMs: 2000, scope });
const perSecond = (requests: number): Limit => ({ requests, windowMs: 1000, scope: 'user' });

const limits: ReadonlyMap<string, Limit> = new Map([
  ['GET public/time', perTwoSeconds(10, 'address')],
  ['GET public/instruments', perTwoSeconds(20, 'address')],
  ['GET public/funding-rate', perTwoSeconds(10, 'address')],
  ['GET public/funding-rate-history', perTwoSeconds(10, 'address')],
  ['GET public/mark-price', perTwoSeconds(10, 'address')],
  ['GET public/open-interest', perTwoSeconds(20, 'address')],
  ['GET public/position-tiers', perTwoSeconds(10, 'address')],
  ['GET public/price-limit', perTwoSeconds(20, 'address')],
  ['GET market/ticker', perTwoSeconds(20, 'address')],
  ['GET market/tickers', perTwoSeconds(20, 'address')],
  ['GET market/index-tickers', perTwoSeconds(20, 'address')],
  ['GET market/books', perTwoSeconds(40, 'address')],
  ['GET market/books-full', perTwoSeconds(10, 'address')],
  ['GET market/trades', perTwoSeconds(100, 'address')],
  ['GET market/history-trades', perTwoSeconds(20, 'address')],
  ['GET market/candles', perTwoSeconds(40, 'address')],
  ['GET market/history-candles', perTwoSeconds(20, 'address')],
  ['GET system/status', { requests: 1, windowMs: 5000, scope: 'address' }],
  ['GET account/config', perTwoSeconds(5, 'user')],
  ['GET account/balance', perTwoSeconds(10, 'user')],
  ['GET account/positions', perTwoSeconds(10, 'user')],
  ['GET account/trade-fee', perTwoSeconds(5, 'user')],
  ['GET account/bills', perTwoSeconds(5, 'user')],
  ['GET account/bills-archive', perTwoSeconds(5, 'user')],
  ['GET account/leverage-info', perTwoSeconds(20, 'user')],
  ['GET account/max-size', perTwoSeconds(20, 'user')],
  ['GET account/max-avail-size', perTwoSeconds(20, 'user')],
  ['POST account/set-leverage', perTwoSeconds(40, 'user')],
  ['POST account/set-position-mode', perTwoSeconds(5, 'user')],
  ['POST trade/order', perTwoSeconds(60, 'user and instrument')],
  ['POST trade/batch-orders', perTwoSeconds(300, 'user and instrument')],
  ['POST trade/cancel-order', perTwoSeconds(60, 'user and instrument')],
  ['POST trade/cancel-batch-orders', perTwoSeconds(300, 'user and instrument')],
  ['POST trade/close-position', perTwoSeconds(20, 'user and instrument')],
  ['POST trade/cancel-all-after', perSecond(1)],
  ['GET trade/order', perTwoSeconds(60, 'user and instrument')],
  ['GET trade/orders-pending', perTwoSeconds(60, 'user')],
  ['GET trade/orders-history', perTwoSeconds(40, 'user')],
  ['GET trade/orders-history-archive', perTwoSeconds(20, 'user')],
  ['GET trade/fills', perTwoSeconds(60, 'user')],
  ['GET trade/fills-history', perTwoSeconds(10, 'user')],
  ['GET asset/currencies', perSecond(6)],
  ['GET asset/balances', perSecond(6)],
]);

/** New orders of one account, over all its requests. */
const accountOrders = { requests: 1000, windowMs: 2000 };

export interface RateLimits {
  /** 0: allowed, and counted. Otherwise the milliseconds until the window ends. */
  take(name: string, items: readonly OkxParameters[], user: string, address: string, wallMs: number): number;
  /** Whether so many more orders of one account are too many. */
  tooManyOrders(user: string, orders: number, wallMs: number): boolean;
}

/** A batch of one order counts as a single order; a larger one counts its orders, by instrument. */
export function createRateLimits(): RateLimits {
  const windows = new Map(
    [...limits].map(([name, { requests, windowMs }]) => [name, createFixedWindows({ limit: requests, windowMs })]),
  );
  const orders = createFixedWindows({ limit: accountOrders.requests, windowMs: accountOrders.windowMs });
  return {
    take(path, items, user, address, wallMs) {
      const name = items.length === 1 ? singleOf(path) : path;
      const window = windows.get(name);
      const scope = limits.get(name)?.scope;
      if (window === undefined || scope === undefined) return 0;
      if (scope === 'address') return window.take(address, 1, wallMs);
      if (scope === 'user') return window.take(user, 1, wallMs);
      let waitMs = 0;
      for (const item of items) {
        const key = JSON.stringify([user, instrumentOf(item)]);
        waitMs = Math.max(waitMs, window.take(key, 1, wallMs));
      }
      return waitMs;
    },
    tooManyOrders: (user, count, wallMs) => orders.take(user, count, wallMs) > 0,
  };
}

function singleOf(path: string): string {
  if (path === 'POST trade/batch-orders') return 'POST trade/order';
  return path === 'POST trade/cancel-batch-orders' ? 'POST trade/cancel-order' : path;
}

/** '' for whatever is no instrument, so that nothing is remembered of it. */
function instrumentOf(item: OkxParameters): string {
  const id = item.get('instId');
  return okxInstruments.find((instrument) => instrument.id === id)?.id ?? '';
}

export interface Asking {
  readonly items: readonly OkxParameters[];
  /** '' on public endpoints. */
  readonly account: string;
  readonly address: string;
  readonly wallMs: number;
}

const placements: ReadonlySet<string> = new Set(['POST trade/order', 'POST trade/batch-orders']);

/** Counts a request. @throws OkxError 50011, 50061 */
export function checkLimits(limits: RateLimits, name: string, { items, account, address, wallMs }: Asking): void {
  if (limits.take(name, items, account, address, wallMs) > 0) throw tooManyRequests;
  if (placements.has(name) && limits.tooManyOrders(account, items.length, wallMs)) {
    throw new OkxError('50061', "You've reached the maximum order rate limit for this account.");
  }
}
