import type { Command } from 'commander';
import { liveStatuses } from '../../domain/position.ts';
import { createOutput } from '../text/output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { positionTable } from '../positions/position-table.ts';
import { withLedger } from '../service.ts';
import { wholeNumber } from '../text/whole-number.ts';

interface PositionsOptions extends CommonOptions {
  readonly open: boolean;
  readonly limit: string;
}

export function positionsCommand(program: Command): void {
  withCommonOptions(program.command('positions'))
    .description('list positions, newest first')
    .option('--open', 'all that have not ended, and no others', false)
    .option('--limit <count>', 'without --open: so many, the newest', '100')
    .addHelpText('after', '\nExample:\n  npm run basis -- positions --open')
    .action(async (options: PositionsOptions) => {
      const limit = wholeNumber(options.limit, '--limit', 1, 1_000_000);
      await withLedger(options, async ({ config, ledger, addresses }) => {
        const found = await ledger.positions(options.open ? { statuses: liveStatuses } : { limit: limit + 1 });
        const rows = options.open ? found : found.slice(0, limit);
        const hasOlder = found.length > rows.length;
        const marks = await ledger.latestMarks(rows.map(({ key }) => key));
        const haltReason = await ledger.haltOf(config.book);
        createOutput(options.json).result({ positions: rows, marks, hasOlder }, () => {
          const older = hasOlder ? `\n… and older ones: --limit shows more` : '';
          const link =
            addresses.uiUrl === null ? '' : `\n\nin the Temporal UI: ${positionsLink(addresses.uiUrl, 'hedged')}`;
          const halt = haltReason === null ? '' : `\n\nhalted, nothing is opened: ${haltReason}`;
          return `${positionTable(rows, marks)}${older}${halt}${link}`;
        });
      });
    });
}

const listQueries = { hedged: 'BasisStatus="hedged"', all: 'WorkflowType="basisPosition"' };

/** The UI's workflow list, filtered to the positions that are on, or to all: schedules fill the unfiltered one. */
export function positionsLink(uiUrl: string, which: keyof typeof listQueries): string {
  return `${uiUrl}/namespaces/default/workflows?query=${encodeURIComponent(listQueries[which])}`;
}
