/** Faults on demand, by venue and endpoint, counted and seeded: the same seed and requests give the same faults. */

export const faultKinds = [
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
  /** Answered with `status` and no envelope; executed only with `execute`. */
  'http_5xx',
  /** Every request and websocket of the venue is refused until the fault is cleared. */
  'venue_down',
] as const;

export type FaultKind = (typeof faultKinds)[number];

export interface FaultRule {
  readonly id: string;
  /** A venue or `*`. */
  readonly venue: string;
  /** A method or `*`. */
  readonly method: string;
  /** A path in which `*` stands for anything. */
  readonly path: string;
  readonly kind: FaultKind;
  /** How many requests it may still hit; null: any number. */
  readonly count: number | null;
  /** Chance of each matching request, 0 to 1. */
  readonly probability: number;
  readonly delayMs: number;
  readonly status: number;
  readonly execute: boolean;
  /** `late` only: execute even when the request has expired by then. */
  readonly ignoreExpiry: boolean;
}

export type NewFault = Partial<Omit<FaultRule, 'id' | 'kind'>> & { readonly kind: FaultKind };

export interface Faults {
  add(fault: NewFault): FaultRule;
  list(): readonly FaultRule[];
  /** All of them without an id. Returns how many were removed. */
  clear(id?: string): number;
  isDown(venue: string): boolean;
  /** Whether a websocket message on this channel is lost. */
  dropsMessage(venue: string, channel: string): boolean;
  /** The first rule that hits this request, counted down. */
  take(venue: string, method: string, path: string): FaultRule | null;
}

export function createFaults(seed: number): Faults {
  const random = seededRandom(seed);
  let rules: FaultRule[] = [];
  let created = 0;
  const matches = (rule: FaultRule, venue: string): boolean => rule.venue === '*' || rule.venue === venue;
  return {
    add(fault) {
      created += 1;
      const rule: FaultRule = {
        venue: '*',
        method: '*',
        path: '*',
        count: 1,
        probability: 1,
        delayMs: 0,
        status: 503,
        execute: false,
        ignoreExpiry: false,
        ...fault,
        id: String(created),
      };
      rules.push(rule);
      return rule;
    },
    list: () => rules,
    clear(id) {
      const before = rules.length;
      rules = id === undefined ? [] : rules.filter((rule) => rule.id !== id);
      return before - rules.length;
    },
    isDown: (venue) => rules.some((rule) => rule.kind === 'venue_down' && matches(rule, venue)),
    dropsMessage: () => false,
    take(venue, method, path) {
      for (const rule of rules) {
        if (rule.kind === 'venue_down' || !matches(rule, venue)) continue;
        if (rule.method !== '*' && rule.method !== method) continue;
        if (!matchesPath(rule.path, path) || (rule.probability < 1 && random() >= rule.probability)) continue;
        if (rule.count !== null) {
          rules = rules
            .map((other) => (other === rule ? { ...rule, count: (rule.count ?? 1) - 1 } : other))
            .filter((other) => other.count === null || other.count > 0);
        }
        return rule;
      }
      return null;
    },
  };
}

/** `*` stands for any run of characters, also none. */
export function matchesPath(pattern: string, path: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${escaped.join('.*')}$`).test(path);
}

/** mulberry32: uniform in [0, 1), the same sequence for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
