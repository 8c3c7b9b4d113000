/** Stop loss: the ratio has been at or under its bound for some seconds. A thin order book makes a loss none the smaller. */
import { decimal, zero, type Decimal } from '../decimal.ts';
import { figure } from '../figures.ts';
import type { ExitRules } from '../position.ts';
import { leave, type RuleAnswer, type Seen } from './seen.ts';

/** Wall time for which a stop must have held, so that one bad tick does not close a position. */
export const stopHoldMs = 3_000;

export function isAtStop(ratioPct: Decimal, { stopLossPct }: Pick<ExitRules, 'stopLossPct'>): boolean {
  return ratioPct.lte(zero.minus(decimal(stopLossPct)));
}

export function stopLoss({ watch, closing }: Seen): RuleAnswer | null {
  const { exits } = watch.plan;
  if (closing === null || !isAtStop(closing.pnl.ratioPct, exits) || closing.stopHeldForMs < stopHoldMs) return null;
  const seconds = figure(decimal(String(closing.stopHeldForMs)).times(decimal('0.001')), 1);
  return leave(`ratio at or under ${zero.minus(decimal(exits.stopLossPct)).toFixed()} % for ${seconds} s`);
}
