/** Perpetuals that people accepted as no position's any more. Whether they are still there is nobody's business here. */
import { decimal, zero, type Decimal, type DecimalText } from '../decimal.ts';
import type { PositionPlan } from '../position.ts';

export interface GivenUp {
  readonly positionKey: string;
  readonly symbol: string;
  /** Signed base units, as it was given up. */
  readonly quantityBase: DecimalText;
}

interface Accepting {
  readonly key: string;
  readonly plan: PositionPlan;
  readonly acceptedPerpBase: DecimalText;
}

/** Of one account, in the order of its positions. */
export function givenUpAt(account: string, positions: readonly Accepting[]): GivenUp[] {
  return positions
    .filter(({ plan, acceptedPerpBase }) => plan.perp.account === account && !decimal(acceptedPerpBase).eq(zero))
    .map(({ key, plan, acceptedPerpBase }) => ({
      positionKey: key,
      symbol: plan.perp.instrument.symbol,
      quantityBase: acceptedPerpBase,
    }));
}

/** More than anybody gives up of one perpetual; all combinations of them are looked at. */
const mostLookedAt = 10;

/**
 * What of it is gone, each time whole, where that is what the ledger explains of a perpetual beyond what its venue holds: a
 * person has closed it since, or the exchange has settled what it lists no more. Null where that is something else.
 */
export function goneOf(beyond: Decimal, symbol: string, givenUp: readonly GivenUp[]): readonly GivenUp[] | null {
  return addingUpTo(beyond, givenUp.filter((one) => one.symbol === symbol).slice(0, mostLookedAt));
}

function addingUpTo(amount: Decimal, [first, ...rest]: readonly GivenUp[]): readonly GivenUp[] | null {
  if (amount.eq(zero)) return [];
  if (first === undefined) return null;
  const others = addingUpTo(amount.minus(decimal(first.quantityBase)), rest);
  return others === null ? addingUpTo(amount, rest) : [first, ...others];
}
