/**
 * Faults on demand, by venue and endpoint, counted and seeded. Every rule draws from a sequence of its own, so that
 * the same seed and the same matching requests give the same faults, whatever else goes on.
 */
import type { FaultRule, NewFault } from './fault-rule.ts';
import { isStateKind, newRule, ruleView } from './fault-rule.ts';

/** What a rule has hit. */
export interface FaultHit {
  readonly rule: FaultRule;
  readonly venue: string;
  readonly method: string;
  /** A path, or the channel of a message. */
  readonly path: string;
}

export interface Faults {
  add(fault: NewFault): FaultRule;
  /** Those that are used up too, each with its `hits`, until they are removed. */
  list(): readonly Readonly<Record<string, unknown>>[];
  /** All of them without an id. Returns how many were removed. */
  clear(id?: string): number;
  isDown(venue: string): boolean;
  /** Whether nothing may be sent on the venue's websockets. */
  isSilent(venue: string): boolean;
  /** How far the venue's clock is ahead. */
  skewMs(venue: string): number;
  /** Whether a websocket message on this channel is lost. */
  dropsMessage(venue: string, channel: string): boolean;
  /** The first rule that hits this request, counted down. */
  take(venue: string, method: string, path: string): FaultRule | null;
  /** Resolves when the rule has been removed. */
  removed(id: string): Promise<void>;
}

interface LiveRule {
  readonly rule: FaultRule;
  readonly pathPattern: RegExp;
  readonly random: () => number;
  hits: number;
}

/** Used-up rules that are kept to be listed. */
const keptRules = 1000;

/** @param onHit told of each request and message that a rule hits, not of states */
export function createFaults(seed: number, onHit: (hit: FaultHit) => void = () => undefined): Faults {
  let rules: LiveRule[] = [];
  /** What can still hit something, by what it looks at: the others are only listed. */
  let forRequests: LiveRule[] = [];
  let forMessages: LiveRule[] = [];
  let states: LiveRule[] = [];
  let created = 0;
  const removals = new Map<string, (() => void)[]>();

  function sort(): void {
    const isSpent = ({ rule, hits }: LiveRule): boolean => rule.count !== null && hits >= rule.count;
    const spent = rules.filter(isSpent);
    const forgotten = new Set(spent.slice(0, Math.max(0, spent.length - keptRules)));
    if (forgotten.size > 0) rules = rules.filter((live) => !forgotten.has(live));
    const usable = rules.filter((live) => !isSpent(live) && live.rule.kind !== 'ws_close');
    states = usable.filter(({ rule }) => isStateKind(rule.kind));
    forMessages = usable.filter(({ rule }) => rule.kind === 'ws_gap');
    forRequests = usable.filter(({ rule }) => rule.kind !== 'ws_gap' && !isStateKind(rule.kind));
  }

  function hit(live: LiveRule): void {
    live.hits += 1;
    if (live.rule.count !== null && live.hits >= live.rule.count) sort();
  }

  function stateOf(kind: FaultRule['kind'], venue: string): LiveRule | null {
    if (states.length === 0) return null;
    return states.find(({ rule }) => rule.kind === kind && isFor(rule, venue)) ?? null;
  }

  function firstHit(candidates: readonly LiveRule[], venue: string, method: string, path: string): FaultRule | null {
    for (const live of candidates) {
      const { rule, pathPattern, random } = live;
      if (!isFor(rule, venue) || (rule.method !== '*' && rule.method !== method) || !pathPattern.test(path)) continue;
      if (rule.probability < 1 && random() >= rule.probability) continue;
      hit(live);
      onHit({ rule, venue, method, path });
      return rule;
    }
    return null;
  }

  return {
    add(fault) {
      created += 1;
      const rule = newRule(String(created), fault);
      const random = seededRandom(seed + Math.imul(created, 0x9e3779b1));
      const live = { rule, pathPattern: pathPattern(rule.path), random, hits: 0 };
      rules.push(live);
      sort();
      if (rule.kind === 'ws_close') hit(live);
      return rule;
    },
    list: () => rules.map(listed),
    clear(id) {
      const gone = id === undefined ? rules : rules.filter(({ rule }) => rule.id === id);
      rules = id === undefined ? [] : rules.filter(({ rule }) => rule.id !== id);
      sort();
      for (const { rule } of gone) {
        for (const resolve of removals.get(rule.id) ?? []) resolve();
        removals.delete(rule.id);
      }
      return gone.length;
    },
    isDown: (venue) => counted(stateOf('venue_down', venue)),
    isSilent: (venue) => counted(stateOf('ws_silent', venue)),
    skewMs: (venue) => stateOf('clock_skew', venue)?.rule.skewMs ?? 0,
    dropsMessage: (venue, channel) => forMessages.length > 0 && firstHit(forMessages, venue, 'WS', channel) !== null,
    take: (venue, method, path) => (forRequests.length === 0 ? null : firstHit(forRequests, venue, method, path)),
    removed(id) {
      if (!rules.some(({ rule }) => rule.id === id)) return Promise.resolve();
      return new Promise((resolve) => removals.set(id, [...(removals.get(id) ?? []), resolve]));
    },
  };
}

/** `count` is what is left. */
function listed({ rule, hits }: LiveRule): Record<string, unknown> {
  return { ...ruleView({ ...rule, count: rule.count === null ? null : rule.count - hits }), hits };
}

function isFor(rule: FaultRule, venue: string): boolean {
  return rule.venue === '*' || rule.venue === venue;
}

function counted(live: LiveRule | null): boolean {
  if (live !== null) live.hits += 1;
  return live !== null;
}

/** `*` stands for any run of characters, also none. */
export function matchesPath(pattern: string, path: string): boolean {
  return pathPattern(pattern).test(path);
}

function pathPattern(pattern: string): RegExp {
  const escaped = pattern.split(/\*+/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${escaped.join('.*')}$`, 's');
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
