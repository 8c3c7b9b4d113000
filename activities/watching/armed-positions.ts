/** The armed watches of a shard: kept in step with the ledger, evaluated, stamped and marked. */
import { isDeepStrictEqual } from 'node:util';
import { loanOf } from '../../src/domain/margin/borrow.ts';
import { toText } from '../../src/domain/decimal.ts';
import type { MarginReading, PerpReading } from '../../src/domain/exits/seen.ts';
import type { PegOf } from '../../src/domain/peg.ts';
import type { PositionPlan } from '../../src/domain/position.ts';
import type { Quote } from '../../src/domain/quote.ts';
import type { Watch } from '../../src/domain/watch.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { AccountReading } from '../../src/ports/venue.ts';
import { chargedInterest } from '../records/interest.ts';
import { createExitWatch, markIntervalMs, type ExitWatch, type SignalClient } from './exit-watch.ts';
import type { FundingReader } from './funding-reader.ts';
import { createFundingToDate } from './funding-to-date.ts';

const reloadIntervalMs = 5_000;
const fundingIntervalMs = 5_000;
const readingIntervalMs = 5_000;

export interface ArmedPositions {
  onQuote(quote: Quote): void;
  readonly isTaken: (pairId: string) => boolean;
  /** Reloads what is due, evaluates everything, stamps what could be evaluated, and writes marks. */
  pass(): Promise<void>;
  readonly reloadSoon: () => void;
  wake(): void;
  /** Resolves when a reload is asked for or the watcher is woken, and after `timeoutMs` at the latest. */
  change(timeoutMs: number): Promise<void>;
}

export type ArmedPositionsLedger = Pick<
  Ledger,
  | 'armedWatches'
  | 'latestReading'
  | 'fundingPaymentsOfAccount'
  | 'interestOfAccount'
  | 'fillsOfAccount'
  | 'baselines'
  | 'stampEvaluated'
  | 'writeMarks'
>;

export interface ArmedPositionsPorts {
  readonly ledger: ArmedPositionsLedger;
  readonly alerts: Alerts;
  readonly clock: Clock;
  readonly temporalClock: Clock;
  readonly client: SignalClient;
  readonly shard: string;
  readonly quote: (venue: string, symbol: string) => Quote | undefined;
  readonly funding: FundingReader;
  readonly pegOf: PegOf;
  readonly warn: (message: string) => void;
  readonly freshQuotes: (watch: Watch) => Promise<[Quote, Quote]>;
}

