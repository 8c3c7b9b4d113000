/** The benchmarks: `npm run bench -- open|exit|sim|scan|market-data`. */
import { Command } from 'commander';
import { parseDuration } from '../src/cli/text/duration.ts';
import { BadInput } from '../src/cli/errors.ts';
import { createOutput } from '../src/cli/text/output.ts';
import { tellError } from '../src/cli/text/tell-error.ts';
import { onStopSignal } from '../src/stack/processes/stop-signals.ts';
import { benchExit } from './exit.ts';
import { benchMarketData, marketDataText } from './market-data/market-data.ts';
import { benchOpen } from './open.ts';
import { reportText, type Report } from './report.ts';
import type { RunOptions } from './run-options.ts';
import { benchScan, scanReportText } from './scan.ts';
import { benchSim, simReportText } from './sim/sim.ts';

interface Flags {
  readonly runs: string;
  readonly warmup: string;
  readonly json: boolean;
}

interface MarketDataFlags {
  readonly seconds: string;
  readonly rounds: string;
  readonly soak?: string;
  readonly json: boolean;
}

interface SimFlags {
  readonly seconds: string;
  readonly connections: string;
  readonly subscribers: string;
  readonly node: string;
  readonly json: boolean;
}

const stopping = new AbortController();
const program = new Command('bench')
  .description('Measure how fast positions are opened and left, and how fast the simulated exchanges are')
  .exitOverride()
  .configureOutput({ outputError: () => undefined })
  .addHelpText('after', '\nExample:\n  npm run bench -- open --runs 200 --json');

benchmark('open', "client's call → both legs acknowledged, against ccxt alone", '200', benchOpen);
benchmark('exit', 'quote crosses → both closes at the exchanges', '60', benchExit);

program
  .command('sim')
  .description('simulated exchanges: order round trips and market-data messages a second')
  .option('--seconds <count>', 'measured, of each of the two', '10')
  .option('--connections <count>', 'that send orders, at each of three venues', '24')
  .option('--subscribers <count>', 'websockets, three topics each', '2400')
  .option('--node <arguments>', "of the simulator's Node, such as --cpu-prof", '')
  .option('--json', 'print one JSON document', false)
  .addHelpText('after', '\nExample:\n  npm run bench -- sim --json')
  .action(async (flags: SimFlags) => {
    const output = createOutput(flags.json);
    const signal = stopSignal();
    const report = await benchSim({
      seconds: count(flags.seconds, '--seconds', 1),
      connections: count(flags.connections, '--connections', 1),
      subscribers: count(flags.subscribers, '--subscribers', 2),
      nodeArguments: flags.node.split(' ').filter(Boolean),
      signal,
      log: (line) => output.progress(line),
    });
    output.result(report, () => simReportText(report));
  });

program
  .command('scan')
  .description('10,000 pairs, both sides, and one changed quote')
  .option('--runs <count>', 'full scans', '500')
  .option('--json', 'print one JSON document', false)
  .addHelpText('after', '\nExample:\n  npm run bench -- scan --json')
  .action((flags: Pick<Flags, 'runs' | 'json'>) => {
    const report = benchScan(count(flags.runs, '--runs', 10));
    createOutput(flags.json).result(report, () => scanReportText(report));
  });

program
  .command('market-data')
  .description('messages a second through the market-data connector, against bare ccxt on the same messages')
  .option('--seconds <count>', 'measured, of each round', '5')
  .option('--rounds <count>', 'of each of the two; the median counts', '3')
  .option('--soak <duration>', 'then watch the memory of the connector for so long, such as 10m')
  .option('--json', 'print one JSON document', false)
  .addHelpText('after', '\nExample:\n  npm run bench -- market-data --soak 10m --json')
  .action(async (flags: MarketDataFlags) => {
    const output = createOutput(flags.json);
    const signal = stopSignal();
    const report = await benchMarketData({
      seconds: count(flags.seconds, '--seconds', 1),
      rounds: count(flags.rounds, '--rounds', 1),
      soakMs: flags.soak === undefined ? null : parseDuration(flags.soak, '--soak'),
      signal,
      log: (line) => output.progress(line),
    });
    output.result(report, () => marketDataText(report));
  });

function benchmark(
  name: string,
  description: string,
  usualRuns: string,
  measure: (options: RunOptions) => Promise<Report>,
): void {
  program
    .command(name)
    .description(description)
    .option('--runs <count>', 'measured runs, one position at a time', usualRuns)
    .option('--warmup <count>', 'runs before them that are not counted', '10')
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', `\nExample:\n  npm run bench -- ${name} --runs ${usualRuns} --json`)
    .action(async (flags: Flags) => {
      const output = createOutput(flags.json);
      const signal = stopSignal();
      const report = await measure({
        runs: count(flags.runs, '--runs', 1),
        warmup: count(flags.warmup, '--warmup', 0),
        signal,
        log: (line) => output.progress(line),
      });
      output.result(report, () => reportText(report));
    });
}

/** Aborts when the benchmark is asked to stop. */
function stopSignal(): AbortSignal {
  onStopSignal(() => stopping.abort(new Error('stopped')));
  return stopping.signal;
}

function count(text: string, flag: string, least: number): number {
  if (/^\d{1,6}$/.test(text) && Number(text) >= least) return Number(text);
  throw new BadInput(`${flag} ${JSON.stringify(text)}: write a whole number from ${least}`);
}

try {
  await program.parseAsync();
  process.exit(0);
} catch (error) {
  // Whatever breaks when everything is ended on purpose is not the reason.
  const failure: unknown = stopping.signal.aborted ? stopping.signal.reason : error;
  process.exit(tellError(failure, program, 'npm run bench --'));
}
