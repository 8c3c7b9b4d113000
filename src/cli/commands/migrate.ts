/** `basis migrate` and `basis prepare`: the servers of a deployment, made ready for this version. Both may be run again. */
import type { Command } from 'commander';
import { prepareNamespace } from '../../stack/servers/prepare-namespace.ts';
import { databaseAddress } from '../connection.ts';
import { BadInput, Refused } from '../errors.ts';
import { createOutput } from '../text/output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { externalTemporal } from '../temporal-target.ts';

interface MigrateOptions extends CommonOptions {
  readonly dryRun: boolean;
}

interface Migrated {
  /** Applied now, in order. */
  readonly applied: readonly string[];
  /** Not applied, since `--dry-run` was given. */
  readonly pending: readonly string[];
}

export function migrateCommands(program: Command): void {
  withCommonOptions(program.command('migrate'))
    .description("bring the ledger to this version's schema; the ledger alone, never Temporal")
    .option('--dry-run', 'say what is missing, and change nothing', false)
    .addHelpText('after', '\nExample:\n  DATABASE_URL=postgres://… npm run basis -- migrate --dry-run')
    .action(async (options: MigrateOptions) => {
      const result = await migrateLedger(databaseAddress(options.home, process.env), options.dryRun);
      createOutput(options.json).result(result, () => migratedText(result));
    });

  withCommonOptions(program.command('prepare'))
    .description("make servers of one's own ready: the ledger, the Temporal namespace, its search attributes")
    .addHelpText(
      'after',
      '\nThe servers are those of DATABASE_URL and of the standard Temporal environment;\n' +
        'npm start prepares its own.\n' +
        '\nExample:\n  export DATABASE_URL=postgres://… TEMPORAL_ADDRESS=temporal:7233\n  npm run basis -- prepare',
    )
    .action(async (options: CommonOptions) => {
      const temporal = externalTemporal(process.env);
      const databaseUrl = process.env['DATABASE_URL'] ?? '';
      if (temporal === null || databaseUrl === '')
        throw new BadInput('prepare needs both servers: set DATABASE_URL, and TEMPORAL_ADDRESS or a Temporal profile');
      const { connection, namespace } = temporal;
      const [ledger, { registered, added }] = await Promise.all([
        migrateLedger(databaseUrl, false),
        prepareNamespace(connection, namespace),
      ]);
      const result = { applied: ledger.applied, namespace, registered, searchAttributes: added };
      createOutput(options.json).result(result, () =>
        [
          migratedText(ledger),
          `namespace ${namespace}: ${registered ? 'registered' : 'there'}, ${added.length} search attributes added`,
        ].join('\n'),
      );
    });
}

/** @throws Refused where a newer version has migrated the ledger */
async function migrateLedger(databaseUrl: string, dryRun: boolean): Promise<Migrated> {
  const { ledgerState, migrateLedger: migrate } = await import('../../../workers/wiring.ts');
  const { pending, unknown } = await ledgerState(databaseUrl);
  if (unknown.length > 0)
    throw new Refused([`the ledger is of a newer version (${unknown.join(', ')}): run the version that made it`]);
  if (dryRun) return { applied: [], pending };
  const { applied } = await migrate(databaseUrl);
  return { applied, pending: [] };
}

function migratedText({ applied, pending }: Migrated): string {
  const names = (list: readonly string[]): string => list.map((name) => `\n  ${name}`).join('');
  if (pending.length > 0) return `ledger: ${pending.length} migrations are missing${names(pending)}`;
  if (applied.length > 0) return `ledger: ${applied.length} migrations applied${names(applied)}`;
  return 'ledger: up to date';
}
