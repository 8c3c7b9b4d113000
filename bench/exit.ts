/** `bench exit`: from the quote that makes an exit rule true to both closing orders at the exchanges. */
import { setTimeout as pause } from 'node:timers/promises';
import { signalNames } from '../src/domain/names.ts';
import { asRecord } from '../src/stack/home/json-file.ts';
import { perpSymbol, prices } from './bench-config.ts';
import { withBenchStack, type BenchStack } from './bench-stack.ts';
import type { Timeline } from './history.ts';
import { load, machine, wallMs } from './machine.ts';
import { positionRuns } from './position-runs.ts';
import { goalOf, type Report } from './report.ts';
import type { RunOptions } from './run-options.ts';
import { clientOrderIdOf, closingOrders, exitStages, stageFigures, type ExitMoments, type Stages } from './stages.ts';
import { distribution } from './statistics.ts';
import { priceChangesAtMs } from './sim-control.ts';

/** Reached when the perpetual's price comes back to the spot's. */
const exitBps = '0';
const goal = { p50Ms: 40, p99Ms: 150 };
/** Until every stream shows the price that a run starts from: they publish every 100 ms. */
const settleMs = 300;
/** The change falls anywhere between two publications of a stream. */
const jitterMs = 100;
const evaluationTimeoutMs = 15_000;

interface ExitRun {
  /** Wall time around the request that changed the price. */
  readonly between: readonly [number, number];
  readonly timeline: Timeline;
}

export async function benchExit(options: RunOptions): Promise<Report> {
  return withBenchStack({ exitBps, ...options }, async (bench) => {
    const { runs, loadBefore } = await measure(bench, options);
    const accepted = await bench.control.acceptedAtMs();
    const changes = priceChangesAtMs(bench.journalFile, 'binanceusdm');
    const stages = runs.map((run): Stages => exitStages(momentsOf(run, accepted, changes), run.timeline));
    const of = (stage: string) => distribution(stages.map((run) => run[stage] ?? Number.NaN));
    const figures = of('quote seen → both closes accepted');
    return {
      name: 'exit',
      measures: 'quote that crosses seen by the watcher → the later closing order accepted by its exchange',
      runs: runs.length,
      warmup: options.warmup,
      ...figures,
      goal: goalOf(goal, figures),
      also: {
        'price change → both closes accepted': of('price change → both closes accepted'),
        'price change → quote seen by the watcher': of('price change → quote seen by the watcher'),
        'exit decided → both closes accepted': distribution(
          stages.map(
            (run) =>
              (run['quote seen → both closes accepted'] ?? Number.NaN) -
              (run['quote seen → confirmed on fresh order books'] ?? Number.NaN),
          ),
        ),
      },
      stages: stageFigures(stages),
      clockCheck: {
        what: 'price change ≤ quote seen ≤ decided ≤ signal ≤ accepted, all on one clock (1 ms allowed)',
        held: runs.filter((run) => isInOrder(momentsOf(run, accepted, changes))).length,
        of: runs.length,
      },
      machine: machine(loadBefore),
    };
  });
}

async function measure(bench: BenchStack, { runs: wanted, warmup, log }: RunOptions) {
  const { control, signal } = bench;
  const positions = await positionRuns(bench);
  const runs: ExitRun[] = [];
  let loadBefore = load();
  for (let run = -warmup; run < wanted; run += 1) {
    if (run === 0) loadBefore = load();
    await control.setPrice('binanceusdm', perpSymbol, prices.perpOpen);
    await pause(settleMs, undefined, { signal });
    const position = await positions.open();
    await untilEvaluated(bench, position.key);
    await pause(Math.random() * jitterMs, undefined, { signal });
    const before = wallMs();
    await control.setPrice('binanceusdm', perpSymbol, prices.perpConverged);
    const after = wallMs();
    const timeline = await positions.closed(position);
    if (run >= 0) runs.push({ between: [before, after], timeline });
    if (run > 0 && run % 10 === 0) log(`${run} of ${wanted} runs`);
  }
  return { runs, loadBefore };
}

/** The watcher has the position and its quotes. */
async function untilEvaluated({ ledger, signal }: BenchStack, key: string): Promise<void> {
  const endsAtMs = wallMs() + evaluationTimeoutMs;
  while ((await ledger.evaluatedAtMs(key)) === null) {
    if (wallMs() > endsAtMs) throw new Error(`${key} is not evaluated by the watcher`);
    await pause(50, undefined, { signal });
  }
}

function momentsOf(
  { between: [before, after], timeline }: ExitRun,
  accepted: ReadonlyMap<string, number>,
  changes: readonly number[],
): ExitMoments {
  const changedAtMs = changes.find((atMs) => atMs >= Math.floor(before) && atMs <= after);
  const signalled = timeline.signals.find(({ name }) => name === signalNames.exit);
  if (changedAtMs === undefined || signalled === undefined) throw new Error('a run without its change or its signal');
  const { decisionId, observedAtMs } = asRecord(signalled.input) ?? {};
  const times = closingOrders(timeline).map((order) => accepted.get(clientOrderIdOf(order)) ?? Number.NaN);
  return {
    changedAtMs,
    // A decision's id ends in the moment from which its rule held.
    seenAtMs: Number(String(decisionId).split('/').at(-1)),
    decidedAtMs: Number(observedAtMs),
    signalledAtMs: signalled.atMs,
    acceptedAtMs: Math.max(...times),
  };
}

function isInOrder({ changedAtMs, seenAtMs, decidedAtMs, signalledAtMs, acceptedAtMs }: ExitMoments): boolean {
  const moments = [changedAtMs, seenAtMs, decidedAtMs, signalledAtMs, acceptedAtMs];
  return moments.every((atMs, index) => index === 0 || atMs >= (moments[index - 1] ?? Infinity) - 1);
}
