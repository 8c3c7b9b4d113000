/** What the conformance suite expects of each exchange: one file for both languages. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const marketCase = z.strictObject({
  symbol: z.string(),
  tick: z.number().optional(),
  step: z.number().optional(),
  minimum: z.number().optional(),
  /** Base units of a contract; perpetuals only. */
  contractSize: z.number().optional(),
  /** Base units of a usual order. */
  amount: z.number(),
  /** Base units of an order that takes more than the first level. */
  large: z.number(),
  /** As the venue's `lacks`, of this market alone. */
  lacks: z.record(z.string(), z.string()).default({}),
});

/** How an order is named by its client id: parameters in which `$` is the id, a search in the lists, or not at all. */
const byClientId = z.strictObject({
  params: z.record(z.string(), z.unknown()).optional(),
  search: z.boolean().optional(),
  lacks: z.string().optional(),
});

const venueCase = z.strictObject({
  balances: z.record(z.string(), z.string()),
  markets: z.array(marketCase),
  /** With every look-up of an order. */
  fetchParams: z.record(z.string(), z.unknown()).optional(),
  /** What stands in for ccxt's `timeInForce` of these values, where ccxt does not read it. */
  timesInForce: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  /** Where ccxt keeps streamed balances, when the account has several wallets. */
  streamedWallet: z.string().optional(),
  /** The sign of ccxt's funding payments: what was received (the usual one), or what was paid. */
  fundingPayments: z.enum(['received', 'paid']).default('received'),
  clientOrderId: z.strictObject({ create: z.string(), fetch: byClientId, cancel: byClientId }),
  /** Classes where they differ from ccxt's usual ones. */
  errors: z.record(z.string(), z.string()),
  /** What the exchange, or ccxt for it, does not have: with its reason, which is printed. */
  lacks: z.record(z.string(), z.string()),
});

export type MarketCase = z.infer<typeof marketCase>;
export type ByClientId = z.infer<typeof byClientId>;
export type VenueCase = z.infer<typeof venueCase>;

export const venueCases: Readonly<Record<string, VenueCase>> = z
  .record(z.string(), venueCase)
  .parse(JSON.parse(readFileSync(new URL('venues.json', import.meta.url), 'utf8')));

/** The mid price of every market of the suite: half a tick below the tick grid's one, so that books are never round. */
export const midPrice = '0.9996';

/** One row an hour: the first close is known an hour after the first row's time. */
export function tapeLinesOf(cases: Readonly<Record<string, VenueCase>>): string[] {
  const lines: string[] = [];
  for (const [venue, { markets }] of Object.entries(cases)) {
    for (const { symbol } of markets) {
      for (const hour of ['00', '01', '02']) {
        lines.push(`2025-10-09T${hour}:00:00Z,${venue},${symbol},1h,0.9995,0.9998,0.9994,${midPrice},1000`);
      }
    }
  }
  return lines;
}
