/** `basis adopt` and `basis flatten`: taking over a position that no running workflow looks after. */
import type { Command } from 'commander';
import { WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy } from '@temporalio/client';
import type { Residual } from '../../domain/execution/residual.ts';
import { basisTaskQueue, positionWorkflowId, workflowTypes } from '../../domain/names.ts';
import { agreed } from '../text/agreed.ts';
import { homeClock } from '../connection.ts';
import { BadInput, Refused } from '../errors.ts';
import { followPosition, parseTimeout } from '../positions/follow-position.ts';
import { createOutput, type Output } from '../text/output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { money, shortKey } from '../positions/position-table.ts';
import { resolveKey } from '../positions/resolve-key.ts';
import { configOfHome, withService, type Service } from '../service.ts';
import { venueSurroundings } from '../venue-surroundings.ts';

interface FlattenOptions extends CommonOptions {
  readonly breakGlass: boolean;
  readonly legByLeg: boolean;
  readonly accept: boolean;
  readonly yes: boolean;
  readonly wait: boolean;
  readonly timeout?: string;
}

export function orphanCommands(program: Command): void {
  withCommonOptions(program.command('adopt <key>'))
    .description('watch a hedged position again whose workflow was terminated or failed')
    .addHelpText('after', '\nExample:\n  npm run basis -- adopt 3M2N1P')
    .action(async (given: string, options: CommonOptions) => {
      await withService(options, async (service) => {
        const key = await resolveKey(service.ledger, given);
        await takeOver(service, key, 'adopt');
        createOutput(options.json).result({ key, adopted: true }, () => `${shortKey(key)} is watched again`);
      });
    });

  withCommonOptions(program.command('flatten <key>'))
    .description('bring a position to zero whose workflow was terminated or failed')
    .option('--no-wait', 'return once its new workflow has started')
    .option('--timeout <duration>', 'wait so long at most, such as 60s; its workflow goes on')
    .option('--break-glass', 'without Temporal: fences the position, and trades from this process', false)
    .option('--leg-by-leg', 'with --break-glass: closes a leg even if the market of the other is silent', false)
    .option('--accept', 'with --break-glass: sends nothing, gives up what is left, and ends the position', false)
    .option('--yes', 'with --accept: do not ask', false)
    .addHelpText(
      'after',
      '\nA position with a running workflow is closed by: basis close <key>.\n\nExample:\n  npm run basis -- flatten 3M2N1P\n  npm run basis -- flatten 3M2N1P --break-glass\n  npm run basis -- flatten 3M2N1P --break-glass --accept',
    )
    .action(async (given: string, options: FlattenOptions) => {
      if (options.legByLeg && !options.breakGlass)
        throw new BadInput('--leg-by-leg is allowed with --break-glass alone');
      if (options.accept && !options.breakGlass)
        throw new BadInput('--accept is allowed with --break-glass alone; with Temporal: basis resolve <key> accept');
      if (options.yes && !options.accept) throw new BadInput('--yes is allowed with --accept alone');
      if (options.accept && options.legByLeg)
        throw new BadInput('--accept sends nothing, and --leg-by-leg orders: give one of them');
      const output = createOutput(options.json);
      const result = await flattened(given, options, output);
      output.result(result, () => {
        const pnl = result.realisedPnlUsd === null ? '' : `, P&L ${money(result.realisedPnlUsd, 2)} USD`;
        return `${shortKey(result.key)} ${result.status}${pnl}`;
      });
    });
}

async function flattened(given: string, options: FlattenOptions, output: Output): Promise<Flattened> {
  if (!options.breakGlass) return byWorkflow(given, options, output);
  return options.accept ? accepted(given, options, output) : byHand(given, options, output);
}

interface Flattened {
  readonly key: string;
  readonly status: string;
  readonly realisedPnlUsd: string | null;
  /** Given up as no longer the position's: signed base units of each leg. */
  readonly left?: Residual;
}

