/**
 * Executable prices of the sides that reduce a position. Only the order books of the legs that are to move are read: what
 * is left on one leg must not wait for the exchange of the other.
 */
import { ActivityFailure, patched } from '@temporalio/workflow';
import { referencePrice } from '../src/domain/execution/decide.ts';
import { project } from '../src/domain/execution/observation.ts';
import { coarserLot } from '../src/domain/execution/quantity.ts';
import type { LegName } from '../src/domain/order.ts';
import type { PositionPlan } from '../src/domain/position.ts';
import type { CloseRequest } from '../src/domain/position-state.ts';
import type { LegPrices } from '../src/domain/watch.ts';
import { marketActivities } from './activity-proxies.ts';
import type { OrderDesk } from './order-desk.ts';
import { priceWait } from './price-wait.ts';

export interface PriceTerms {
  /** Null: not a close. */
  readonly close: CloseRequest | null;
  /** For unequal legs, of a leg whose order book cannot be read. Null: the plan's. */
  readonly fallback: LegPrices | null;
  /** Of a position that is stuck. */
  readonly isRetry: boolean;
}

export function planPrices(plan: PositionPlan): LegPrices {
  return { spot: referencePrice(plan, 'spot').toFixed(), perp: referencePrice(plan, 'perp').toFixed() };
}

/**
 * While an order book does not answer, equal legs wait: a guess could fill one and miss the other. Unequal legs cannot
 * wait, and take `fallback` for that one.
 * @param legs those that are to move; the price of another one is not to be relied on
 * @throws ActivityFailure when the wait takes too long
 */
export async function closingPrices(
  desk: OrderDesk,
  legs: readonly LegName[],
  { close, fallback, isRetry }: PriceTerms,
): Promise<LegPrices> {
  const { plan } = desk;
  const assumed = fallback ?? planPrices(plan);
  const wait = priceWait(plan.key, 'its close waits', isRetry);
  for (;;) {
    // Older code read both at once, and took neither where one could not be read.
    if (legs.length > 1 && !areEqual(desk) && patched('prices-leg-by-leg'))
      return { ...assumed, ...(await whatCanBeRead(plan, legs)) };
    try {
      if (close?.keepsQuote === true) {
        const perp = await marketActivities('close', 'read the order book of the perpetual').perpClosingPrice(plan);
        return { ...assumed, perp };
      }
      return { ...assumed, ...(await readPrices(plan, legs)) };
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      if (areEqual(desk)) await wait(error);
      else if (legs.length === 1 || !patched('prices-leg-by-leg')) return assumed;
    }
  }
}

function areEqual({ plan, observations }: OrderDesk): boolean {
  const { spot, perp } = project(plan.direction, observations);
  return spot.heldBase.minus(perp.heldBase).abs().lte(coarserLot(plan.spot, plan.perp));
}

function readPrices(plan: PositionPlan, legs: readonly LegName[]): Promise<Partial<LegPrices>> {
  const [only] = legs;
  const what =
    legs.length > 1
      ? 'both order books'
      : only === 'perp'
        ? 'the order book of the perpetual'
        : 'the order book of spot';
  return marketActivities('close', `read ${what}`).closingPrices(plan, legs);
}

async function whatCanBeRead(plan: PositionPlan, legs: readonly LegName[]): Promise<Partial<LegPrices>> {
  const read = legs.map((leg) =>
    readPrices(plan, [leg]).catch((error: unknown): Partial<LegPrices> => {
      if (error instanceof ActivityFailure) return {};
      throw error;
    }),
  );
  return Object.assign({}, ...(await Promise.all(read)));
}
