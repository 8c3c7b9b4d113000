/** What stands, and how those fare who are told of it; `--test` tries each of them. Needs the ledger, never Temporal. */
import type { Command } from 'commander';
import type { Config } from '../../config/schema.ts';
import { alertsText } from '../alerts/alert-table.ts';
import { databaseAddress } from '../connection.ts';
import { BadInput } from '../errors.ts';
import { createOutput } from '../text/output.ts';
import { readConfig, withCommonOptions, type CommonOptions } from '../options.ts';
import { configOfHome } from '../service.ts';
import { table } from '../text/table.ts';

interface AlertsOptions extends CommonOptions {
  readonly test: boolean;
}

interface Tested {
  readonly name: string;
  readonly kind: string;
  readonly taken: boolean;
  /** What it said, or why it could not be asked. */
  readonly answer: string;
}

export function alertsCommand(program: Command): void {
  withCommonOptions(program.command('alerts'))
    .description('list the alerts that stand, and the targets that are told of them')
    .option('--test', 'send a test message to each target instead, and say what it answered', false)
    .addHelpText('after', '\nExample:\n  npm run basis -- alerts --test')
    .action(async (options: AlertsOptions) => {
      await (options.test
        ? test(await readConfig(options.config), options)
        : list(await configOfHome(options), options));
    });
}

async function list(config: Config, options: CommonOptions): Promise<void> {
  const { buildAlertOutbox, buildLedger, commandSurroundings } = await import('../../../workers/wiring.ts');
  const env = { ...process.env, DATABASE_URL: databaseAddress(options.home, process.env) };
  const surroundings = commandSurroundings(config, env, options.home);
  const ledger = buildLedger(surroundings);
  const outbox = buildAlertOutbox(surroundings);
  try {
    const configured = config.alerts.targets;
    const states = await outbox.states(Object.keys(configured));
    const targets = states.map((state) => {
      const { kind, minSeverity } = configured[state.name] ?? { kind: null, minSeverity: null };
      return { kind, minSeverity, ...state };
    });
    const document = { alerts: await ledger.openAlerts(), targets };
    createOutput(options.json).result(document, () => alertsText(document));
  } finally {
    await ledger.close();
    await outbox.close();
  }
}

/** Straight to the targets, with the secrets of this process's own environment. */
async function test(config: Config, options: CommonOptions): Promise<void> {
  const { buildAlertTargets } = await import('../../../workers/wiring.ts');
  const names = Object.keys(config.alerts.targets);
  if (names.length === 0)
    throw new BadInput(`no alert target is configured: alerts.targets of ${options.config} names them`);
  const { targets, issues } = buildAlertTargets(config, process.env);
  const tested = await Promise.all(
    Object.entries(config.alerts.targets).map(async ([name, { kind }]): Promise<Tested> => {
      const target = targets.find((one) => one.name === name);
      if (target === undefined) {
        const words = (issues.get(name) ?? []).map(({ path, message }) => `${path} ${message}`);
        return { name, kind, taken: false, answer: words.join('; ') };
      }
      const answer = await target.send(testMessage(config, name));
      const taken = answer.kind === 'taken';
      return { name, kind, taken, answer: answer.kind === 'taken' ? answer.detail : answer.reason };
    }),
  );
  createOutput(options.json).result({ targets: tested }, () => testedText(tested));
  if (tested.some(({ taken }) => !taken)) process.exitCode = 1;
}

function testMessage({ mode, book }: Config, name: string) {
  const nowMs = Date.now();
  const id = `test-${nowMs}`;
  return {
    origin: { mode, book },
    sentAtMs: nowMs,
    alerts: [
      {
        id,
        alertId: id,
        phase: 'happened' as const,
        key: `test/${name}`,
        severity: 'info' as const,
        message: `a test of the alert target ${name}: nothing has happened`,
        positionKey: null,
        raisedAtMs: nowMs,
        resolvedAtMs: null,
        count: 1,
        attempts: 0,
      },
    ],
  };
}

function testedText(tested: readonly Tested[]): string {
  return table<Tested>(
    [
      { heading: 'TARGET', text: ({ name }) => name },
      { heading: 'KIND', text: ({ kind }) => kind },
      { heading: 'TAKEN', text: ({ taken }) => (taken ? 'yes' : 'NO') },
      { heading: 'ANSWER', text: ({ answer }) => answer },
    ],
    tested,
  );
}
