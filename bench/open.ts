/** `bench open`: from the client's call to both legs acknowledged by the exchanges, the ledger and every step included. */
import { bareCcxt } from './bare-ccxt.ts';
import { withBenchStack, type BenchStack } from './bench-stack.ts';
import type { Timeline } from './history.ts';
import { load, machine } from './machine.ts';
import { positionRuns } from './position-runs.ts';
import { goalOf, type Report } from './report.ts';
import type { RunOptions } from './run-options.ts';
import { clientOrderIdOf, firstOrders, laterOf, openStages, stageFigures } from './stages.ts';
import { distribution } from './statistics.ts';

/** The gap never gets this small: a position stays open until it is closed by force. */
const neverConverges = '-1000';
const goal = { p50Ms: 40, p99Ms: 100 };

interface OpenRun {
  readonly calledAtMs: number;
  readonly returnedAtMs: number;
  readonly timeline: Timeline;
  readonly bareMs: number;
}

export async function benchOpen(options: RunOptions): Promise<Report> {
  return withBenchStack({ exitBps: neverConverges, ...options }, async (bench) => {
    const { runs, loadBefore } = await measure(bench, options);
    const accepted = await bench.control.acceptedAtMs();
    const stages = runs.map(({ calledAtMs, timeline }) => {
      const times = firstOrders(timeline).map((order) => accepted.get(clientOrderIdOf(order)) ?? Number.NaN);
      return openStages(calledAtMs, timeline, Math.max(...times));
    });
    const endToEnd = runs.map(({ calledAtMs, timeline }) => laterOf(firstOrders(timeline)).completedAtMs - calledAtMs);
    const figures = distribution(endToEnd);
    const bare = distribution(runs.map(({ bareMs }) => bareMs));
    return {
      name: 'open',
      measures: 'client call before workflow.start → both legs acknowledged and in the ledger',
      runs: runs.length,
      warmup: options.warmup,
      ...figures,
      goal: goalOf(goal, figures),
      also: {
        'bare ccxt, both orders at once': bare,
        'end to end over bare ccxt, run by run': distribution(
          runs.map(({ bareMs }, index) => (endToEnd[index] ?? Number.NaN) - bareMs),
        ),
      },
      stages: stageFigures(stages),
      clockCheck: {
        what: "the server's time of the workflow's start lies inside the client's call (1 ms allowed)",
        held: runs.filter(startIsInsideCall).length,
        of: runs.length,
      },
      machine: machine(loadBefore),
    };
  });
}

async function measure(bench: BenchStack, { runs: wanted, warmup, log }: RunOptions) {
  const positions = await positionRuns(bench);
  const bare = await bareCcxt(bench, positions.plan);
  const runs: OpenRun[] = [];
  let loadBefore = load();
  try {
    for (let run = -warmup; run < wanted; run += 1) {
      if (run === 0) loadBefore = load();
      bench.signal.throwIfAborted();
      const position = await positions.open();
      await positions.forceClose(position);
      const timeline = await positions.closed(position);
      const bareMs = await bare.run();
      if (run >= 0) runs.push({ ...position, timeline, bareMs });
      if (run > 0 && run % 25 === 0) log(`${run} of ${wanted} runs`);
    }
  } finally {
    await bare.close();
  }
  return { runs, loadBefore };
}

/** The two processes read one clock; if they did not, no figure here would mean anything. */
function startIsInsideCall({ calledAtMs, returnedAtMs, timeline }: OpenRun): boolean {
  return timeline.startedAtMs >= calledAtMs - 1 && timeline.startedAtMs <= returnedAtMs + 1;
}
