import type { Command } from 'commander';
import { closeAll, closeOne, type CloseResult, type ClosingOptions } from '../positions/close-positions.ts';
import { parseTimeout } from '../positions/follow-position.ts';
import { createOutput } from '../text/output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { money, shortKey } from '../positions/position-table.ts';
import { resolveKey } from '../positions/resolve-key.ts';
import { withService } from '../service.ts';

interface CloseOptions extends CommonOptions {
  readonly reason: string;
  readonly wait: boolean;
  readonly timeout?: string;
}

export function closeCommands(program: Command): void {
  withCommonOptions(program.command('close <key>'))
    .description('close a position: both legs at once, reduce-only on the perpetual')
    .option('--reason <text>', 'kept with the position', 'basis close')
    .option('--no-wait', 'return once the signal is sent')
    .option('--timeout <duration>', 'wait so long at most, such as 60s; the close goes on')
    .addHelpText('after', '\nExample:\n  npm run basis -- close 3M2N1P --reason "going on holiday"')
    .action(async (given: string, options: CloseOptions) => {
      const closing = closingOf(options);
      await withService(options, async (service) => {
        const key = await resolveKey(service.ledger, given);
        const result = await closeOne(service, key, closing);
        createOutput(options.json).result(result, () => sentence(result));
      });
    });

  withCommonOptions(program.command('close-all'))
    .description('close every open position; exit code 1 when one of them could not be')
    .option('--reason <text>', 'kept with the positions', 'basis close-all')
    .option('--no-wait', 'return once the signals are sent')
    .option('--timeout <duration>', 'wait so long at most, such as 60s; the closes go on')
    .addHelpText(
      'after',
      '\nThe engine may open new ones: pause it first.\n\nExample:\n  npm run basis -- pause && npm run basis -- close-all',
    )
    .action(async (options: CloseOptions) => {
      const closing = closingOf(options);
      await withService(options, async (service) => {
        const results = await closeAll(service, closing);
        createOutput(options.json).result({ positions: results }, () =>
          results.length === 0 ? 'nothing is open' : results.map(sentence).join('\n'),
        );
        if (results.some(({ error }) => error !== undefined)) process.exitCode = 1;
      });
    });
}

function closingOf({ reason, wait, timeout, json }: CloseOptions): ClosingOptions {
  return { reason, wait, timeoutMs: parseTimeout(timeout), progress: (line) => createOutput(json).progress(line) };
}

function sentence({ key, status, exitReason, realisedPnlUsd, error }: CloseResult): string {
  if (error !== undefined) return `${shortKey(key)} NOT closed: ${error}`;
  const why = exitReason === null ? '' : ` (${exitReason})`;
  const pnl = realisedPnlUsd === null ? '' : `, P&L ${money(realisedPnlUsd, 2)} USD`;
  return `${shortKey(key)} ${status}${why}${pnl}`;
}
