/** The document that a benchmark prints, and the same for a person. */
import { table, type Column } from '../src/cli/text/table.ts';
import type { Machine } from './machine.ts';
import type { StageFigures } from './stages.ts';
import type { Distribution } from './statistics.ts';

export interface Goal {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly met: boolean;
}

export interface Report extends Distribution {
  readonly name: string;
  /** What the figures at the top are the time of. */
  readonly measures: string;
  readonly runs: number;
  readonly warmup: number;
  readonly goal: Goal;
  readonly also: Readonly<Record<string, Distribution>>;
  readonly stages: readonly StageFigures[];
  readonly clockCheck: { readonly what: string; readonly held: number; readonly of: number };
  readonly machine: Machine;
}

export function goalOf(goal: { p50Ms: number; p99Ms: number }, { p50Ms, p99Ms }: Distribution): Goal {
  return { ...goal, met: p50Ms <= goal.p50Ms && p99Ms <= goal.p99Ms };
}

export function reportText(report: Report): string {
  const { goal, machine, clockCheck } = report;
  const rows: StageFigures[] = [
    { ...report, stage: report.measures },
    ...Object.entries(report.also).map(([stage, figures]) => ({ stage, ...figures })),
  ];
  const verdict = `goal p50 ≤ ${goal.p50Ms} ms, p99 ≤ ${goal.p99Ms} ms: ${goal.met ? 'met' : 'not met'}`;
  return [
    `${report.name}: ${report.runs} runs after ${report.warmup} to warm up; ${verdict}`,
    '',
    table(columns('MS'), rows),
    '',
    table(columns('WHERE THE TIME GOES, MS'), report.stages),
    '',
    `clocks: ${clockCheck.what}: ${clockCheck.held} of ${clockCheck.of} runs`,
    `machine: ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, ${machine.platform}, Node ${machine.node}`,
    `load: ${machine.loadBefore} before, ${machine.loadAfter} after`,
  ].join('\n');
}

function columns(heading: string): Column<StageFigures>[] {
  const figure = (name: string, of: (row: StageFigures) => number): Column<StageFigures> => ({
    heading: name,
    align: 'right',
    text: (row) => of(row).toFixed(1),
  });
  return [
    { heading, text: ({ stage }) => stage },
    figure('P50', ({ p50Ms }) => p50Ms),
    figure('P90', ({ p90Ms }) => p90Ms),
    figure('P99', ({ p99Ms }) => p99Ms),
    figure('MAX', ({ maxMs }) => maxMs),
  ];
}
