/** A person at work without Temporal: the positions that were fenced are brought to zero by hand. */
import { flattenByHand, type BreakGlassPorts } from '../../../activities/reconciliation/break-glass.ts';
import { closingPricesOf } from '../../../activities/market.ts';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { setTimeout as pause } from 'node:timers/promises';
import type { Arena } from '../arena/arena.ts';
import type { Run } from './scenario-run.ts';

export interface Hand {
  /** Again and again until it is flat, as a person would. @throws Error when it does not get there */
  flatten(run: Run): Promise<void>;
  close(): Promise<void>;
}

const tries = 20;
const againAfterMs = 2_000;

export async function createHand({ config, env, homeDir, ledger, stack }: Arena): Promise<Hand> {
  const wiring = await import('../../../workers/wiring.ts');
  const surroundings = wiring.commandSurroundings(config, env, homeDir);
  const marketData = await wiring.buildMarketData(surroundings);
  const venues = await Promise.all(Object.keys(config.accounts).map((name) => wiring.buildVenue(surroundings, name)));
  const ports: BreakGlassPorts = {
    ledger,
    venues: new Map(venues.map((venue) => [venue.account, venue])),
    closingPrices: closingPricesOf.bind(null, marketData),
    alerts: wiring.buildAlerts(surroundings, ledger),
    clock: systemClock,
    progress: () => undefined,
  };
  return {
    async flatten(run) {
      run.flattenedFromMs ??= Date.now();
      let reason = '';
      for (let attempt = 1; attempt <= tries; attempt += 1) {
        try {
          const result = await flattenByHand(ports, run.key, stack.anchor);
          if (result.kind === 'flat') return;
          reason = result.reason;
          // It ended before the fence was there.
          if (/is (closed|aborted)$/.test(reason)) return;
        } catch (error) {
          reason = error instanceof Error ? error.message : String(error);
        }
        await pause(againAfterMs);
      }
      throw new Error(`${run.key} was not flattened by hand: ${reason}`);
    },
    async close() {
      await Promise.all(venues.map((venue) => venue.close()));
      await marketData.close();
    },
  };
}
