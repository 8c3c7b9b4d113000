/**
 * The pegs of the coins that are traded, from the USD markets that the configuration names. A reference that fails is
 * followed again by itself: no market of it may ever stop the watching of positions.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { alertKeys } from '../../src/domain/alert-keys.ts';
import { midPrice } from '../../src/domain/basis.ts';
import { marketTimeMs, type ClockAnchor } from '../../src/domain/market-clock.ts';
import {
  dollarCoins,
  nextPegState,
  pegRefusal,
  type PegOf,
  type PegPrice,
  type PegReference,
  type PegRules,
  type PegState,
} from '../../src/domain/peg.ts';
import type { Quote } from '../../src/domain/quote.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { MarketData } from '../../src/ports/venue.ts';

export interface PegTerms {
  readonly rules: PegRules;
  readonly references: readonly PegReference[];
}

export interface PegWatch {
  readonly pegOf: PegOf;
  /** Takes the latest prices into account, and alerts of what they say. */
  look(anchor: ClockAnchor): void;
  /** Streams the references until the signal aborts. Never rejects. */
  follow(signal: AbortSignal): Promise<void>;
  /** Why nothing is opened in these coins, by the prices of this moment; null: nothing stands against it. */
  openingRefusal(coins: readonly string[]): Promise<string | null>;
  /** Reads those references that nothing was heard of lately, over REST. Never rejects. */
  refresh(): Promise<void>;
}

/** Wall time: a reference that showed no life for longer is not live. */
const maxReferenceAgeMs = 10_000;
/** Wall time: the state of an earlier look is believed for as long. */
const maxLookGapMs = 10_000;
const retryMs = 5_000;
/** Wall time without two live references before a person hears of it. */
const unknownAlertMs = 30_000;

/** @param terms null: the configuration says `depeg: off` */
export function createPegWatch(
  terms: PegTerms | null,
  ports: {
    readonly marketData: Pick<MarketData, 'orderBook' | 'watch'>;
    readonly alerts: Alerts;
    readonly clock: Clock;
  },
): PegWatch {
  const { marketData, alerts, clock } = ports;
  const references = terms?.references ?? [];
  const coins = [...new Set(references.map(({ coin }) => coin))];
  const quotes = new Map<string, Quote>();
  const states = new Map<string, PegState>();
  const told = new Map<string, { unknownSinceMs: number | null; alert: string | null }>();
  let lookedAtMs = 0;
  // One after the other, so that a resolution cannot overtake the alert that it resolves.
  let written: Promise<void> = Promise.resolve();

  return {
    pegOf(coin) {
      if (terms === null) return { kind: 'exempt' };
      return states.get(coin) ?? unreferenced(coin);
    },
    look(anchor) {
      if (terms === null) return;
      const wallMs = clock.nowMs();
      const now = { wallMs, marketMs: marketTimeMs(anchor, wallMs) };
      const isContinuous = wallMs - lookedAtMs <= maxLookGapMs;
      lookedAtMs = wallMs;
      for (const coin of coins) {
        const before = isContinuous ? (states.get(coin) ?? null) : null;
        const state = nextPegState(terms.rules, coin, pricesOf(coin, wallMs), now, before);
        states.set(coin, state);
        tell(coin, state, wallMs);
      }
    },
    async follow(signal) {
      await Promise.all(references.map((reference) => followOne(reference, signal)));
    },
    async openingRefusal(given) {
      if (terms === null) return null;
      await refresh();
      return pegRefusal((coin) => priced(coin, terms.rules), given);
    },
    refresh,
  };

  async function refresh(): Promise<void> {
    const nowMs = clock.nowMs();
    const silent = references.filter((reference) => !isLive(quotes.get(nameOf(reference)), nowMs));
    await Promise.allSettled(silent.map(async ({ venue, symbol }) => keep(await marketData.orderBook(venue, symbol))));
  }

  /** By its prices alone, whatever was seen before. */
  function priced(coin: string, rules: PegRules): PegState {
    if (!coins.includes(coin)) return unreferenced(coin);
    const wallMs = clock.nowMs();
    return nextPegState(rules, coin, pricesOf(coin, wallMs), { wallMs, marketMs: 0 }, null);
  }

  function keep(quote: Quote): void {
    quotes.set(nameOf(quote), quote);
  }

  async function followOne(reference: PegReference, signal: AbortSignal): Promise<void> {
    const { venue, symbol } = reference;
    while (!signal.aborted) {
      await marketData.watch([{ venue, symbol }], keep, signal).catch(() => undefined);
      if (!signal.aborted) await sleep(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  function pricesOf(coin: string, nowMs: number): PegPrice[] {
    return references.flatMap((reference) => {
      const quote = quotes.get(nameOf(reference));
      if (reference.coin !== coin || quote === undefined || !isLive(quote, nowMs)) return [];
      const priceUsd = midPrice(quote);
      return priceUsd === null ? [] : [{ venue: reference.venue, priceUsd }];
    });
  }

  /** One alert a coin at a time: its peg is broken, or unknown for long. */
  function tell(coin: string, state: PegState, nowMs: number): void {
    const before = told.get(coin) ?? { unknownSinceMs: null, alert: null };
    const unknownSinceMs = state.kind === 'unknown' ? (before.unknownSinceMs ?? nowMs) : null;
    const alert = alertOf(coin, state, unknownSinceMs === null ? 0 : nowMs - unknownSinceMs);
    told.set(coin, { unknownSinceMs, alert: alert?.key ?? null });
    if (alert?.key === before.alert) return;
    const { alert: over } = before;
    if (over !== null) written = written.then(() => alerts.resolve(over));
    if (alert !== null)
      written = written.then(() => alerts.raise({ ...alert, severity: 'critical', positionKey: null }));
  }
}

/** A coin that is meant to be worth a dollar, and that nobody looks at, is unknown. */
function unreferenced(coin: string): PegState {
  const detail = `${coin}: no reference shows its USD price`;
  return dollarCoins.has(coin) ? { kind: 'unknown', detail } : { kind: 'exempt' };
}

function alertOf(
  coin: string,
  state: PegState,
  unknownForMs: number,
): { readonly key: string; readonly message: string } | null {
  if (state.kind === 'broken')
    return { key: alertKeys.depeg(coin), message: `depeg: ${state.detail}; nothing is opened` };
  if (state.kind !== 'unknown' || unknownForMs < unknownAlertMs) return null;
  return { key: alertKeys.peg_unknown(coin), message: `the peg is unknown: ${state.detail}; nothing is opened` };
}

function isLive(quote: Quote | undefined, nowMs: number): boolean {
  return quote !== undefined && nowMs - quote.aliveAtMs <= maxReferenceAgeMs;
}

function nameOf({ venue, symbol }: { readonly venue: string; readonly symbol: string }): string {
  return `${venue} ${symbol}`;
}
