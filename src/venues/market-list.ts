/** The venue's list of markets: loaded at the start, read again every hour, since ticks, lots and listings change. */
import type { ExactExchange } from './exchange.ts';
import { read, type VenueCaller } from './venue-call.ts';

/** A real exchange's whole list takes longer than an order may. */
const loadDeadlineMs = 20_000;
/** Wall time. */
const reloadAfterMs = 3_600_000;

export interface MarketList {
  /** Returns at once while the list is fresh. A failed reload keeps the list; a failed first load throws VenueError. */
  refresh(): Promise<void>;
}

/** Loads into `exchange` and shares the list with `others`. */
export function createMarketList(
  exchange: ExactExchange,
  caller: VenueCaller,
  others: readonly ExactExchange[] = [],
): MarketList {
  let loadedAtMs: number | null = null;

  async function load(reload: boolean): Promise<void> {
    await read(caller, 'markets', () => exchange.loadMarkets(reload), loadDeadlineMs);
    for (const other of others) other.setMarketsFromExchange(exchange);
  }

  return {
    async refresh() {
      const nowMs = caller.clock.nowMs();
      if (loadedAtMs === null) {
        await load(exchange.markets !== undefined);
        loadedAtMs = nowMs;
      } else if (nowMs - loadedAtMs >= reloadAfterMs) {
        loadedAtMs = nowMs;
        await load(true).catch(() => undefined);
      }
    },
  };
}
