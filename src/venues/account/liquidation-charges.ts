/** What an exchange charged an account for liquidations beside their fills, from its own records. */
import type { LiquidationCharge } from '../../domain/margin/liquidation-charge.ts';
import { keyFrom, readAllPages, type PagedList } from '../calls/pages.ts';
import type { VenueCaller } from '../calls/venue-call.ts';
import type { ChargeRow } from '../capabilities/venue-dialect.ts';
import type { ExactExchange } from '../exact-exchange.ts';

/** With a market time in [sinceMs, untilMs], oldest first; none where the venue's fills say it all. */
export async function liquidationChargesBetween(
  exchange: ExactExchange,
  caller: VenueCaller,
  sinceMs: number,
  untilMs: number,
): Promise<LiquidationCharge[]> {
  const { liquidationRecords } = caller.dialect;
  if (liquidationRecords === null) return [];
  const list: PagedList<ChargeRow> = {
    what: 'liquidation charges',
    paging: liquidationRecords.paging,
    fetchPage: (since, limit, params) => liquidationRecords.fetchPage(exchange, since, limit, params),
    keyOf: ({ id }) => keyFrom('liquidation charge', id),
  };
  const rows = await readAllPages(caller, list, sinceMs, untilMs);
  return rows
    .filter(({ isOfTrade }) => !isOfTrade)
    .map(({ id, timestamp, marketId, amount, currency }) => ({
      chargeId: id,
      symbol: marketId === null ? null : perpetualOf(exchange, marketId),
      amount,
      currency,
      chargedAtMs: timestamp,
    }));
}

function perpetualOf(exchange: ExactExchange, marketId: string): string | null {
  const found = Object.values(exchange.markets ?? {}).find(({ id, swap }) => swap === true && id === marketId);
  return found?.symbol ?? null;
}
