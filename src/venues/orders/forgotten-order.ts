/**
 * What became of an order that the venue acknowledged, and no longer shows: venues keep what ended without a fill for
 * hours or days only. Its trades are kept for much longer, and say what it came to.
 */
import { decimal, sum, toText } from '../../domain/decimal.ts';
import type { ForgottenOrder, OrderLookUp } from '../../ports/venue.ts';
import { fillsBetween } from './fills.ts';
import { openOrders } from './open-orders.ts';
import type { VenueCaller } from '../calls/venue-call.ts';
import type { ExactExchange } from '../exact-exchange.ts';

const dayMs = 86_400_000;
/** Where a venue does not say how long it keeps what ended unfilled; market time. */
const assumedKeptMs = dayMs;
/** The lists of some venues reach back three months, and say nothing about what is older. */
export const tradesReachMs = 80 * dayMs;

/** Market times, the first and the last one. */
export interface SearchedTimes {
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface ForgottenSettings {
  readonly exchange: ExactExchange;
  readonly caller: VenueCaller;
  readonly marketTimeOf: (wallMs: number) => number;
}

/**
 * To be asked when no list shows the order. Null while the venue would have to show it, whatever it came to: then it is the
 * venue's answers that are not whole. Else no open order carries its id, and then all trades since its claim were read.
 * @param surelyMs wall time that it surely is, here and at the venue
 */
export async function forgottenOrder(
  { exchange, caller, marketTimeOf }: ForgottenSettings,
  { venueOrderId, symbol, claimedAtMs }: OrderLookUp,
  surelyMs: number,
  { sinceMs, untilMs }: SearchedTimes,
): Promise<ForgottenOrder | null> {
  if (venueOrderId === null) return null;
  const keptMs = caller.dialect.capabilities.unfilledKeptMs ?? assumedKeptMs;
  const ageMs = marketTimeOf(surelyMs) - marketTimeOf(claimedAtMs);
  if (ageMs <= keptMs || ageMs > tradesReachMs) return null;
  const open = await openOrders(exchange, caller, symbol, {});
  if (open.some(({ id }) => id === venueOrderId)) return null;
  const all = await fillsBetween(exchange, caller, symbol, sinceMs, untilMs);
  const fills = all.filter((fill) => fill.venueOrderId === venueOrderId);
  const filledBase = toText(sum(fills.map(({ quantityBase }) => decimal(quantityBase))));
  return { venueOrderId, filledBase, status: 'done', fills };
}
