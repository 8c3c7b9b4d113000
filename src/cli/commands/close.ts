import type { Command } from 'commander';
import { WorkflowNotFoundError } from '@temporalio/client';
import { positionWorkflowId, signalNames } from '../../domain/names.ts';
import { liveStatuses } from '../../domain/position.ts';
import { Refused } from '../errors.ts';
import { createOutput } from '../output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { money, shortKey } from '../position-table.ts';
import { resolveKey } from '../resolve-key.ts';
import { withService, type Service } from '../service.ts';

interface CloseOptions extends CommonOptions {
  readonly reason: string;
  readonly wait: boolean;
}

export function closeCommands(program: Command): void {
  withCommonOptions(program.command('close <key>'))
    .description('close a position: both legs at once, reduce-only on the perpetual')
    .option('--reason <text>', 'kept with the position', 'basis close')
    .option('--no-wait', 'return once the signal is sent')
    .addHelpText('after', '\nExample:\n  npm run basis -- close 3M2N1P --reason "going on holiday"')
    .action(async (given: string, options: CloseOptions) => {
      await withService(options, async (service) => {
        const key = await resolveKey(service.ledger, given);
        const result = await closeOne(service, key, options);
        createOutput(options.json).result(result, () => sentence(result));
      });
    });

  withCommonOptions(program.command('close-all'))
    .description('close every open position')
    .option('--reason <text>', 'kept with the positions', 'basis close-all')
    .option('--no-wait', 'return once the signals are sent')
    .addHelpText(
      'after',
      '\nThe engine may open new ones: pause it first.\n\nExample:\n  npm run basis -- pause && npm run basis -- close-all',
    )
    .action(async (options: CloseOptions) => {
      await withService(options, async (service) => {
        const open = await service.ledger.positions({ statuses: liveStatuses });
        const results = await Promise.all(open.map(({ key }) => closeOne(service, key, options)));
        createOutput(options.json).result({ positions: results }, () =>
          results.length === 0 ? 'nothing is open' : results.map(sentence).join('\n'),
        );
      });
    });
}

interface CloseResult {
  readonly key: string;
  readonly status: string;
  readonly exitReason: string | null;
  readonly realisedPnlUsd: string | null;
}

async function closeOne(
  { client, ledger }: Service,
  key: string,
  { reason, wait }: CloseOptions,
): Promise<CloseResult> {
  const handle = client.workflow.getHandle(positionWorkflowId(key));
  try {
    await handle.signal(signalNames.forceClose, { reason });
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    const position = await ledger.position(key);
    throw new Refused([`position ${key} has no running workflow: it is ${position?.status ?? 'unknown'}`]);
  }
  if (wait) await handle.result();
  const position = await ledger.position(key);
  return {
    key,
    status: position?.status ?? 'unknown',
    exitReason: position?.exitReason ?? null,
    realisedPnlUsd: position?.attribution?.realisedUsd ?? null,
  };
}

function sentence({ key, status, exitReason, realisedPnlUsd }: CloseResult): string {
  const why = exitReason === null ? '' : ` (${exitReason})`;
  const pnl = realisedPnlUsd === null ? '' : `, P&L ${money(realisedPnlUsd, 2)} USD`;
  return `${shortKey(key)} ${status}${why}${pnl}`;
}
