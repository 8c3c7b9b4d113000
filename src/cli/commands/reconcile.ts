/** `basis reconcile`: the venues against the ledger, now. */
import type { Command } from 'commander';
import { basisTaskQueue, workflowTypes } from '../../domain/names.ts';
import type { ReconciliationReport } from '../../domain/reconciliation/reconciliation.ts';
import { accountSymbols, reconcileInput } from '../start/bootstrap.ts';
import { homeClock, serviceAddresses } from '../connection.ts';
import { listedConfig } from '../start/listed-config.ts';
import { createOutput, type Output } from '../text/output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { shortKey } from '../positions/position-table.ts';
import { configOfHome, withService } from '../service.ts';
import { table } from '../text/table.ts';
import { venueSurroundings } from '../venue-surroundings.ts';

interface ReconcileOptions extends CommonOptions {
  readonly breakGlass: boolean;
}

export function reconcileCommand(program: Command): void {
  withCommonOptions(program.command('reconcile'))
    .description('compare every account with the ledger, twice; find orphans; book what is missing')
    .option('--break-glass', 'without Temporal: this process reads the venues itself', false)
    .addHelpText(
      'after',
      '\nExit code 1 when something differs.\n\nExample:\n  npm run basis -- reconcile\n  npm run basis -- reconcile --break-glass --json',
    )
    .action(async (options: ReconcileOptions) => {
      const output = createOutput(options.json);
      const report = options.breakGlass ? await withoutTemporal(options) : await withTemporal(options, output);
      output.result(report, () => reportText(report));
      if (!report.isClean) process.exitCode = 1;
    });
}

async function withTemporal(options: ReconcileOptions, output: Output): Promise<ReconciliationReport> {
  return withService(options, async ({ client, config, ledger, addresses, anchor }) => {
    const { endpointsFile } = addresses;
    const listed = await listedConfig(config, { home: options.home, endpointsFile, ledger });
    output.progress('reading every account twice …');
    return client.workflow.execute(workflowTypes.reconcile, {
      workflowId: `reconcile/by-hand-${Date.now()}`,
      taskQueue: basisTaskQueue,
      workflowExecutionTimeout: '5m',
      staticSummary: 'the venues against the ledger, asked by a person',
      args: [reconcileInput(listed, anchor)],
    });
  });
}

async function withoutTemporal(options: ReconcileOptions): Promise<ReconciliationReport> {
  const config = await configOfHome(options);
  const surroundings = await venueSurroundings(config, options.home);
  const { reconcileWithoutTemporal } = await import('../../../workers/without-temporal.ts');
  const { buildLedger } = await import('../../../workers/wiring.ts');
  const ledger = buildLedger(surroundings);
  try {
    const { endpointsFile } = serviceAddresses(options.home, process.env);
    const listed = await listedConfig(config, { home: options.home, endpointsFile, ledger }, true);
    return await reconcileWithoutTemporal(surroundings, accountSymbols(listed), homeClock(options.home));
  } finally {
    await ledger.close();
  }
}

interface Line {
  readonly what: string;
  readonly where: string;
  readonly detail: string;
}

function reportText({ isClean, findings, orphans, healed }: ReconciliationReport): string {
  const lines: Line[] = [
    ...findings.map(({ kind, account, positionKey, detail }) => ({
      what: kind.replaceAll('_', ' '),
      where: account ?? (positionKey === null ? '' : shortKey(positionKey)),
      detail,
    })),
    ...orphans.map(({ key, status, workflow, action }) => ({
      what: 'orphan',
      where: shortKey(key),
      detail: `${status}, its workflow is ${workflow}: ${action === 'flattening' ? 'brought to zero' : 'adopt or flatten it'}`,
    })),
    ...healed.map(({ kind, subject, detail }) => ({
      what: kind.replaceAll('_', ' '),
      where: subject.length > 20 ? shortKey(subject) : subject,
      detail,
    })),
  ];
  const verdict = verdictOn(isClean, findings, orphans);
  if (lines.length === 0) return verdict;
  const shown = table<Line>(
    [
      { heading: 'WHAT', text: ({ what }) => what },
      { heading: 'WHERE', text: ({ where }) => where },
      { heading: 'DETAIL', text: ({ detail }) => detail },
    ],
    lines,
  );
  return `${shown}\n\n${verdict}`;
}

function verdictOn(isClean: boolean, findings: ReconciliationReport['findings'], orphans: readonly unknown[]): string {
  if (isClean) return 'the ledger matches the venues';
  const isMerelyMissed = orphans.length === 0 && findings.every(({ kind }) => kind === 'not_compared');
  return isMerelyMissed
    ? 'the ledger matches the venues as far as they were compared: NOT all were'
    : 'the ledger does NOT match the venues';
}
