/**
 * Watches the book as a whole: its drawdown, which halts the engine, and the hourly bases that correlations are computed
 * from. Fire and forget: positions are evaluated and heartbeats sent whatever becomes of it.
 */
import { alertKeys } from '../../src/domain/alert-keys.ts';
import { midBasisBps } from '../../src/domain/basis.ts';
import { decimal, roundTo, sum, toText } from '../../src/domain/decimal.ts';
import type { EquityMark } from '../../src/domain/equity/mark.ts';
import { staleness } from '../../src/domain/freshness.ts';
import { marketTimeMs, type ClockAnchor } from '../../src/domain/market-clock.ts';
import type { BasisPoint } from '../../src/domain/portfolio/correlation.ts';
import type { Quote } from '../../src/domain/quote.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { Pair } from '../../src/strategy/pair.ts';
import { messageOf } from '../failures.ts';

export interface GuardTerms {
  /** Null: no drawdown halts. */
  readonly maxDrawdownPct: string | null;
  /** A halt closes what is open, too. */
  readonly haltCloses: boolean;
}

/** What the engine is told. */
export interface HaltOrder {
  readonly reason: string;
  readonly closeAll: boolean;
}

export interface GuardPorts {
  readonly ledger: Pick<Ledger, 'observeEquity' | 'recordBases'>;
  readonly alerts: Alerts;
  readonly clock: Clock;
  readonly terms: GuardTerms;
  readonly book: string;
  readonly anchor: ClockAnchor;
  readonly pairs: readonly Pair[];
  readonly quote: (venue: string, symbol: string) => Quote | undefined;
  /** A text says why it is not known now. */
  readonly equityNow: () => Promise<Omit<EquityMark, 'mark'> | string>;
  readonly halt: (order: HaltOrder) => Promise<void>;
  readonly warn: (message: string) => void;
}

const observeIntervalMs = 2_000;
/** Wall time for which a drawdown must have held, so that one bad price does not halt a book. */
const drawdownHoldMs = 3_000;
/** Level-triggered: the engine is told again while it lasts. */
const repeatMs = 30_000;
const hourMs = 3_600_000;

export function createPortfolioGuard(ports: GuardPorts): { pass(): Promise<void> } {
  const { ledger, alerts, clock, terms, book, anchor, pairs, quote, warn } = ports;
  const recordedHours = new Map<string, number>();
  let running = false;
  let observedAtMs = 0;
  let overSinceMs: number | null = null;
  let haltedAtMs = 0;
  let alerted: boolean | null = null;

  return {
    /** Never throws, and does nothing while an earlier pass is on. */
    async pass() {
      if (running) return;
      running = true;
      try {
        await recordBases();
        await observe();
      } catch (error) {
        warn(`the portfolio of ${book} could not be watched: ${messageOf(error)}`);
      } finally {
        running = false;
      }
    },
  };

  /** The first good look at a pair in each market hour. */
  async function recordBases(): Promise<void> {
    const nowWallMs = clock.nowMs();
    const hour = Math.floor(marketTimeMs(anchor, nowWallMs) / hourMs) * hourMs;
    const due = pairs.filter(({ pairId }) => recordedHours.get(pairId) !== hour);
    const points = due.flatMap((pair): BasisPoint[] => {
      const spot = quote(pair.spot.instrument.venue, pair.spot.instrument.symbol) ?? null;
      const perp = quote(pair.perp.instrument.venue, pair.perp.instrument.symbol) ?? null;
      if (staleness(spot, perp, nowWallMs) !== null || spot === null || perp === null) return [];
      const basis = midBasisBps(spot, perp);
      if (basis === null) return [];
      return [{ pairId: pair.pairId, hourMs: hour, midBasisBps: toText(roundTo(basis, 8, 'half_even')) }];
    });
    if (points.length === 0) return;
    await ledger.recordBases(points);
    for (const { pairId } of points) recordedHours.set(pairId, hour);
  }

  async function observe(): Promise<void> {
    if (terms.maxDrawdownPct === null || clock.nowMs() - observedAtMs < observeIntervalMs) return;
    observedAtMs = clock.nowMs();
    const equity = await ports.equityNow();
    if (typeof equity === 'string') {
      // For how long it lasted is then not known either.
      overSinceMs = null;
      return;
    }
    const transferred = sum(equity.transfers.map(({ amount, priceUsd }) => decimal(amount).times(decimal(priceUsd))));
    const seen = { equityUsd: equity.equityUsd, transferredUsd: toText(transferred) };
    await follow(await ledger.observeEquity(book, seen, clock.nowMs()), terms.maxDrawdownPct);
  }

  async function follow(drawdownPct: string, maxDrawdownPct: string): Promise<void> {
    const nowMs = clock.nowMs();
    if (decimal(drawdownPct).lt(decimal(maxDrawdownPct))) {
      overSinceMs = null;
      // Unknown at first: a watcher before this one may have left the alert standing.
      if (alerted !== false) await alerts.resolve(alertKeys.drawdown(book));
      alerted = false;
      return;
    }
    overSinceMs ??= nowMs;
    if (nowMs - overSinceMs < drawdownHoldMs || nowMs - haltedAtMs < repeatMs) return;
    haltedAtMs = nowMs;
    const seen = `equity of ${book} is ${decimal(drawdownPct).toFixed(2)} % under its high-water mark`;
    const reason = `${seen}, at or over ${maxDrawdownPct} %`;
    if (alerted !== true) {
      const message = `${reason}: halted until a person resumes`;
      await alerts.raise({ key: alertKeys.drawdown(book), severity: 'critical', message, positionKey: null });
    }
    alerted = true;
    await ports.halt({ reason, closeAll: terms.haltCloses });
  }
}
