/** Looks at everything before money is in its hands: servers, and each account at its exchange. Sends no order. */
import type { Command } from 'commander';
import type { Config } from '../../config/schema.ts';
import { accountSymbols } from '../start/bootstrap.ts';
import { serviceAddresses, type ServiceAddresses } from '../connection.ts';
import { checkAccount } from '../doctor/account-checks.ts';
import { about, type Check, type Tell } from '../doctor/check.ts';
import { checkDatabase } from '../doctor/database-checks.ts';
import { reachable, type CheckedAccount } from '../doctor/judge-account.ts';
import { keysInUse } from '../start/keys-in-use.ts';
import { createProgress, type Progress } from '../doctor/progress.ts';
import { doctorDocument, doctorText } from '../doctor/report.ts';
import { checkTemporal } from '../doctor/temporal-checks.ts';
import { BadInput } from '../errors.ts';
import { createOutput } from '../text/output.ts';
import { readConfig, withCommonOptions, type CommonOptions } from '../options.ts';
import { checkHomeOfCommand } from '../start/start-checks.ts';

interface DoctorOptions extends CommonOptions {
  readonly account?: string;
}

export function doctorCommand(program: Command): void {
  withCommonOptions(program.command('doctor'))
    .description('check the servers and every account at its exchange; sends no order and changes nothing')
    .option('--account <name>', 'only this account, and the servers')
    .addHelpText('after', '\nExample:\n  npm run basis -- doctor --account bybit')
    .action(run);
}

async function run(options: DoctorOptions): Promise<void> {
  const config = await readConfig(options.config);
  const accounts = chosenAccounts(config, options.account);
  const progress = createProgress(process.stderr);
  const addresses = addressesOf(options.home, config);
  const names = accounts.map(({ name }) => name);
  const checks = await Promise.all([
    subject(progress, 'service', (tell) => checkServers(addresses, names, tell)),
    ...accounts.map((account) =>
      subject(progress, account.name, (tell) => diagnose(account, config, options.home, addresses, tell)),
    ),
  ]);
  progress.end();
  const document = doctorDocument(checks.flat());
  createOutput(options.json).result(document, () => doctorText(document));
  if (!document.ok) process.exitCode = 1;
}

async function subject(progress: Progress, name: string, check: (tell: Tell) => Promise<Check[]>): Promise<Check[]> {
  progress.started(name);
  const checks = await check((one) => progress.told(one));
  progress.done(name);
  return checks;
}

/** @throws BadInput for a name that is not configured */
function chosenAccounts(config: Config, only: string | undefined): CheckedAccount[] {
  const all = accountSymbols(config).flatMap(({ account: name, symbols, perpetuals }): CheckedAccount[] => {
    const terms = config.accounts[name];
    if (terms === undefined) return [];
    const written = new Set(config.pairs.filter(({ isGenerated }) => !isGenerated).flatMap(legsAt(name)));
    const generated = symbols.filter((symbol) => !written.has(symbol));
    const { liquidationDistancePct } = config.strategy;
    return [{ name, venue: terms.venue, terms, symbols, perpetuals, generated, liquidationDistancePct }];
  });
  const chosen = only === undefined ? all : all.filter(({ name }) => name === only);
  if (chosen.length > 0) return chosen;
  throw new BadInput(`no account ${JSON.stringify(only)}; configured are: ${all.map(({ name }) => name).join(', ')}`);
}

function legsAt(account: string): (pair: Config['pairs'][number]) => string[] {
  return ({ spot, perp }) => [spot, perp].flatMap((leg) => (leg.account === account ? [leg.symbol] : []));
}

/** Where the servers are, or why nobody knows; the servers and exchanges of another configuration's home are not asked. */
function addressesOf(home: string, config: Config): ServiceAddresses | BadInput {
  try {
    checkHomeOfCommand(home, config);
    return serviceAddresses(home, process.env);
  } catch (error) {
    if (error instanceof BadInput) return error;
    throw error;
  }
}

async function checkServers(
  addresses: ServiceAddresses | BadInput,
  accounts: readonly string[],
  tell: Tell,
): Promise<Check[]> {
  if (addresses instanceof BadInput) {
    const unknown = ['Temporal', 'PostgreSQL'].map((server) =>
      about('service', server).failed('no address is known', addresses.message),
    );
    unknown.forEach(tell);
    return unknown;
  }
  const [temporal, database] = await Promise.all([
    checkTemporal({ ...addresses.temporal, isOurs: addresses.uiUrl !== null }, accounts, tell),
    checkDatabase(addresses.databaseUrl, tell),
  ]);
  return [...temporal, ...database];
}

async function diagnose(
  account: CheckedAccount,
  config: Config,
  home: string,
  addresses: ServiceAddresses | BadInput,
  tell: Tell,
): Promise<Check[]> {
  const { buildDiagnostics, commandSurroundings } = await import('../../../workers/wiring.ts');
  const known = addresses instanceof BadInput ? null : addresses;
  const env = keysInUse(home, config, known, process.env);
  try {
    const diagnosed = await buildDiagnostics(commandSurroundings(config, env, home), account.name);
    try {
      return await checkAccount(account, diagnosed, tell);
    } finally {
      await diagnosed.diagnostics.close();
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const check = reachable(account, { kind: 'failed', error: 'bad_request', message });
    tell(check);
    return [check];
  }
}
