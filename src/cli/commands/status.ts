/** `basis status`: whether anything is opened, and if not, why. What the ledger knows is told without Temporal, too. */
import type { Command } from 'commander';
import type { EngineView } from '../../../workflows/messages.ts';
import { liveStatuses } from '../../domain/position.ts';
import { reachEngine } from '../engine.ts';
import { createOutput } from '../text/output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { withLedgerAlone } from '../service.ts';
import { stateOf, statusText, type Status } from '../text/status-text.ts';

export function statusCommand(program: Command): void {
  withCommonOptions(program.command('status'))
    .description('running, paused or halted, and why; drawdown, refusals, open positions, accounts not read')
    .addHelpText(
      'after',
      '\nWithout Temporal it tells what the ledger knows.\n\nExample:\n  npm run basis -- status --json',
    )
    .action(async (options: CommonOptions) => {
      const status = await read(options);
      createOutput(options.json).result(status, () => statusText(status));
    });
}

async function read(options: CommonOptions): Promise<Status> {
  return withLedgerAlone(options, async ({ config, ledger }) => {
    const { mode, book } = config;
    const [reached, recordedHalt, drawdown, positions, alerts, readings] = await Promise.all([
      reachEngine(options, config, (engine) => engine.query<EngineView>('engine')),
      ledger.haltOf(book),
      ledger.drawdownOf(book),
      ledger.positions({ statuses: liveStatuses }),
      ledger.openAlerts(),
      Promise.all(
        Object.keys(config.accounts).map(async (account) => ({
          account,
          readAtMs: (await ledger.latestReading(account))?.readAtMs ?? null,
        })),
      ),
    ]);
    const marks = await ledger.latestMarks(positions.map(({ key }) => key));
    const { reservationLimits } = await import('../../../workers/wiring.ts');
    const { maxReadingAgeMs } = reservationLimits(config, 'engine');
    const atWallMs = Date.now();
    const view = reached.kind === 'reached' ? reached.value : null;
    const haltReason = view?.haltReason ?? recordedHalt;
    return {
      mode,
      book,
      state: stateOf(view, haltReason),
      pauseReason: view?.pauseReason ?? null,
      haltReason,
      silent: reached.kind === 'silent' ? reached.why : null,
      recent: view?.recent ?? [],
      drawdown,
      maxDrawdownPct: config.limits.maxDrawdownPct,
      staleReadings: readings.filter(({ readAtMs }) => readAtMs === null || atWallMs - readAtMs > maxReadingAgeMs),
      maxReadingAgeMs,
      standingAlerts: alerts.length,
      positions,
      marks,
      atWallMs,
    };
  });
}
