/** Profit target: the ratio is at or over its bound, for the whole size. */
import { decimal } from '../decimal.ts';
import { leave, type RuleAnswer, type Seen } from './seen.ts';

export function profitTarget({ watch, closing }: Seen): RuleAnswer | null {
  const { profitTargetPct } = watch.plan.exits;
  if (closing === null || closing.shortDepth !== null) return null;
  return closing.pnl.ratioPct.gte(decimal(profitTargetPct)) ? leave(`ratio at or over ${profitTargetPct} %`) : null;
}
