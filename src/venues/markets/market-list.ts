/**
 * The venue's list of markets: loaded at the start, read again every hour, since ticks, lots and listings change, and
 * every few seconds, then ever less often, while a market is wanted that it says is closed.
 */
import { isClosed } from './instruments.ts';
import { read, type VenueCaller } from '../calls/venue-call.ts';
import type { ExactExchange, ExactMarket } from '../exact-exchange.ts';

/** A real exchange's whole list takes longer than an order may. */
const loadDeadlineMs = 20_000;
/** Wall time. */
const reloadAfterMs = 3_600_000;
const reloadClosedAfterMs = 10_000;
/** Doubled up to this while a market stays closed: one that is closed for good would use up the exchange's limits. */
const longestClosedWaitMs = 600_000;

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
  /** By symbol; wall time. */
  const closedWaits = new Map<string, number>();
  const closedWaitMs = (symbol: string): number => closedWaits.get(symbol) ?? reloadClosedAfterMs;

  async function load(reload: boolean): Promise<void> {
    const before = exchange.markets ?? {};
    const list = async (): Promise<void> => {
      await exchange.loadMarkets(reload);
      keepMissing(exchange, before);
    };
    await read(caller, 'markets', list, loadDeadlineMs);
    for (const other of others) other.setMarketsFromExchange(exchange);
  }

  async function reloadFor(closed: readonly string[]): Promise<void> {
    await load(true);
    for (const symbol of closed) closedWaits.set(symbol, Math.min(closedWaitMs(symbol) * 2, longestClosedWaitMs));
    for (const symbol of closedWaits.keys()) if (!isClosed(exchange, symbol)) closedWaits.delete(symbol);
  }

  return {
    async refresh(wanted = []) {
      const nowMs = caller.clock.nowMs();
      if (loadedAtMs === null) {
        await load(exchange.markets !== undefined);
        loadedAtMs = nowMs;
        return;
      }
      const agoMs = nowMs - loadedAtMs;
      const isDue = agoMs >= reloadAfterMs;
      const mayHaveOpened = wanted.filter((symbol) => isClosed(exchange, symbol) && agoMs >= closedWaitMs(symbol));
      if (!isDue && mayHaveOpened.length === 0) return;
      loadedAtMs = nowMs;
      const loading = reloadFor(mayHaveOpened).catch(() => undefined);
      if (isDue) await loading;
    },
  };
}

/**
 * What is held in a market is read and closed also after the market has left the venue's list, for good or in one short
 * reply: it stays, as a closed one.
 */
function keepMissing(exchange: ExactExchange, before: Readonly<Record<string, ExactMarket>>): void {
  const listed = exchange.markets ?? {};
  const nameOf = (market: ExactMarket): string => `${market.id} ${market.spot === true ? 'spot' : 'contract'}`;
  // A market under another symbol than before would be two of one id, of which ccxt cannot tell which is meant.
  const listedNames = new Set(Object.values(listed).map(nameOf));
  const missing = Object.values(before).filter(
    (market) =>
      // Others, such as options that expire every day, would pile up.
      (market.spot === true || market.swap === true) &&
      !Object.hasOwn(listed, market.symbol) &&
      !listedNames.has(nameOf(market)),
  );
  if (missing.length === 0) return;
  const closed = missing.map((market) => ({ ...market, active: false }));
  exchange.setMarkets([...Object.values(listed), ...closed], exchange.currencies);
}
