/** Short spot on a loan: at what terms, and what stands against it. */
import { decimal, type Decimal } from '../domain/decimal.ts';
import type { LoanOffer, Pair, PairMarket, StrategyRules } from './pair.ts';
import type { Direction } from '../domain/direction.ts';
import type { BorrowTerms } from '../domain/margin/borrow-terms.ts';

/** Wall time: terms that were read longer ago are not what the venue lends at now. */
export const maxLoanAgeMs = 60_000;

/** Null: the side borrows nothing, or its terms are not known. */
export function borrowOf(
  { shortSpot }: Pick<StrategyRules, 'shortSpot'>,
  loan: LoanOffer | null | undefined,
  direction: Direction,
): BorrowTerms | null {
  if (direction !== 'short_spot_long_perp' || shortSpot !== 'borrow' || loan?.hourlyRate == null) return null;
  return { hourlyRate: loan.hourlyRate, collateralRate: loan.collateralRate };
}

/** Why the coin cannot be borrowed for a side that needs it, in words. */
export function loanReasons(
  { spot }: Pick<Pair, 'spot'>,
  { shortSpot }: Pick<StrategyRules, 'shortSpot'>,
  { loan, nowWallMs }: Pick<PairMarket, 'loan' | 'nowWallMs'>,
  direction: Direction,
  quantityBase: Decimal,
): string[] {
  if (direction !== 'short_spot_long_perp' || shortSpot !== 'borrow') return [];
  const { account, instrument } = spot;
  const coin = instrument.base;
  if (loan?.hourlyRate == null) return [`what ${coin} costs to borrow at ${account} is not known`];
  const ageMs = nowWallMs - loan.readAtMs;
  if (ageMs > maxLoanAgeMs)
    return [`what ${coin} costs to borrow at ${account} was read ${Math.round(ageMs / 1000)} s ago`];
  if (!loan.isLent) return [`${instrument.venue} lends no ${coin} now`];
  if (loan.available !== null && decimal(loan.available).lt(quantityBase)) {
    return [`${account} can borrow ${loan.available} ${coin} more, and needs ${quantityBase.toFixed()}`];
  }
  return [];
}
