import { approximate, decimal } from '../domain/decimal.ts';
import { mean, type Ratio } from './ratio.ts';

/** The mean of P&L over spot notional, position by position whatever their sizes, as a fraction; of one with a notional. */
export function averageReturn(
  positions: readonly { readonly realisedUsd: string; readonly notionalUsd: string }[],
  days: number,
): Ratio {
  const sized = positions.map(({ realisedUsd, notionalUsd }) => ({
    pnl: approximate(decimal(realisedUsd)),
    notional: approximate(decimal(notionalUsd)),
  }));
  const returns = sized.filter(({ notional }) => notional > 0).map(({ pnl, notional }) => pnl / notional);
  return { value: returns.length === 0 ? null : mean(returns), days, n: returns.length };
}
