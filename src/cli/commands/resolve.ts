/** `basis resolve` and `basis adjust`: a person's word on one position, by update. */
import type { Command } from 'commander';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { positionWorkflowId, updateNames } from '../../domain/names.ts';
import type { ExitRules } from '../../domain/position.ts';
import { BadInput, Refused } from '../errors.ts';
import { createOutput } from '../text/output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { shortKey } from '../positions/position-table.ts';
import { resolveKey } from '../positions/resolve-key.ts';
import { withService, type Service } from '../service.ts';

const choices = ['retry', 'accept', 'flat'];

interface AdjustOptions extends CommonOptions {
  readonly stopLossPct?: string;
  readonly profitTargetPct?: string;
  readonly exitBps?: string;
  readonly maxHoldingHours?: string;
  readonly liquidationDistancePct?: string;
  readonly liquidationTargetPct?: string;
  readonly depegMaxCostBps?: string;
  readonly depegBuyBack?: string;
  readonly fundingFlip?: string;
}

export function resolveCommands(program: Command): void {
  withCommonOptions(program.command('resolve <key> <choice>'))
    .description('end the wait of a stuck position: retry, accept what is left, or say that it is flat')
    .addHelpText(
      'after',
      [
        '',
        'retry    try to bring it to zero again, at once',
        "accept   what is left at the venues is no longer the position's; it ends",
        'flat     it was closed by hand at the venue: verified there, then it ends',
        '',
        'Example:',
        '  npm run basis -- resolve 3M2N1P flat',
      ].join('\n'),
    )
    .action(async (given: string, choice: string, options: CommonOptions) => {
      if (!choices.includes(choice))
        throw new BadInput(`${JSON.stringify(choice)} is no choice: write one of ${choices.join(', ')}`);
      await withService(options, async (service) => {
        const key = await resolveKey(service.ledger, given);
        await update(service, key, updateNames.resolve, choice);
        createOutput(options.json).result({ key, choice }, () => `${shortKey(key)}: ${choice}`);
      });
    });

  withCommonOptions(program.command('adjust <key>'))
    .description('change the exits of an open position; what is not given stays')
    .option('--stop-loss-pct <n>', 'percent of the notional')
    .option('--profit-target-pct <n>', 'percent of the notional')
    .option('--exit-bps <n>', 'convergence, in basis points of the spot price')
    .option('--max-holding-hours <n>', 'from its opening, market time')
    .option('--liquidation-distance-pct <n>', 'percent between mark and liquidation price')
    .option('--liquidation-target-pct <n>', 'reduce both legs until it is so far away')
    .option('--depeg-max-cost-bps <n>', 'leave on a depeg at this cost at most')
    .option('--depeg-buy-back <on|off>', 'buy a coin back that was sold from inventory and broke')
    .option('--funding-flip <on|off>', 'leave when what is ahead turns negative')
    .addHelpText('after', '\nExample:\n  npm run basis -- adjust 3M2N1P --exit-bps 1 --max-holding-hours 48')
    .action(async (given: string, options: AdjustOptions) => {
      const { home: _home, config: _config, json: _json, ...adjustment } = options;
      if (Object.keys(adjustment).length === 0) {
        throw new BadInput('nothing to change was given\nSee npm run basis -- adjust --help');
      }
      await withService(options, async (service) => {
        const key = await resolveKey(service.ledger, given);
        const exits = await update<ExitRules>(service, key, updateNames.adjustExits, adjustment).catch(inOptions);
        createOutput(options.json).result({ key, exits }, () =>
          [
            `${shortKey(key)}: stop loss ${exits.stopLossPct} %, profit target ${exits.profitTargetPct} %,`,
            `convergence at ${exits.exitBps} bps${exits.centreBps === undefined ? '' : ` from ${exits.centreBps}`}, at most ${exits.maxHoldingMs / 3_600_000} h from its opening`,
          ].join('\n'),
        );
      });
    });
}

/** The workflow names fields: a person who typed options hears of these. @throws BadInput or what it was given */
function inOptions(error: unknown): never {
  if (!(error instanceof Refused) || !error.message.includes(': must be ')) throw error;
  const named = error.message.replaceAll(
    /(^|; )([a-zA-Z]+): must be /g,
    (_, before: string, field: string) =>
      `${before}--${field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}: must be `,
  );
  throw new BadInput(named.replaceAll(', as text', ''));
}

/** @throws Refused with the workflow's reason. */
async function update<T>({ client, ledger }: Service, key: string, name: string, argument: unknown): Promise<T> {
  try {
    return await client.workflow
      .getHandle(positionWorkflowId(key))
      .executeUpdate<T, [unknown]>(name, { args: [argument] });
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw new Refused([error.cause?.message ?? error.message]);
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    const position = await ledger.position(key);
    throw new Refused([`position ${key} has no running workflow: it is ${position?.status ?? 'unknown'}`]);
  }
}
