/**
 * Depeg: a coin of the pair is no longer worth a dollar. It is left while that is cheap; a hedged pair gains nothing by
 * selling at 0.87, so that it is held otherwise, and a person is told. At any cost only when the coin that broke is the
 * one that the perpetual settles in: margin and profit are then in it.
 *
 * Left means both legs, with one exception: who has sold the broken coin from inventory has its worth in the quote coin
 * already, and does not buy it back unless the plan says so. The perpetual alone is closed then.
 */
import { loanOf } from '../margin/borrow.ts';
import { decimal, zero, type Decimal } from '../decimal.ts';
import { figure } from '../figures.ts';
import type { PegState } from '../peg.ts';
import { concern, leave, leaveKeepingQuote, type RuleAnswer, type Seen } from './seen.ts';

export function depeg(seen: Seen): RuleAnswer | null {
  const { watch, pegOf, closing } = seen;
  const { plan } = watch;
  const { depegMaxCostBps, depegBuyBack } = plan.exits;
  if (depegMaxCostBps === undefined) return null;
  const { base, quote } = plan.spot.instrument;
  const settleBreak = brokenDetail(pegOf(plan.perp.instrument.settle ?? plan.perp.instrument.quote));
  if (settleBreak !== null) return leave(`depeg of the settlement coin: ${settleBreak}`);
  const [baseBreak, quoteBreak] = [brokenDetail(pegOf(base)), brokenDetail(pegOf(quote))];
  const broken = baseBreak ?? quoteBreak;
  if (broken === null) return null;
  const held = (why: string): RuleAnswer => concern('depeg_held', 'critical', `depeg: ${broken}; held hedged${why}`);
  if (closing === null) return held(', as the cost of closing is not known');
  if (closing.shortDepth !== null) return held(`: ${closing.shortDepth}`);
  // A quote coin that has broken as well is not worth keeping.
  const isSoldFromInventory = plan.direction === 'short_spot_long_perp' && loanOf(plan) === null;
  const keepsQuote = isSoldFromInventory && quoteBreak === null && depegBuyBack !== true;
  const cost = closingCostBps(seen, keepsQuote);
  const words = keepsQuote
    ? `closing the perpetual alone, and keeping the ${quote}, costs ${figure(cost, 1)} bps`
    : `closing costs ${figure(cost, 1)} bps`;
  if (cost.gt(decimal(depegMaxCostBps))) return held(`: ${words}, over ${depegMaxCostBps}`);
  return (keepsQuote ? leaveKeepingQuote : leave)(`depeg: ${broken}; ${words} ≤ ${depegMaxCostBps}`);
}

/**
 * What leaving now gives away, in bps of the spot price: the gap that is paid to close, s·B_close, with the spread and
 * the depth in it, and the closing fees. Without a purchase on spot the gap is what the perpetual fetches less than the
 * coin is worth there.
 */
function closingCostBps({ watch, closing }: Seen, keepsQuote: boolean): Decimal {
  if (closing === null) throw new Error('the cost of closing without prices');
  const { spot, perp } = watch.plan;
  return closing.close.signedBasisBps
    .plus(keepsQuote ? zero : decimal(spot.takerFeeBps))
    .plus(decimal(perp.takerFeeBps));
}

function brokenDetail(state: PegState): string | null {
  return state.kind === 'broken' ? state.detail : null;
}
