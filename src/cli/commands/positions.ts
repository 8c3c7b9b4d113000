import type { Command } from 'commander';
import { createOutput } from '../output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { positionTable } from '../position-table.ts';
import { withService } from '../service.ts';

const ended = new Set(['closed', 'aborted']);

export function positionsCommand(program: Command): void {
  withCommonOptions(program.command('positions'))
    .description('list positions, newest first')
    .option('--open', 'only those that have not ended', false)
    .addHelpText('after', '\nExample:\n  npm run basis -- positions --open')
    .action(async (options: CommonOptions & { open: boolean }) => {
      await withService(options, async ({ config, ledger, addresses }) => {
        const all = await ledger.positions({ limit: 100 });
        const rows = options.open ? all.filter(({ status }) => !ended.has(status)) : all;
        const marks = await ledger.latestMarks(rows.map(({ key }) => key));
        const haltReason = await ledger.haltOf(config.book);
        createOutput(options.json).result({ positions: rows, marks }, () => {
          const link = addresses.uiUrl === null ? '' : `\n\nin the Temporal UI: ${positionsLink(addresses.uiUrl)}`;
          const halt = haltReason === null ? '' : `\n\nhalted, nothing is opened: ${haltReason}`;
          return `${positionTable(rows, marks)}${halt}${link}`;
        });
      });
    });
}

/** The UI's workflow list, filtered to the positions that are on. */
export function positionsLink(uiUrl: string): string {
  return `${uiUrl}/namespaces/default/workflows?query=${encodeURIComponent('BasisStatus="hedged"')}`;
}
