/**
 * Convergence, for positions on the gap. `net`: the gap has closed to `exitBps`, and leaving pays (or waiting does not).
 * `literal`: the size of the gap alone, on either side of zero and whatever leaving costs.
 */
import { decimal, zero } from '../decimal.ts';
import { figure } from '../figures.ts';
import { gapBps, gapName, kindOfWatch, leave, type RuleAnswer, type Seen } from './seen.ts';

export function convergence(seen: Seen): RuleAnswer | null {
  const { closing, expectedCarry } = seen;
  if (kindOfWatch(seen) === 'funding' || closing === null || closing.shortDepth !== null) return null;
  const { exitBps, convergence: kind } = seen.watch.plan.exits;
  const exit = decimal(exitBps);
  const gap = gapBps(seen.watch, closing.close.signedBasisBps);
  const name = gapName(seen.watch);
  if (kind === 'literal') {
    if (gap.abs().gte(exit)) return null;
    return leave(`|${name}| ${figure(gap.abs(), 1)} bps < exit ${figure(exit, 1)} bps`);
  }
  if (gap.gt(exit)) return null;
  const converged = `s·${name} ${figure(gap, 1)} bps ≤ exit ${figure(exit, 1)} bps`;
  if (closing.pnl.ratioPct.gte(zero)) return leave(converged);
  // An unknown carry is not none: it is waited for until it is known.
  return expectedCarry?.lte(zero) === true ? leave(`${converged}, and no carry is left to wait for`) : null;
}
