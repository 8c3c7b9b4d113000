/** What a fault rule is made of, and the check of one that came over the control API. */
import { isObject } from '../json.ts';
import type { RefusalReason } from '../exchange/placement.ts';

/** Faults that hit requests, by what the client sees. */
const requestKinds = [
  /** Executed `delayMs` later, then answered. */
  'delay',
  /** The connection closes and nothing is executed. */
  'drop_before',
  /** Executed, but the connection closes before the reply. */
  'drop_after',
  /** The connection closes now and the request is executed `delayMs` later. */
  'late',
  /** Executed, but the reply breaks off in its middle. */
  'reset',
  /** Executed; headers and half of the reply, then nothing until `delayMs` are over or the rule is deleted. */
  'stall',
  /** Answered with `status` and no envelope; executed only with `execute`. */
  'http_4xx',
  'http_5xx',
  /** Executed; a complete reply whose body is cut in its middle. */
  'truncated_200',
  /** Answered with nothing, or with `{}`; executed only with `execute`. */
  'empty_200',
  /** Answered with a page; executed only with `execute`. */
  'html_200',
  /** The venue's own answer to too many requests; not executed. */
  'rate_limited',
  /** The order that the request places is refused with `reason`. */
  'reject',
  /** At most `fraction` of the order that the request places fills on arrival. */
  'partial_fill',
  /** Queries do not show the order that the request places for `delayMs`. */
  'visibility_lag',
  /** Executed; then `fraction` of every position of `account` in `symbol` is auto-deleveraged. */
  'deleverage',
  /** Executed; then every position of `account` in `symbol` is liquidated. */
  'liquidate',
] as const;

/** Conditions of a venue that last until the rule is deleted. */
const stateKinds = [
  /** Every request and websocket is refused. */
  'venue_down',
  /** The venue's clock is `skewMs` ahead (or behind, when negative). */
  'clock_skew',
  /** Websockets stay open, but nothing is sent on them. */
  'ws_silent',
] as const;

export const faultKinds = [
  ...requestKinds,
  ...stateKinds,
  /** A websocket message is lost. `path` is matched with its channel. */
  'ws_gap',
  /** Websockets are closed, once, when the rule is made. */
  'ws_close',
] as const;

export type FaultKind = (typeof faultKinds)[number];

export interface FaultRule {
  readonly id: string;
  readonly kind: FaultKind;
  /** A venue or `*`. */
  readonly venue: string;
  /** A method or `*`; `WS` for messages. */
  readonly method: string;
  /** A path or channel in which `*` stands for anything. */
  readonly path: string;
  /** How many it may still hit; null: any number. */
  readonly count: number | null;
  /** Chance of each that matches, 0 to 1. */
  readonly probability: number;
  /** Null for a `stall` that only a deletion ends. */
  readonly delayMs: number | null;
  readonly status: number;
  readonly body: 'html' | 'empty' | '' | '{}';
  readonly execute: boolean;
  /** `late` only: execute even when the request has expired by then. */
  readonly ignoreExpiry: boolean;
  readonly retryAfterMs: number;
  readonly reason: RefusalReason;
  /** Decimal text from 0 to 1. */
  readonly fraction: string;
  readonly skewMs: number;
  /** Account name and unified symbol, in which `*` stands for anything. */
  readonly account: string;
  readonly symbol: string;
}

export type NewFault = Partial<Omit<FaultRule, 'id' | 'kind'>> & { readonly kind: FaultKind };

export function isStateKind(kind: FaultKind): boolean {
  return stateKinds.some((state) => state === kind);
}

/** Complete by its type: a reason that is added must be added here too. */
const reasons: Readonly<Record<RefusalReason, true>> = {
  quantity_not_positive: true,
  quantity_below_minimum: true,
  quantity_above_maximum: true,
  quantity_off_step: true,
  price_not_positive: true,
  price_off_tick: true,
  notional_below_minimum: true,
  duplicate_client_order_id: true,
  insufficient_balance: true,
  insufficient_margin: true,
  above_leverage_cap: true,
  reduce_only: true,
  post_only_would_take: true,
  cannot_fill_at_once: true,
  no_market: true,
  market_closed: true,
  order_limit: true,
};

/** What a value must be; null when it is. */
type Check = (value: unknown) => string | null;

const text: Check = (value) => (typeof value === 'string' && value !== '' ? null : 'must be text');
const yesOrNo: Check = (value) => (typeof value === 'boolean' ? null : 'must be true or false');
const oneOf =
  (...allowed: readonly string[]): Check =>
  (value) =>
    allowed.some((known) => known === value) ? null : `must be one of ${JSON.stringify(allowed)}`;
