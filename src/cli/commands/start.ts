import type { Command } from 'commander';
import { startServices } from '../bootstrap.ts';
import { listedConfig } from '../listed-config.ts';
import { checkOpenPositions } from '../open-positions-check.ts';
import { createOutput } from '../output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { withService } from '../service.ts';

/** For deployments on servers of one's own; `npm start` does it by itself. */
export function startCommand(program: Command): void {
  withCommonOptions(program.command('start'))
    .description('start the engine and the watches, or find them running; the workers must run already')
    .addHelpText('after', '\nExample:\n  npm run basis -- start --config config/demo.yaml')
    .action(async (options: CommonOptions) => {
      await withService(options, async ({ client, config, ledger, addresses, anchor }) => {
        await checkOpenPositions(config, ledger, { isShared: true });
        const { endpointsFile } = addresses;
        await startServices(client, await listedConfig(config, { home: options.home, endpointsFile, ledger }), anchor);
        createOutput(options.json).result(
          { book: config.book, started: true },
          () => `the engine of the book ${config.book} runs`,
        );
      });
    });
}
