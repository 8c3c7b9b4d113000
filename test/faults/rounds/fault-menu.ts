/** Faults of every kind that the simulated exchanges make, at random strengths, where they hurt. */
import type { FaultKind, NewFault } from '../../../src/sim/faults/fault-rule.ts';
import type { VenueName } from '../arena/configuration.ts';
import type { Dice } from './round-plan.ts';

export const orderPaths: Readonly<Record<VenueName, string>> = {
  bybit: '/v5/order/create',
  binanceusdm: '/fapi/v1/order',
};

export const cancelTargets: Readonly<Record<VenueName, Target>> = {
  bybit: { venue: 'bybit', method: 'POST', path: '/v5/order/cancel' },
  binanceusdm: { venue: 'binanceusdm', method: 'DELETE', path: '/fapi/v1/order' },
};

/** Longer than this, and an absent order could not be told from a hidden one: the venues' own word, less a margin. */
const longestLagMs = 1_800;

interface Dealt {
  readonly fault: NewFault;
  /** Wall time after which it is taken away. */
  readonly forMs: number;
}

type Deal = (dice: Dice, target: Target) => NewFault;

interface Target {
  readonly venue: VenueName;
  readonly method: string;
  readonly path: string;
}

/** Kinds that hit requests. */
const ofRequests: Partial<Readonly<Record<FaultKind, Deal>>> = {
  delay: (dice, target) => ({ kind: 'delay', ...target, delayMs: dice.whole(200, 7_000) }),
  drop_before: (_, target) => ({ kind: 'drop_before', ...target }),
  drop_after: (_, target) => ({ kind: 'drop_after', ...target }),
  late: (dice, target) => ({ kind: 'late', ...target, delayMs: dice.whole(300, 9_000) }),
  reset: (_, target) => ({ kind: 'reset', ...target }),
  stall: (dice, target) => ({ kind: 'stall', ...target, delayMs: dice.whole(500, 9_000) }),
  http_4xx: (dice, target) => ({
    kind: 'http_4xx',
    ...target,
    status: dice.pick([400, 401, 403, 404, 408, 418]),
    body: dice.pick(['html', 'empty']),
    execute: dice.chance(0.5),
  }),
  http_5xx: (dice, target) => ({
    kind: 'http_5xx',
    ...target,
    status: dice.pick([500, 502, 503, 504]),
    body: dice.pick(['html', 'empty']),
    execute: dice.chance(0.5),
  }),
  truncated_200: (_, target) => ({ kind: 'truncated_200', ...target }),
  empty_200: (dice, target) => ({
    kind: 'empty_200',
    ...target,
    body: dice.pick(['', '{}'] as const),
    execute: dice.chance(0.5),
  }),
  html_200: (dice, target) => ({ kind: 'html_200', ...target, execute: dice.chance(0.5) }),
  rate_limited: (dice, target) => ({ kind: 'rate_limited', ...target, retryAfterMs: dice.whole(200, 3_000) }),
};

/** Kinds that only make sense for an order. */
const ofOrders: Partial<Readonly<Record<FaultKind, Deal>>> = {
  reject: (dice, target) => ({
    kind: 'reject',
    ...target,
    reason: dice.pick(['insufficient_balance', 'insufficient_margin', 'order_limit', 'market_closed'] as const),
  }),
  partial_fill: (dice, target) => ({ kind: 'partial_fill', ...target, fraction: `0.${dice.whole(1, 9)}` }),
  visibility_lag: (dice, target) => ({ kind: 'visibility_lag', ...target, delayMs: dice.whole(100, longestLagMs) }),
  deleverage: (dice, target) => ({ kind: 'deleverage', ...target, fraction: `0.0${dice.whole(1, 9)}` }),
};

/** Kinds of a venue as a whole; they last. */
const ofVenues: Partial<Readonly<Record<FaultKind, Deal>>> = {
  venue_down: (_, { venue }) => ({ kind: 'venue_down', venue }),
  clock_skew: (dice, { venue }) => ({ kind: 'clock_skew', venue, skewMs: dice.pick([-1, 1]) * dice.whole(200, 6_000) }),
  ws_silent: (_, { venue }) => ({ kind: 'ws_silent', venue }),
  ws_gap: (dice, { venue }) => ({ kind: 'ws_gap', venue, method: 'WS', path: '*', count: dice.whole(1, 40) }),
  ws_close: (_, { venue }) => ({ kind: 'ws_close', venue }),
};

/** Kinds that a cancel can suffer. */
const ofCancels: Partial<Readonly<Record<FaultKind, Deal>>> = {
  ...ofRequests,
  late: (dice, target) => ({ kind: 'late', ...target, delayMs: dice.whole(200, 3_000) }),
  delay: (dice, target) => ({ kind: 'delay', ...target, delayMs: dice.whole(200, 2_000) }),
};

export const menuKinds: readonly string[] = [ofRequests, ofOrders, ofVenues].flatMap((kinds) => Object.keys(kinds));

export function dealFault(dice: Dice): Dealt {
  const venue = dice.pick(['bybit', 'binanceusdm'] as const);
  const order: Target = { venue, method: 'POST', path: orderPaths[venue] };
  const die = dice.next();
  if (die < 0.45)
    return { fault: numbered(dice, pickDeal(dice, { ...ofRequests, ...ofOrders })(dice, order)), forMs: 15_000 };
  if (die < 0.75) {
    const anything: Target = { venue, method: dice.pick(['GET', '*']), path: '*' };
    return { fault: numbered(dice, pickDeal(dice, ofRequests)(dice, anything)), forMs: 10_000 };
  }
  if (die < 0.85) return { fault: numbered(dice, pickDeal(dice, ofOrders)(dice, order)), forMs: 15_000 };
  return { fault: pickDeal(dice, ofVenues)(dice, order), forMs: dice.whole(1_000, 8_000) };
}

/** On the cancels of quotes, which a fill may overtake. */
export function dealCancelFault(dice: Dice): Dealt {
  const target = cancelTargets[dice.pick(['bybit', 'binanceusdm'] as const)];
  return { fault: numbered(dice, pickDeal(dice, ofCancels)(dice, target)), forMs: 10_000 };
}

function pickDeal(dice: Dice, deals: Partial<Readonly<Record<FaultKind, Deal>>>): Deal {
  return dice.pick(Object.values(deals));
}

/** Some requests, at some of the chances. */
function numbered(dice: Dice, fault: NewFault): NewFault {
  return { ...fault, count: dice.whole(1, 12), probability: dice.pick([0.2, 0.5, 1]) };
}