const whole =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? null
      : `must be a whole number from ${least} to ${most}`;

const dayMs = 86_400_000;
const count: Check = (value) => (value === null || whole(1, 1e9)(value) === null ? null : 'must be from 1, or null');
const probability: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? null : 'must be a number from 0 to 1';
const fraction: Check = (value) =>
  typeof value === 'string' && /^(0|0\.\d{1,18}|1)$/.test(value)
    ? null
    : 'must be a decimal in quotes from "0" to "1", such as "0.4"';
const delayMs = whole(0, dayMs);

const matching = { venue: text, method: text, path: text, count, probability };
const positions = { account: text, symbol: text };
const errorPage = { body: oneOf('html', 'empty'), execute: yesOrNo };

/** The options of each kind. */
const options: Readonly<Record<FaultKind, Readonly<Record<string, Check>>>> = {
  delay: { ...matching, delayMs },
  drop_before: matching,
  drop_after: matching,
  late: { ...matching, delayMs, ignoreExpiry: yesOrNo },
  reset: matching,
  stall: { ...matching, delayMs },
  http_4xx: { ...matching, ...errorPage, status: whole(400, 499) },
  http_5xx: { ...matching, ...errorPage, status: whole(500, 599) },
  truncated_200: matching,
  empty_200: { ...matching, body: oneOf('', '{}'), execute: yesOrNo },
  html_200: { ...matching, execute: yesOrNo },
  rate_limited: { ...matching, retryAfterMs: whole(0, dayMs) },
  reject: { ...matching, reason: oneOf(...Object.keys(reasons)) },
  partial_fill: { ...matching, fraction },
  visibility_lag: { ...matching, delayMs },
  deleverage: { ...matching, ...positions, fraction },
  liquidate: { ...matching, ...positions },
  venue_down: { venue: text },
  clock_skew: { venue: text, skewMs: whole(-dayMs, dayMs) },
  ws_silent: { venue: text },
  ws_gap: { ...matching, method: oneOf('WS') },
  ws_close: { venue: text },
};

/** What has no sensible default. */
const needed: Partial<Readonly<Record<FaultKind, string>>> = {
  late: 'delayMs',
  delay: 'delayMs',
  visibility_lag: 'delayMs',
  reject: 'reason',
  partial_fill: 'fraction',
  clock_skew: 'skewMs',
};

export type ParsedFault =
  { readonly kind: 'fault'; readonly fault: NewFault } | { readonly kind: 'invalid'; readonly problem: string };

/** Checks a fault as JSON. A problem names the option. */
export function parseFault(body: unknown): ParsedFault {
  const invalid = (problem: string): ParsedFault => ({ kind: 'invalid', problem });
  if (!isObject(body)) return invalid('a fault must be an object');
  const kind = faultKinds.find((known) => known === body['kind']);
  if (kind === undefined) return invalid(`kind: must be one of ${faultKinds.join(', ')}`);
  const known = new Map(Object.entries(options[kind]));
  for (const [name, value] of Object.entries(body)) {
    if (name === 'kind') continue;
    const check = known.get(name);
    if (check === undefined) return invalid(`${name}: unknown for ${kind}; known: ${[...known.keys()].join(', ')}`);
    const problem = check(value);
    if (problem !== null) return invalid(`${name}: ${problem}`);
  }
  const missing = needed[kind];
  if (missing !== undefined && !(missing in body)) return invalid(`${missing}: is needed for ${kind}`);
  return { kind: 'fault', fault: { ...body, kind } };
}

/** Completes a rule with the defaults of its kind. */
export function newRule(id: string, fault: NewFault): FaultRule {
  const { kind } = fault;
  return {
    venue: '*',
    method: kind === 'ws_gap' || kind === 'ws_close' ? 'WS' : '*',
    path: '*',
    count: isStateKind(kind) ? null : 1,
    probability: 1,
    delayMs: kind === 'stall' ? null : 0,
    status: kind === 'http_4xx' ? 400 : 503,
    body: kind === 'empty_200' ? '' : 'html',
    execute: false,
    ignoreExpiry: false,
    retryAfterMs: 1000,
    reason: 'insufficient_balance',
    fraction: '1',
    skewMs: 0,
    account: '*',
    symbol: '*',
    ...fault,
    id,
  };
}

/** A rule with what matters for its kind, for people. */
export function ruleView(rule: FaultRule): Record<string, unknown> {
  const names = ['id', 'kind', ...Object.keys(options[rule.kind])];
  const shown = new Set([...names, ...(isStateKind(rule.kind) ? [] : ['count'])]);
  return Object.fromEntries(Object.entries(rule).filter(([name]) => shown.has(name)));
}
