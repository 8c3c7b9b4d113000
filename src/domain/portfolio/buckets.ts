/** Buckets: groups of venues and coins with one cap on the capital in them. Caps, not targets. */
import { loanOf } from '../margin/borrow.ts';
import { decimal, divide, type Decimal, type DecimalText } from '../decimal.ts';
import { exchangeOf } from '../exchange-of.ts';
import type { PositionPlan } from '../position.ts';

export interface Bucket {
  /** Both legs are at these exchanges; empty: at any. */
  readonly venues: readonly string[];
  /** Assets; empty: any. */
  readonly coins: readonly string[];
  /** Of equity, in percent. */
  readonly capPct: DecimalText;
}

type Placed = Pick<PositionPlan, 'asset' | 'spot' | 'perp'>;

/** The first that matches; null: no bucket holds it, and none caps it. */
export function bucketOf(buckets: readonly Bucket[], { asset, spot, perp }: Placed): Bucket | null {
  const exchanges = [spot, perp].map(({ instrument }) => exchangeOf(instrument.venue));
  const matches = ({ venues, coins }: Bucket): boolean =>
    (coins.length === 0 || coins.includes(asset)) &&
    (venues.length === 0 || exchanges.every((exchange) => venues.some((venue) => exchangeOf(venue) === exchange)));
  return buckets.find(matches) ?? null;
}

/** `binance, dydx / USDC`, or `any venue / any coin`. */
export function bucketName({ venues, coins }: Bucket): string {
  return `${venues.join(', ') || 'any venue'} / ${coins.join(', ') || 'any coin'}`;
}

/** k: 1 for spot that is bought or sold from inventory, the collateral rate of what is sold on a loan. */
export function spotShare(plan: Pick<PositionPlan, 'direction' | 'borrow'>): Decimal {
  return decimal(loanOf(plan)?.collateralRate ?? '1');
}

/** Capital of a position in USD: k·Q·S, and the perpetual's margin Q·P/leverage; k is 1, or a loan's collateral rate. */
export function capitalUsd(plan: PositionPlan): Decimal {
  const perpUsd = decimal(plan.quantityBase).times(decimal(plan.perpReferencePrice));
  return decimal(plan.notionalUsd)
    .times(spotShare(plan))
    .plus(divide(perpUsd, decimal(plan.leverage)));
}
