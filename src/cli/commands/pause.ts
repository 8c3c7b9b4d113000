import type { Command } from 'commander';
import { WorkflowNotFoundError } from '@temporalio/client';
import { engineWorkflowId, signalNames } from '../../domain/names.ts';
import { alertHalt } from '../alerts/alert-halt.ts';
import { Refused } from '../errors.ts';
import { createOutput } from '../text/output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { resume } from '../resume.ts';
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

  withCommonOptions(program.command('resume'))
    .description('open new positions again, after a pause or a halt; equity now is the new high-water mark')
    .addHelpText('after', '\nExample:\n  npm run basis -- resume')
    .action(async (options: CommonOptions) => {
      await withService(options, async (service) => {
        const { ledger, config } = service;
        const { ended, standing } = await resume(ledger, config.book, (message) =>
          signalEngine(service, signalNames.resume, message),
        );
        if (standing !== null)
          throw new Refused([
            `NOT resumed, halted meanwhile: ${standing}. Whoever takes that back as well resumes again`,
          ]);
        await alertHalt(ledger, config.book, null);
        createOutput(options.json).result({ book: config.book, paused: false, endedHalt: ended }, () =>
          ended === null ? 'resumed' : `resumed; this halt is over: ${ended}`,
        );
      });
    });
}

async function signalEngine({ client, config }: Service, name: string, ...args: unknown[]): Promise<void> {
  try {
    await client.workflow.getHandle(engineWorkflowId(config.book)).signal(name, ...args);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new Refused([`the engine of the book ${config.book} is not running: start it with npm start`]);
  }
}
