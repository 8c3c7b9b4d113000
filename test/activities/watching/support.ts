/** A watched position with its ports made by hand: a clock that stands still, quotes, signals and alerts that are kept. */
import { everyPegExempt } from '../../../src/domain/peg.ts';
import type { Quote } from '../../../src/domain/quote.ts';
import type { ExitDecision, Mark, Watch } from '../../../src/domain/watch.ts';
import type { Alert, Alerts } from '../../../src/ports/alerts.ts';
import { createExitWatch, type ExitWatch } from '../../../activities/watching/exit-watch.ts';
import { examplePlan } from '../../support/plans.ts';
import { perpBook, spotBook } from '../../support/quotes.ts';

export const startMs = 1_000_000_000;

/** Long spot: 10,000 bought at 1.0000, sold at 1.0020, 1 USD of fees so far. Market time is wall time. */
export function watchOf(change: Partial<Watch> = {}): Watch {
  const plan = change.plan ?? examplePlan({ direction: 'long_spot_short_perp' });
  return {
    key: plan.key,
    workflowId: `position/${plan.key}`,
    plan,
    anchor: { wallMs: 0, marketMs: 0, scale: 1, tapeEndMs: null },
    spotQuantityBase: '10000',
    perpQuantityBase: '10000',
    spotOpenPrice: '1.0000',
    perpOpenPrice: '1.0020',
    openFeesUsd: '1',
    hedgedAtMs: startMs,
    ...change,
  };
}

export interface FakeClock {
  ms: number;
  nowMs(): number;
}

export function fakeClock(): FakeClock {
  return {
    ms: startMs,
    nowMs() {
      return this.ms;
    },
  };
}

export interface FakeAlerts extends Alerts {
  readonly raised: Alert[];
  readonly resolved: string[];
}

export function fakeAlerts(): FakeAlerts {
  const raised: Alert[] = [];
  const resolved: string[] = [];
  return {
    raised,
    resolved,
    raise: (alert) => Promise.resolve(void raised.push(alert)),
    resolve: (key) => Promise.resolve(void resolved.push(key)),
  };
}

/** Both order books, proved alive at this moment, that would close at these prices. */
export function booksAt(spotBid: string, perpAsk: string, aliveAtMs: number): [Quote, Quote] {
  return [
    spotBook({ bids: [[spotBid, '20000']], asks: [['2', '20000']], aliveAtMs }),
    perpBook({ bids: [['0.1', '20000']], asks: [[perpAsk, '20000']], aliveAtMs }),
  ];
}

/** Closing here is −5.8 %: the stop. */
export const lostPerpAsk = '1.0600';
/** The gap is held here: neither a profit nor a loss to leave for. */
export const heldPerpAsk = '1.0012';
/** The gap has closed here. */
export const convergedPerpAsk = '1.0002';

export interface Sent {
  readonly name: string;
  readonly payload: ExitDecision | Mark;
}

/** No funding rate, no pegs, no reading of the account. */
const nothingElse = { outlook: null, pegOf: everyPegExempt, perpReading: null, margin: null };

export interface WatchedPosition {
  readonly clock: FakeClock;
  /** How far Temporal's clock is ahead of the watcher's. */
  temporalAheadMs: number;
  readonly alerts: FakeAlerts;
  readonly exitWatch: ExitWatch;
  readonly sent: Sent[];
  readonly warnings: string[];
  /** What each further signal rejects with. */
  signalFailure: Error | null;
  /** What a fresh read of both order books gives. */
  freshQuotes: () => Promise<[Quote, Quote]>;
  freshReads: number;
  /** One evaluation on live order books that would close at these prices. */
  see(perpAsk: string, spotBid?: string): boolean;
  seeNothing(): boolean;
}

export function watchedPosition(watch: Watch = watchOf(), clock: FakeClock = fakeClock()): WatchedPosition {
  const alerts = fakeAlerts();
  const sent: Sent[] = [];
  const warnings: string[] = [];
  const signal = (name: string, payload: ExitDecision | Mark): Promise<void> => {
    if (position.signalFailure !== null) return Promise.reject(position.signalFailure);
    sent.push({ name, payload });
    return Promise.resolve();
  };
  const ports = {
    client: { workflow: { getHandle: () => ({ signal }) } },
    alerts,
    clock,
    temporalClock: { nowMs: () => clock.nowMs() + position.temporalAheadMs },
    warn: (message: string) => void warnings.push(message),
    freshQuotes: () => {
      position.freshReads += 1;
      return position.freshQuotes();
    },
  };
  const exitWatch = createExitWatch(watch, ports);
  const position: WatchedPosition = {
    clock,
    temporalAheadMs: 0,
    alerts,
    exitWatch,
    sent,
    warnings,
    signalFailure: null,
    freshReads: 0,
    freshQuotes: () => Promise.resolve(booksAt('1.0000', heldPerpAsk, clock.ms)),
    see: (perpAsk, spotBid = '1.0000') => exitWatch.evaluate(...booksAt(spotBid, perpAsk, clock.ms), nothingElse),
    seeNothing: () => exitWatch.evaluate(null, null, nothingElse),
  };
  return position;
}

/** Lets everything that was started, and waits for nothing but promises, come to its end. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