async function byWorkflow(given: string, options: FlattenOptions, output: Output): Promise<Flattened> {
  const timeoutMs = parseTimeout(options.timeout);
  return withService(options, async (service) => {
    const { ledger, client } = service;
    const key = await resolveKey(ledger, given);
    const before = await ledger.position(key);
    await takeOver(service, key, 'flatten');
    if (options.wait) {
      const ended = client.workflow.getHandle(positionWorkflowId(key)).result();
      const progress = (line: string): void => output.progress(line);
      await followPosition(key, { ledger, ended, before, goals: [], timeoutMs, progress });
    }
    const position = await ledger.position(key);
    return {
      key,
      status: position?.status ?? 'unknown',
      realisedPnlUsd: position?.attribution?.realisedUsd ?? null,
    };
  });
}

/** @throws Refused when its workflow runs, or has ended well. */
async function takeOver(
  { client, ledger, config, anchor }: Service,
  key: string,
  as: 'adopt' | 'flatten',
): Promise<void> {
  const { recoverPosition, reservationLimits } = await import('../../../workers/wiring.ts');
  const recovered = await recoverPosition(ledger, {
    key,
    as,
    anchor,
    limits: reservationLimits(config, 'client'),
    exitReason: 'force_close',
    detail: `basis ${as}`,
    nowMs: Date.now(),
  });
  if (recovered.kind === 'refused') throw new Refused([recovered.reason]);
  const { input } = recovered;
  try {
    await client.workflow.start(workflowTypes.position, {
      workflowId: positionWorkflowId(key),
      taskQueue: basisTaskQueue,
      // The server itself excludes a live twin, and one that has ended well.
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
      staticSummary: `${as} ${key}`,
      args: [input],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new Refused([`the workflow of ${key} runs, or has ended well: close it with basis close ${shortKey(key)}`]);
  }
}

async function byHand(given: string, options: FlattenOptions, output: Output): Promise<Flattened> {
  const { surroundings, key } = await handsOn(given, options);
  const { flattenWithoutTemporal } = await import('../../../workers/without-temporal.ts');
  const progress = (line: string): void => output.progress(line);
  const result = await flattenWithoutTemporal(surroundings, key, homeClock(options.home), options.legByLeg, progress);
  if (result.kind === 'refused') throw new Refused([result.reason]);
  return { key, status: 'flat', realisedPnlUsd: result.attribution.realisedUsd };
}

async function accepted(given: string, options: FlattenOptions, output: Output): Promise<Flattened> {
  const { surroundings, key } = await handsOn(given, options);
  const { acceptWithoutTemporal } = await import('../../../workers/without-temporal.ts');
  const progress = (line: string): void => output.progress(line);
  const agrees = async (): Promise<boolean> => options.yes || (await agreed('give up what is left?'));
  const result = await acceptWithoutTemporal(surroundings, key, homeClock(options.home), agrees, progress);
  if (result.kind === 'refused') throw new Refused([result.reason]);
  const { left } = result;
  if (result.kind === 'accepted')
    return { key, status: 'accepted', realisedPnlUsd: result.attribution.realisedUsd, left };
  const { spotBase, perpBase } = left;
  progress(`${shortKey(key)} had ended before; given up: ${spotBase} of the spot leg, ${perpBase} of the perpetual`);
  return { key, status: result.status, realisedPnlUsd: result.attribution?.realisedUsd ?? null, left };
}

/** What works without Temporal: the venues' surroundings, and the whole key. */
async function handsOn(given: string, options: FlattenOptions) {
  const config = await configOfHome(options);
  const surroundings = await venueSurroundings(config, options.home);
  const { buildLedger } = await import('../../../workers/wiring.ts');
  const ledger = buildLedger(surroundings);
  try {
    return { surroundings, key: await resolveKey(ledger, given) };
  } finally {
    await ledger.close();
  }
}
