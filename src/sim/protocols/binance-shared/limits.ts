/**
 * Request weights by address and orders by account, as binance counts them.
 *
 * Whoever goes on asking after being refused is banned; the number of refusals that it takes and how bans grow are a
 * model (binance publishes that bans last from two minutes to three days).
 */
import type { FixedWindows } from '../rate-limit.ts';
import { createFixedWindows } from '../rate-limit.ts';
import { banned, tooManyOrders, tooManyRequests } from './errors.ts';

const minuteMs = 60_000;
const refusalsUntilBan = 10;
const shortestBanMs = 2 * minuteMs;
const longestBanMs = 3 * 86_400_000;

export interface OrderLimit {
  readonly interval: 'SECOND' | 'MINUTE' | 'DAY';
  readonly intervalNum: number;
  readonly limit: number;
}

export interface LimitOptions {
  readonly weightPerMinute: number;
  /** Of the answer's header with the weight used. */
  readonly weightHeader: string;
  readonly orderLimits: readonly OrderLimit[];
  /** Whether requests beyond a limit are refused; they are counted either way. */
  readonly enforced: boolean;
}

export interface Limits {
  /** Counts a request's weight. @throws BinanceError -1003 with 429 or 418 */
  takeWeight(address: string, weight: number, wallMs: number): void;
  weightHeaders(address: string, wallMs: number): Record<string, string>;
  /** @throws BinanceError -1015 when so many more orders would be too many */
  checkOrders(account: string, orders: number, wallMs: number): void;
  countOrders(account: string, orders: number, wallMs: number): void;
  orderHeaders(account: string, wallMs: number): Record<string, string>;
  /** What the websocket API tells with each answer. */
  weightCount(address: string, wallMs: number): Record<string, unknown>;
  /** Rows of `rateLimit/order`. */
  orderCounts(account: string, wallMs: number): Record<string, unknown>[];
}

const intervalsMs = { SECOND: 1000, MINUTE: minuteMs, DAY: 86_400_000 } as const;

interface Offence {
  refusals: number;
  bans: number;
  bannedUntilMs: number;
}

export function createLimits(options: LimitOptions): Limits {
  const { weightPerMinute, weightHeader, enforced } = options;
  const weights = createFixedWindows({ limit: weightPerMinute, windowMs: minuteMs });
  const offences = new Map<string, Offence>();
  const counters = options.orderLimits.map((limit) => {
    const windowMs = intervalsMs[limit.interval] * limit.intervalNum;
    return { limit, windowMs, windows: createFixedWindows({ limit: limit.limit, windowMs }) };
  });

  function refuse(address: string, retryAfterMs: number, wallMs: number): never {
    const offence = offences.get(address) ?? { refusals: 0, bans: 0, bannedUntilMs: 0 };
    offences.set(address, offence);
    offence.refusals += 1;
    if (offence.refusals < refusalsUntilBan) throw tooManyRequests(weightPerMinute, retryAfterMs);
    const banMs = Math.min(longestBanMs, shortestBanMs * 2 ** offence.bans);
    offence.refusals = 0;
    offence.bans += 1;
    offence.bannedUntilMs = wallMs + banMs;
    throw banned(offence.bannedUntilMs, banMs);
  }

  return {
    takeWeight(address, weight, wallMs) {
      const untilMs = offences.get(address)?.bannedUntilMs ?? 0;
      if (enforced && wallMs < untilMs) throw banned(untilMs, untilMs - wallMs);
      const waitMs = weights.take(address, weight, wallMs);
      if (waitMs > 0 && enforced) refuse(address, waitMs, wallMs);
    },
    weightHeaders: (address, wallMs) => ({ [weightHeader]: String(weights.used(address, wallMs)) }),
    weightCount: (address, wallMs) => ({ ...weightLimitView(weightPerMinute), count: weights.used(address, wallMs) }),
    checkOrders(account, orders, wallMs) {
      if (!enforced || orders === 0) return;
      for (const { limit, windowMs, windows } of counters) {
        if (windows.used(account, wallMs) + orders <= limit.limit) continue;
        throw tooManyOrders(limit.limit, intervalName(limit), windowMs - (wallMs % windowMs));
      }
    },
    countOrders(account, orders, wallMs) {
      if (orders === 0) return;
      for (const { windows } of counters) windows.take(account, orders, wallMs);
    },
    orderHeaders: (account, wallMs) =>
      Object.fromEntries(counters.map((counter) => orderHeader(counter, account, wallMs))),
    orderCounts: (account, wallMs) =>
      counters.map(({ limit, windows }) => ({ ...orderLimitView(limit), count: windows.used(account, wallMs) })),
  };
}

function orderHeader(
  counter: { readonly limit: OrderLimit; readonly windows: FixedWindows },
  account: string,
  wallMs: number,
): [string, string] {
  const { interval, intervalNum } = counter.limit;
  const name = `x-mbx-order-count-${intervalNum}${interval.charAt(0).toLowerCase()}`;
  return [name, String(counter.windows.used(account, wallMs))];
}

function intervalName({ interval, intervalNum }: OrderLimit): string {
  return `${intervalNum} ${interval}`;
}

export function orderLimitView({ interval, intervalNum, limit }: OrderLimit): Record<string, unknown> {
  return { rateLimitType: 'ORDERS', interval, intervalNum, limit };
}

export function weightLimitView(weightPerMinute: number): Record<string, unknown> {
  return { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: weightPerMinute };
}
