import type { Command } from 'commander';
import { WorkflowNotFoundError } from '@temporalio/client';
import { engineWorkflowId, signalNames } from '../../domain/names.ts';
import { Refused } from '../errors.ts';
import { createOutput } from '../output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { withService, type Service } from '../service.ts';

export function pauseCommands(program: Command): void {
  withCommonOptions(program.command('pause'))
    .description('open no new positions; those that are open go on')
    .option('--reason <text>', 'shown by the engine', 'basis pause')
    .addHelpText('after', '\nExample:\n  npm run basis -- pause --reason "news at 14:00"')
    .action(async (options: CommonOptions & { reason: string }) => {
      await withService(options, async (service) => {
        await signalEngine(service, signalNames.pause, { reason: options.reason });
        createOutput(options.json).result(
          { book: service.config.book, paused: true, reason: options.reason },
          () => 'paused: no new positions',
        );
      });
    });

  withCommonOptions(program.command('halt'))
    .description('open no new positions, by hand neither, until a person resumes; --close-all closes what is open')
    .option('--close-all', 'close every position of the book, both legs at once', false)
    .option('--reason <text>', 'shown by the engine', 'basis halt')
    .addHelpText('after', '\nExample:\n  npm run basis -- halt --close-all --reason "an exchange is in trouble"')
    .action(async (options: CommonOptions & { reason: string; closeAll: boolean }) => {
      await withService(options, async (service) => {
        const { reason, closeAll } = options;
        await signalEngine(service, signalNames.halt, { reason, closeAll });
        await service.ledger.recordHalt(service.config.book, reason, Date.now());
        await alertHalt(service, `${reason}${closeAll ? '; what is open is closed' : ''}`);
        createOutput(options.json).result({ book: service.config.book, halted: true, reason, closeAll }, () =>
          closeAll ? 'halted: no new positions, and what is open is closed' : 'halted: no new positions',
        );
      });
    });

  withCommonOptions(program.command('resume'))
    .description('open new positions again, after a pause or a halt; equity now is the new high-water mark')
    .addHelpText('after', '\nExample:\n  npm run basis -- resume')
    .action(async (options: CommonOptions) => {
      await withService(options, async (service) => {
        await signalEngine(service, signalNames.resume);
        await service.ledger.recordHalt(service.config.book, null, Date.now());
        await alertHalt(service, null);
        createOutput(options.json).result({ book: service.config.book, paused: false }, () => 'resumed');
      });
    });
}

/**
 * Others than the one who halts should know of it, for as long as it lasts; it is halted whether they hear of it or not.
 * @param reason null: it is over
 */
async function alertHalt({ ledger, config }: Service, reason: string | null): Promise<void> {
  const { book } = config;
  const key = `halted/${book}`;
  const message = `the engine of the book ${book} is halted by a person: ${reason}`;
  try {
    if (reason === null) await ledger.resolveAlert(key, Date.now());
    else await ledger.raiseAlert({ key, severity: 'critical', message, positionKey: null }, Date.now());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`nobody is told of it: ${why}\n`);
  }
}

async function signalEngine({ client, config }: Service, name: string, ...args: unknown[]): Promise<void> {
  try {
    await client.workflow.getHandle(engineWorkflowId(config.book)).signal(name, ...args);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new Refused([`the engine of the book ${config.book} is not running: start it with npm start`]);
  }
}
