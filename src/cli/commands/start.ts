import type { Command } from 'commander';
import { startServices } from '../start/bootstrap.ts';
import { stopLines } from '../engine.ts';
import { listedConfig } from '../start/listed-config.ts';
import { checkOpenPositions } from '../start/open-positions-check.ts';
import { createOutput } from '../text/output.ts';
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
        const listed = await listedConfig(config, { home: options.home, endpointsFile, ledger });
        const { pauseReason, haltReason: heard } = await startServices(client, listed, anchor);
        const { book } = config;
        const stops = { pauseReason, haltReason: heard ?? (await ledger.haltOf(book)) };
        createOutput(options.json).result({ book, started: true, ...stops }, () =>
          [`the engine of the book ${book} runs`, ...stopLines(stops)].join('\n'),
        );
      });
    });
}
