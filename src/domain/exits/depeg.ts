/**
 * Depeg: a coin of the pair is no longer worth a dollar. Both legs are closed while that is cheap; a hedged pair gains
 * nothing by selling at 0.87, so that it is held otherwise, and a person is told. At any cost only when the coin that
 * broke is the one that the perpetual settles in: margin and profit are then in it.
 */
import { decimal, type Decimal } from '../decimal.ts';
import { figure } from '../figures.ts';
import type { PegState } from '../peg.ts';
import { concern, leave, type RuleAnswer, type Seen } from './seen.ts';

export function depeg(seen: Seen): RuleAnswer | null {
  const { watch, pegOf, closing } = seen;
  const { plan } = watch;
  const { depegMaxCostBps } = plan.exits;
  if (depegMaxCostBps === undefined) return null;
  const settle = plan.perp.instrument.settle ?? plan.perp.instrument.quote;
  const settleBreak = brokenDetail(pegOf(settle));
  if (settleBreak !== null) return leave(`depeg of the settlement coin: ${settleBreak}`);
  const broken = [plan.spot.instrument.base, plan.spot.instrument.quote]
    .map((coin) => brokenDetail(pegOf(coin)))
    .find((detail) => detail !== null);
  if (broken === undefined) return null;
  if (plan.direction === 'short_spot_long_perp') {
    // Closing would buy the broken coin back; without a hedge its seller has lost nothing by it.
    return concern('depeg_held', 'critical', `depeg: ${broken}; held hedged, as closing would buy the coin back`);
  }
  if (closing === null) {
    return concern('depeg_held', 'critical', `depeg: ${broken}; held hedged, as the cost of closing is not known`);
  }
  if (closing.shortDepth !== null) {
    return concern('depeg_held', 'critical', `depeg: ${broken}; held hedged: ${closing.shortDepth}`);
  }
  const cost = closingCostBps(seen);
  const words = `closing costs ${figure(cost, 1)} bps`;
  if (cost.gt(decimal(depegMaxCostBps))) {
    return concern('depeg_held', 'critical', `depeg: ${broken}; held hedged: ${words}, over ${depegMaxCostBps}`);
  }
  return leave(`depeg: ${broken}; ${words} ≤ ${depegMaxCostBps}`);
}

/**
 * What leaving now gives away, in bps of the spot price: the gap that is paid to close, s·B_close, with the spread and
 * the depth in it, and the two closing fees.
 */
function closingCostBps({ watch, closing }: Seen): Decimal {
  if (closing === null) throw new Error('the cost of closing without prices');
  const { spot, perp } = watch.plan;
  return closing.close.signedBasisBps.plus(decimal(spot.takerFeeBps)).plus(decimal(perp.takerFeeBps));
}

function brokenDetail(state: PegState): string | null {
  return state.kind === 'broken' ? state.detail : null;
}
