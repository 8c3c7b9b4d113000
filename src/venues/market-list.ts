/**
 * The venue's list of markets: loaded at the start, read again every hour, since ticks, lots and listings change, and
 * every few seconds while a market is wanted that it says is closed.
 */
import type { ExactExchange } from './exchange.ts';
import { isClosed } from './instruments.ts';
import { read, type VenueCaller } from './venue-call.ts';

/** A real exchange's whole list takes longer than an order may. */
const loadDeadlineMs = 20_000;
/** Wall time. */
const reloadAfterMs = 3_600_000;
const reloadClosedAfterMs = 10_000;

export interface MarketList {
  /**
   * Returns at once while the list is fresh, and does not wait where it is read again for a market that is closed. A failed
   * reload keeps the list; a failed first load throws VenueError.
   * @param wanted symbols that somebody asks about
   */
  refresh(wanted?: readonly string[]): Promise<void>;
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
    async refresh(wanted = []) {
      const nowMs = caller.clock.nowMs();
      if (loadedAtMs === null) {
        await load(exchange.markets !== undefined);
        loadedAtMs = nowMs;
        return;
      }
      const isDue = nowMs - loadedAtMs >= reloadAfterMs;
      const mayHaveOpened =
        nowMs - loadedAtMs >= reloadClosedAfterMs && wanted.some((symbol) => isClosed(exchange, symbol));
      if (!isDue && !mayHaveOpened) return;
      loadedAtMs = nowMs;
      const loading = load(true).catch(() => undefined);
      if (isDue) await loading;
    },
  };
}
