/** `npm run faults`: the real stack under random faults and deaths, held against its invariants. */
import { Command, Option } from 'commander';
import { BadInput } from '../../src/cli/errors.ts';
import { createOutput } from '../../src/cli/text/output.ts';
import { tellError } from '../../src/cli/text/tell-error.ts';
import { onStopSignal } from '../../src/stack/processes/stop-signals.ts';
import { smallField, wholeField } from './arena/configuration.ts';
import { reportOf } from './harness-report.ts';
import { roundsOf, runRounds, type Lane } from './harness.ts';
import { runLanes } from './lanes.ts';
import { checkMutations } from './mutations/mutation-check.ts';
import { mutationText, reportText } from './report-text.ts';
import { storyNames } from './rounds/stories.ts';

interface Flags {
  readonly scenarios: string;
  readonly seed: string;
  readonly story: string;
  readonly round?: string;
  readonly perRound: string;
  readonly stacks: string;
  readonly lane?: string;
  readonly failFast: boolean;
  readonly keep: boolean;
  readonly small: boolean;
  readonly settleWithin: string;
  readonly mutations: boolean;
  readonly only?: string;
  readonly json: boolean;
}

const program = new Command('faults')
  .description(
    'Open and close positions by the hundred under faults, kills and restarts, and hold the invariants against the venues',
  )
  .option('--scenarios <count>', 'positions in all', '200')
  .option('--seed <number>', 'of faults, step points, sizes and times; timing is the machine’s', '1')
  .option('--story <names>', `of each round in turn, of: ${storyNames.join(', ')}`, 'storm')
  .option('--round <number>', 'only this round of the seed')
  .option('--per-round <count>', 'positions of one round', '400')
  .option('--stacks <count>', 'rounds at once, each on a stack of its own', '2')
  .addOption(new Option('--lane <which>').hideHelp())
  .option('--fail-fast', 'end after the first round with a violation', false)
  .option('--keep', 'keep the home with its logs', false)
  .option('--small', 'one pair of two accounts: quicker to start', false)
  .option('--settle-within <seconds>', 'after which a position that has not ended is a violation', '240')
  .option('--mutations', 'break the service on purpose, one break at a time, and see each of them noticed', false)
  .option('--only <names>', 'with --mutations: those whose name contains one of them, parted by commas')
  .option('--json', 'print one JSON document', false)
  .addHelpText(
    'after',
    '\nExamples:\n  npm run faults -- --scenarios 1000 --seed 7 --json\n  npm run faults -- --mutations',
  )
  .exitOverride()
  .configureOutput({ outputError: () => undefined })
  .action(async (flags: Flags) => {
    const output = createOutput(flags.json);
    const stories = flags.story.split(',');
    const unknown = stories.find((story) => !storyNames.includes(story));
    if (unknown !== undefined) throw new BadInput(`--story ${unknown}: write some of ${storyNames.join(', ')}`);
    const stopping = new AbortController();
    onStopSignal(() => stopping.abort(new Error('stopped')));
    // Whatever it is, what was started is stopped in order.
    process.on('unhandledRejection', (reason) => stopping.abort(reason));
    const signal = stopping.signal;
    const log = (line: string): void => output.progress(line);
    const seed = count(flags.seed, '--seed', 0);
    if (flags.mutations) {
      const checked = await checkMutations({ seed, only: flags.only?.split(',') ?? [], signal, log });
      output.result(checked, () => mutationText(checked));
      if (checked.caught < checked.mutations || checked.falseAlarms > 0) process.exitCode = 1;
      return;
    }
    const beganAtMs = Date.now();
    const size = {
      scenarios: count(flags.scenarios, '--scenarios', 1),
      perRound: count(flags.perRound, '--per-round', 1),
      round: flags.round === undefined ? null : count(flags.round, '--round', 0),
    };
    const options = {
      ...size,
      seed,
      stories,
      field: flags.small ? smallField : wholeField,
      failFast: flags.failFast,
      keep: flags.keep,
      settleWithinMs: count(flags.settleWithin, '--settle-within', 1) * 1_000,
      signal,
      log,
    };
    if (flags.lane !== undefined) {
      const tallies = await runRounds({ ...options, lane: laneOf(flags.lane) });
      output.result(tallies, () => '');
      return;
    }
    // The first violation is to end all.
    const lanes = flags.failFast ? 1 : Math.min(count(flags.stacks, '--stacks', 1), roundsOf(size).length);
    const tallies =
      lanes === 1
        ? await runRounds({ ...options, lane: { index: 0, of: 1 } })
        : await runLanes({ lanes, flags: [...process.argv.slice(2), '--json'], signal, log });
    const report = reportOf(tallies, seed, Date.now() - beganAtMs);
    output.result(report, () => reportText(report));
    if (report.violations.length > 0) process.exitCode = 1;
  });

function laneOf(text: string): Lane {
  const [index = 0, of = 1] = text.split('/').map(Number);
  return { index, of };
}

function count(text: string, flag: string, least: number): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw new BadInput(`${flag} ${JSON.stringify(text)}: write a whole number from ${least}`);
}

try {
  await program.parseAsync();
  // A pipe takes a long report in pieces.
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  process.exit();
} catch (error) {
  process.exit(tellError(error, program, 'npm run faults --'));
}
