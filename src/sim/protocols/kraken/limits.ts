/**
 * Kraken's rate limits, at the figures of its tier "Pro". Nothing of them is told in headers.
 *
 * Three counters: calls of a key (private endpoints), order transactions of an account in a pair (the trading engine),
 * and public calls of an address.
 */
import type { SimOrder } from '../../exchange/state.ts';
import { createTokenBuckets } from '../rate-limit.ts';
import { KrakenError } from './errors.ts';

const callCounter = { capacity: 20, refillPerSecond: 1 };
const engineCounter = { capacity: 180, refillPerSecond: 3.75 };
/** One a second is documented; how many may come at once is a model. */
const publicCounter = { capacity: 30, refillPerSecond: 1 };
const openOrdersPerPair = 225;

/** What a cancellation adds by the order's age: quick ones cost most. */
const cancelCosts: readonly (readonly [belowSeconds: number, cost: number])[] = [
  [5, 8],
  [10, 6],
  [15, 5],
  [45, 4],
  [90, 2],
  [300, 1],
];

export interface KrakenLimits {
  /** @throws KrakenError EAPI:Rate limit exceeded */
  takeCall(apiKey: string, cost: number, wallMs: number): void;
  /** @param pair for endpoints that are counted by pair, otherwise ''. @throws KrakenError EGeneral:Too many requests */
  takePublic(address: string, pair: string, wallMs: number): void;
  /** Also for an order that is then refused. @throws KrakenError EOrder:Rate limit exceeded */
  takeOrders(account: string, pair: string, cost: number, wallMs: number): void;
  /** @throws KrakenError EOrder:Orders limit exceeded */
  checkOpenOrders(openInPair: number): void;
  /** Counts, and never refuses: whoever cancels reduces risk. Age is market time, as orders carry it. */
  countCancel(account: string, order: SimOrder, nowMs: number, wallMs: number): void;
}

export function createKrakenLimits(enforced: boolean): KrakenLimits {
  const calls = createTokenBuckets(callCounter);
  const engine = createTokenBuckets(engineCounter);
  const open = createTokenBuckets(publicCounter);
  const key = (...parts: readonly string[]): string => JSON.stringify(parts);
  const refuseUnless = (waitMs: number, text: string): void => {
    if (waitMs > 0 && enforced) throw new KrakenError(text);
  };
  return {
    takeCall: (apiKey, cost, wallMs) => refuseUnless(calls.take(apiKey, cost, wallMs), 'EAPI:Rate limit exceeded'),
    takePublic: (address, pair, wallMs) =>
      refuseUnless(open.take(key(address, pair), 1, wallMs), 'EGeneral:Too many requests'),
    takeOrders: (account, pair, cost, wallMs) =>
      refuseUnless(engine.take(key(account, pair), cost, wallMs), 'EOrder:Rate limit exceeded'),
    checkOpenOrders(openInPair) {
      if (openInPair >= openOrdersPerPair && enforced) throw new KrakenError('EOrder:Orders limit exceeded');
    },
    countCancel(account, order, nowMs, wallMs) {
      const ageSeconds = (nowMs - order.createdAtMs) / 1000;
      const cost = cancelCosts.find(([belowSeconds]) => ageSeconds < belowSeconds)?.[1] ?? 0;
      const bucket = key(account, order.instrument.id);
      engine.take(bucket, Math.min(cost, engine.left(bucket, wallMs)), wallMs);
    },
  };
}
