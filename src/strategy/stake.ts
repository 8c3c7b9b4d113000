/** What a position is meant to come to before the caps: by its history, or by hand. */
import { decimal, toText, type Decimal, type DecimalText } from '../domain/decimal.ts';
import { fourFeesFraction } from '../domain/fees.ts';
import { kellyStake, type ClosedTrade } from './kelly.ts';
import type { Pair } from './pair.ts';
import type { UsdBound } from './size.ts';
import type { Direction } from '../domain/direction.ts';

export interface StakeRules {
  readonly bootstrapUsd: DecimalText;
  /** Of a pair whose history speaks against it, once in 14 days; null: never. */
  readonly probeUsd: DecimalText | null;
}

/** What the sizing knows of the portfolio. */
export interface PortfolioFacts {
  readonly trades: readonly ClosedTrade[];
  /** A text says why it is not known. */
  readonly equityUsd: Decimal | string;
  /** What other limits leave, as notional. */
  readonly rooms: readonly UsdBound[];
  /** What may be spent of all dollar coins together; null: as much as there is, or it is not known. */
  readonly cash: UsdBound | null;
}

const probeIntervalMs = 14 * 86_400_000;

/** A text says why nothing is opened. @param facts null: nothing is known, and the bootstrap amount holds */
export function stakeFor(
  rules: StakeRules,
  pair: Pair,
  direction: Direction,
  facts: PortfolioFacts | null,
  nowMarketMs: number,
): UsdBound | string {
  const bootstrap = { amountUsd: decimal(rules.bootstrapUsd), bound: 'bootstrapUsd' };
  if (facts === null) return bootstrap;
  const { pairId, asset } = pair;
  const fees = fourFeesFraction(pair.spot, pair.perp);
  const stake = kellyStake(facts.trades, { asset, direction, pairId }, fees, nowMarketMs);
  switch (stake.kind) {
    case 'bootstrap':
      return bootstrap;
    case 'fraction':
      return typeof facts.equityUsd === 'string'
        ? `${stake.detail}: equity is not known: ${facts.equityUsd}`
        : {
            amountUsd: facts.equityUsd.times(stake.fraction),
            bound: `${stake.detail} (${toText(facts.equityUsd.round(2, 0))} USD)`,
          };
    case 'none':
      return probe(rules, pairId, facts, nowMarketMs) ?? stake.detail;
  }
}

/** Without it one loss could end a pair for ever. */
function probe(
  { probeUsd }: StakeRules,
  pairId: string,
  { trades }: PortfolioFacts,
  nowMarketMs: number,
): UsdBound | null {
  const isRecent = trades.some(
    (trade) => trade.pairId === pairId && nowMarketMs - trade.closedAtMarketMs < probeIntervalMs,
  );
  return probeUsd === null || isRecent ? null : { amountUsd: decimal(probeUsd), bound: 'probeUsd' };
}
