/** The figures of positions, all together or by what they have in common. */
import type { Attribution } from '../domain/pnl.ts';
import { sumOfAttributions } from './attribution.ts';
import { averageReturn } from './average-return.ts';
import { countedPositions } from './counted-positions.ts';
import { deployedApr } from './deployed-apr.ts';
import { profitFactor } from './profit-factor.ts';
import type { Ratio } from './ratio.ts';
import type { Deployment, Trade } from './trade.ts';
import { winRate } from './win-rate.ts';

export const groupings = ['venue-pair', 'asset', 'side', 'kind', 'exit'] as const;
export type Grouping = (typeof groupings)[number];

export interface EndedTrade {
  readonly trade: Trade;
  readonly deployment: Deployment | null;
}

export interface TradeFigures {
  /** Counted ones: a pair that is opened again within the cool-down counts once. */
  readonly positions: number;
  readonly attribution: Attribution;
  readonly winRate: Ratio;
  readonly averageReturn: Ratio;
  readonly profitFactor: Ratio;
  readonly deployedApr: Ratio;
}

export interface Group extends TradeFigures {
  readonly name: string;
}

export function tradeFigures(ended: readonly EndedTrade[], cooldownMs: number, days: number): TradeFigures {
  const trades = ended.map(({ trade }) => trade);
  const counted = countedPositions(trades, cooldownMs);
  const lives = ended.map(({ trade, deployment }) => ({ realisedUsd: trade.attribution.realisedUsd, deployment }));
  return {
    positions: counted.length,
    attribution: sumOfAttributions(trades.map(({ attribution }) => attribution)),
    winRate: winRate(counted, days),
    averageReturn: averageReturn(counted, days),
    profitFactor: profitFactor(counted, days),
    deployedApr: deployedApr(lives, days),
  };
}

/** By name. Re-openings are counted within a group; the sums of the groups are the sum of all. */
export function groupsOf(ended: readonly EndedTrade[], by: Grouping, cooldownMs: number, days: number): Group[] {
  return [...Map.groupBy(ended, ({ trade }) => nameOf(trade, by))]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, members]) => ({ name, ...tradeFigures(members, cooldownMs, days) }));
}

function nameOf(trade: Trade, by: Grouping): string {
  switch (by) {
    case 'venue-pair':
      return trade.venuePair;
    case 'asset':
      return trade.asset;
    case 'side':
      return trade.side === 'long_spot_short_perp' ? 'long' : 'short';
    case 'kind':
      return trade.kind;
    case 'exit':
      return trade.exit;
  }
}