export function armedPositions(ports: ArmedPositionsPorts): ArmedPositions {
  const { ledger, clock, quote, funding } = ports;
  const armed = new Map<string, ExitWatch>();
  const fundingSoFar = createFundingToDate(ports);
  let reloadDue = true;
  let reloadedAtMs = 0;
  let fundingReadAtMs = 0;
  let readingsReadAtMs = 0;
  let readings = new Map<string, AccountReading>();
  let markedAtMs = clock.nowMs();
  let wake: () => void = () => undefined;

  const evaluate = (exitWatch: ExitWatch): boolean => {
    const { spot, perp } = exitWatch.watch.plan;
    return exitWatch.evaluate(
      quote(spot.instrument.venue, spot.instrument.symbol) ?? null,
      quote(perp.instrument.venue, perp.instrument.symbol) ?? null,
      {
        outlook: funding.outlook(perp.instrument.venue, perp.instrument.symbol),
        pegOf: ports.pegOf,
        perpReading: perpReadingOf(readings.get(perp.account) ?? null, perp.instrument.symbol),
        margin: marginReadingOf(exitWatch.watch.plan, readings.get(spot.account) ?? null),
      },
    );
  };

  return {
    onQuote({ venue, symbol }) {
      for (const exitWatch of armed.values()) {
        const { spot, perp } = exitWatch.watch.plan;
        const concerned = [spot.instrument, perp.instrument].some(
          (one) => one.venue === venue && one.symbol === symbol,
        );
        if (concerned) evaluate(exitWatch);
      }
    },
    isTaken: (pairId) => [...armed.values()].some(({ watch }) => watch.plan.pairId === pairId),
    async pass() {
      if (reloadDue || clock.nowMs() - reloadedAtMs > reloadIntervalMs) await reload();
      if (armed.size > 0 && clock.nowMs() - fundingReadAtMs > fundingIntervalMs) await readFunding();
      if (armed.size > 0 && clock.nowMs() - readingsReadAtMs > readingIntervalMs) await readReadings();
      const evaluated = [...armed.values()].filter(evaluate).map(({ watch }) => watch.key);
      if (evaluated.length > 0) await ledger.stampEvaluated(evaluated, clock.nowMs());
      if (clock.nowMs() - markedAtMs > markIntervalMs) await writeMarks();
    },
    reloadSoon() {
      reloadDue = true;
      wake();
    },
    wake: () => wake(),
    change: (timeoutMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (reloadDue) wake();
      }),
  };

  async function reload(): Promise<void> {
    reloadDue = false;
    const watches = await ledger.armedWatches(ports.shard);
    reloadedAtMs = clock.nowMs();
    const keys = new Set(watches.map(({ key }) => key));
    for (const [key, exitWatch] of armed) {
      if (keys.has(key)) continue;
      exitWatch.end();
      armed.delete(key);
    }
    for (const watch of watches) {
      // Arming again replaces the watch: its sizes or its rules may have changed.
      if (isDeepStrictEqual(armed.get(watch.key)?.watch, watch)) continue;
      armed.set(watch.key, createExitWatch(watch, ports));
      fundingReadAtMs = 0;
      readingsReadAtMs = 0;
    }
  }

  async function readFunding(): Promise<void> {
    fundingReadAtMs = clock.nowMs();
    const watches = [...armed.values()].map(({ watch }) => watch);
    const fundingUsd = await fundingSoFar.read(watches);
    for (const [key, amountUsd] of fundingUsd) armed.get(key)?.setFunding(amountUsd);
    for (const { plan } of watches.filter((watch) => loanOf(watch.plan) !== null)) {
      armed.get(plan.key)?.setInterest(toText(await chargedInterest(ledger, plan)));
    }
  }

  async function readReadings(): Promise<void> {
    readingsReadAtMs = clock.nowMs();
    const accounts = [...new Set([...armed.values()].flatMap(({ watch }) => readAccounts(watch)))];
    const found = await Promise.all(accounts.map((account) => ledger.latestReading(account)));
    readings = new Map(found.flatMap((reading) => (reading === null ? [] : [[reading.account, reading] as const])));
  }

  async function writeMarks(): Promise<void> {
    const before = markedAtMs;
    markedAtMs = clock.nowMs();
    // A position that cannot be evaluated keeps its last mark, which was written then.
    const marks = [...armed.values()].flatMap((one) => one.mark() ?? []).filter(({ atWallMs }) => atWallMs > before);
    if (marks.length > 0) await ledger.writeMarks(marks);
    for (const exitWatch of armed.values()) exitWatch.showMark();
  }
}

function readAccounts({ plan }: Watch): string[] {
  return loanOf(plan) === null ? [plan.perp.account] : [plan.perp.account, plan.spot.account];
}

/** What the spot account's reading says of its loans; null without a reading, and for a spot leg that is not borrowed. */
export function marginReadingOf(plan: PositionPlan, reading: AccountReading | null): MarginReading | null {
  if (reading === null || loanOf(plan) === null) return null;
  return { state: reading.margin ?? null, readAtMs: reading.readAtMs };
}

/** What an account's reading says of the position in its perpetual; null without a reading. */
export function perpReadingOf(reading: AccountReading | null, symbol: string): PerpReading | null {
  if (reading === null) return null;
  const position = reading.positions.find((one) => one.symbol === symbol);
  return {
    liquidationPrice: position?.liquidationPrice ?? null,
    markPrice: position?.markPrice ?? null,
    readAtMs: reading.readAtMs,
  };
}
