import type { Command } from 'commander';
import { positionWorkflowId } from '../../domain/names.ts';
import { createOutput } from '../text/output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { positionText } from '../positions/position-text.ts';
import { resolveKey } from '../positions/resolve-key.ts';
import { withLedger } from '../service.ts';

export function showCommand(program: Command): void {
  withCommonOptions(program.command('show <key>'))
    .description('show one position with its orders, fills and P&L; an ending of the key is enough')
    .addHelpText('after', '\nExample:\n  npm run basis -- show 3M2N1P')
    .action(async (given: string, options: CommonOptions) => {
      await withLedger(options, async ({ ledger, addresses }) => {
        const key = await resolveKey(ledger, given);
        const [position, orders, fills, marks] = await Promise.all([
          ledger.position(key),
          ledger.ordersOf(key),
          ledger.fillsOf(key),
          ledger.latestMarks([key]),
        ]);
        if (position === null) throw new Error(`position ${key} is gone`);
        const document = { position, orders, fills, mark: marks[0] ?? null };
        const { uiUrl } = addresses;
        const link =
          uiUrl === null
            ? ''
            : `\n\n${uiUrl}/namespaces/default/workflows/${encodeURIComponent(positionWorkflowId(key))}`;
        createOutput(options.json).result(document, () => `${positionText(document)}${link}`);
      });
    });
}
