/** The armed watches of a shard: kept in step with the ledger, evaluated, stamped and marked. */
import type { Client } from '@temporalio/client';
import type { Quote } from '../../src/domain/quote.ts';
import type { Watch } from '../../src/domain/watch.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { createExitWatch, type ExitWatch } from './exit-watch.ts';
import type { FundingReader } from './funding-reader.ts';
import { fundingToDate } from './funding-to-date.ts';

const reloadIntervalMs = 5_000;
const fundingIntervalMs = 5_000;
const markIntervalMs = 30_000;

export interface ArmedPositions {
  onQuote(quote: Quote): void;
  readonly isTaken: (pairId: string) => boolean;
  /** Reloads what is due, evaluates everything, stamps what was evaluated, and writes marks. */
  pass(): Promise<void>;
  readonly reloadSoon: () => void;
  wake(): void;
  /** Resolves when a reload is asked for or the watcher is woken, and after `timeoutMs` at the latest. */
  change(timeoutMs: number): Promise<void>;
}

export interface ArmedPositionsPorts {
  readonly ledger: Ledger;
  readonly alerts: Alerts;
  readonly clock: Clock;
  readonly client: Pick<Client, 'workflow'>;
  readonly shard: string;
  readonly quote: (venue: string, symbol: string) => Quote | undefined;
  readonly funding: FundingReader;
  readonly warn: (message: string) => void;
  readonly freshQuotes: (watch: Watch) => Promise<[Quote, Quote]>;
}

export function armedPositions(ports: ArmedPositionsPorts): ArmedPositions {
  const { ledger, clock, quote, funding } = ports;
  const armed = new Map<string, ExitWatch>();
  let reloadDue = true;
  let reloadedAtMs = 0;
  let fundingReadAtMs = 0;
  let markedAtMs = clock.nowMs();
  let wake: () => void = () => undefined;

  const evaluate = (exitWatch: ExitWatch): void => {
    const { spot, perp } = exitWatch.watch.plan;
    exitWatch.evaluate(
      quote(spot.instrument.venue, spot.instrument.symbol) ?? null,
      quote(perp.instrument.venue, perp.instrument.symbol) ?? null,
      funding.outlook(perp.instrument.venue, perp.instrument.symbol),
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
      for (const exitWatch of armed.values()) evaluate(exitWatch);
      const evaluated = [...armed.values()]
        .filter((exitWatch) => exitWatch.mark() !== null)
        .map(({ watch }) => watch.key);
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
    for (const key of armed.keys()) if (!keys.has(key)) armed.delete(key);
    for (const watch of watches) if (!armed.has(watch.key)) armed.set(watch.key, createExitWatch(watch, ports));
  }

  async function readFunding(): Promise<void> {
    fundingReadAtMs = clock.nowMs();
    const watches: Watch[] = [...armed.values()].map(({ watch }) => watch);
    for (const account of new Set(watches.map(({ plan }) => plan.perp.account))) {
      const payments = await ledger.fundingPaymentsOfAccount(account);
      for (const exitWatch of armed.values()) {
        if (exitWatch.watch.plan.perp.account === account)
          exitWatch.setFunding(fundingToDate(exitWatch.watch, watches, payments));
      }
    }
  }

  async function writeMarks(): Promise<void> {
    markedAtMs = clock.nowMs();
    const marks = [...armed.values()].flatMap((exitWatch) => exitWatch.mark() ?? []);
    if (marks.length > 0) await ledger.writeMarks(marks);
    for (const exitWatch of armed.values()) exitWatch.showMark();
  }
}
