/**
 * What the recorded bases of the pairs come to: the centre that gaps are measured from, and how wild each is. The ledger
 * is read beside everything else; what was known stays while it cannot be.
 */
import { decimalFromFloat, type Decimal, type DecimalText } from '../../src/domain/decimal.ts';
import { marketTimeMs, wallDurationMs, type ClockAnchor } from '../../src/domain/market-clock.ts';
import { medianBasisBps } from '../../src/domain/portfolio/centre.ts';
import type { BasisPoint } from '../../src/domain/portfolio/correlation.ts';
import { volatilityMultiplier, volatilityWindowMs } from '../../src/domain/portfolio/volatility.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { messageOf } from '../failures.ts';

const hourMs = 3_600_000;
/** Wall time between two reads: a market hour, within these. */
const [soonestMs, latestMs] = [1_000, 300_000];

export interface BasisFigures {
  /** m of the pair in bps; null while too little is recorded. */
  centre(pairId: string): DecimalText | null;
  /** Of the pair's risk score; 1 while too little is recorded. */
  multiplier(pairId: string): Decimal;
  /** Starts to read what is due, and does not wait for it. */
  refresh(): void;
}

export interface BasisFiguresPorts {
  readonly ledger: Pick<Ledger, 'basisHistory'>;
  readonly clock: Clock;
  readonly anchor: ClockAnchor;
  readonly warn: (message: string) => void;
}

export function createBasisFigures(ports: BasisFiguresPorts, pairIds: readonly string[]): BasisFigures {
  const { ledger, clock, anchor, warn } = ports;
  const readAgainMs = Math.min(latestMs, Math.max(soonestMs, wallDurationMs(anchor, hourMs)));
  let points = new Map<string, readonly BasisPoint[]>();
  let newestMs: number | null = null;
  let dueAtMs = 0;
  let reading = false;
  let figuresOfHour = -1;
  const centres = new Map<string, DecimalText | null>();
  const multipliers = new Map<string, Decimal>();
  const nowMarketMs = (): number => marketTimeMs(anchor, clock.nowMs());

  return {
    centre: (pairId) => figure(centres, pairId, medianBasisBps),
    multiplier: (pairId) =>
      figure(multipliers, pairId, (known, nowMs) => decimalFromFloat(volatilityMultiplier(known, nowMs))),
    refresh() {
      if (!reading && clock.nowMs() >= dueAtMs) void read();
    },
  };

  /** Worked out once an hour, and only for a pair that is asked about. */
  function figure<T>(
    found: Map<string, T>,
    pairId: string,
    compute: (known: readonly BasisPoint[], nowMs: number) => T,
  ): T {
    const nowMs = nowMarketMs();
    const hour = Math.floor(nowMs / hourMs);
    if (hour !== figuresOfHour) forget(hour);
    const before = found.get(pairId);
    if (before !== undefined) return before;
    const computed = compute(points.get(pairId) ?? [], nowMs);
    found.set(pairId, computed);
    return computed;
  }

  function forget(hour: number): void {
    figuresOfHour = hour;
    centres.clear();
    multipliers.clear();
  }

  async function read(): Promise<void> {
    reading = true;
    dueAtMs = clock.nowMs() + readAgainMs;
    try {
      const fromMs = nowMarketMs() - volatilityWindowMs;
      const found = await ledger.basisHistory(pairIds, Math.max(fromMs, newestMs ?? fromMs));
      if (found.length > 0) keep(found, fromMs);
    } catch (error) {
      warn(`the recorded bases could not be read: ${messageOf(error)}`);
    } finally {
      reading = false;
    }
  }

  /** The newest hour is read again with the next ones: pairs are recorded one after the other. */
  function keep(found: readonly BasisPoint[], fromMs: number): void {
    const added = Map.groupBy(found, ({ pairId }) => pairId);
    points = new Map(
      pairIds.map((pairId) => {
        const all = [...(points.get(pairId) ?? []), ...(added.get(pairId) ?? [])];
        const byHour = new Map(all.map((point) => [point.hourMs, point]));
        return [pairId, [...byHour.values()].filter((point) => point.hourMs >= fromMs)];
      }),
    );
    newestMs = found.reduce((newest, point) => Math.max(newest, point.hourMs), newestMs ?? 0);
    figuresOfHour = -1;
  }
}
