/** Perpetuals that people accepted as no position's any more. Whether they are still there is nobody's business here. */
import { decimal, zero, type Decimal, type DecimalText } from '../decimal.ts';
import type { PositionPlan } from '../position.ts';

export interface GivenUp {
  readonly symbol: string;
  /** Signed base units, as it was given up. */
  readonly quantityBase: DecimalText;
}

interface Accepting {
  readonly plan: PositionPlan;
  readonly acceptedPerpBase: DecimalText;
}

/** Of one account, in the order of its positions. */
export function givenUpAt(account: string, positions: readonly Accepting[]): GivenUp[] {
  return positions
    .filter(({ plan, acceptedPerpBase }) => plan.perp.account === account && !decimal(acceptedPerpBase).eq(zero))
    .map(({ plan, acceptedPerpBase }) => ({ symbol: plan.perp.instrument.symbol, quantityBase: acceptedPerpBase }));
}

/** More than anybody gives up of one perpetual; all combinations of them are looked at. */
const mostLookedAt = 10;

/**
 * Whether what the ledger explains of a perpetual beyond what its venue holds is what was given up, each time whole: a
 * person has closed it since, or the exchange has settled what it lists no more. Of nothing it is so.
 */
export function isGivenUp(beyond: Decimal, symbol: string, givenUp: readonly GivenUp[]): boolean {
  const amounts = givenUp.filter((one) => one.symbol === symbol).map(({ quantityBase }) => decimal(quantityBase));
  return addsUp(beyond, amounts.slice(0, mostLookedAt));
}

function addsUp(amount: Decimal, [first, ...rest]: readonly Decimal[]): boolean {
  if (amount.eq(zero)) return true;
  return first !== undefined && (addsUp(amount.minus(first), rest) || addsUp(amount, rest));
}
