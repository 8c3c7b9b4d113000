/** Settled funding rates, as the venues list them. */
import type { SettledFundingRate } from '../../ports/venue.ts';
import { chunksOf } from '../chunks.ts';
import type { Db } from '../database.ts';
import { amount, milliseconds } from '../rows.ts';

/** What is known of a settlement holds. */
export async function recordFundingRates(db: Db, venue: string, rates: readonly SettledFundingRate[]): Promise<void> {
  for (const chunk of chunksOf(rates)) {
    await db
      .insertInto('funding_rates')
      .values(
        chunk.map(({ symbol, settledAtMs, rate }) => ({ venue, symbol, settled_at_market_ms: settledAtMs, rate })),
      )
      .onConflict((conflict) => conflict.columns(['venue', 'symbol', 'settled_at_market_ms']).doNothing())
      .execute();
  }
}

/** Settled at or after a market time, oldest first. */
export async function fundingRates(
  db: Db,
  venue: string,
  symbol: string,
  sinceMarketMs: number,
): Promise<SettledFundingRate[]> {
  const rows = await db
    .selectFrom('funding_rates')
    .selectAll()
    .where('venue', '=', venue)
    .where('symbol', '=', symbol)
    .where('settled_at_market_ms', '>=', String(sinceMarketMs))
    .orderBy('settled_at_market_ms')
    .execute();
  return rows.map((row) => ({ symbol, rate: amount(row.rate), settledAtMs: milliseconds(row.settled_at_market_ms) }));
}
