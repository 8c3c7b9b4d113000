/** From a candidate to a plan that can be reserved: sized under every cap and evaluated for exactly that size. */
import { decimal, type Decimal, type DecimalText } from '../domain/decimal.ts';
import type { PositionPlan } from '../domain/position.ts';
import type { Candidate } from './candidate.ts';
import type { FreeOf } from './needs.ts';
import { evaluateSide } from './evaluate.ts';
import type { StrategyRules } from './pair.ts';
import { buildPlan, capitalNeeds, type ExecutionRules } from './plan.ts';
import { sizePosition, type SizeRules } from './size.ts';
import { stakeFor, type PortfolioFacts, type StakeRules } from './stake.ts';
import type { CapitalNeed } from '../domain/portfolio/capital-need.ts';

export interface AdmissionRules {
  readonly strategy: StrategyRules;
  readonly execution: ExecutionRules;
  readonly sizing: Omit<SizeRules, 'minDepthMultiple' | 'depthWithinBps'> & StakeRules;
}

export interface AdmissionRequest {
  readonly key: string;
  readonly book: string;
  readonly candidate: Candidate;
  readonly rules: AdmissionRules;
  readonly pairExposureUsd: Decimal;
  readonly freeOf: FreeOf;
  readonly nowWallMs: number;
  readonly nowMarketMs: number;
  /** What is known of the portfolio; without it the bootstrap amount holds, under the other caps. */
  readonly facts?: PortfolioFacts;
  /** Instead of the configured size: what a person asked for, in USD. */
  readonly wantedUsd?: Decimal;
}

export type Planned =
  | {
      readonly kind: 'planned';
      readonly plan: PositionPlan;
      readonly needs: readonly CapitalNeed[];
      /** What kept the size from being larger. */
      readonly bound: string;
      /** s·B_open for exactly this size. */
      readonly signedBasisBps: DecimalText;
      /** Expected over the horizon after all four fees. */
      readonly expectedNetUsd: DecimalText;
      readonly netApyPct: DecimalText;
    }
  | { readonly kind: 'refused'; readonly reasons: readonly string[] };

export function planCandidate(request: AdmissionRequest): Planned {
  const { candidate, rules } = request;
  const { pair, direction, spotQuote, perpQuote } = candidate;
  const stake =
    request.wantedUsd === undefined
      ? stakeFor(rules.sizing, pair, direction, request.facts ?? null, request.nowMarketMs)
      : { amountUsd: request.wantedUsd, bound: 'the amount asked for' };
  if (typeof stake === 'string') return { kind: 'refused', reasons: [stake] };
  const isLent = direction === 'short_spot_long_perp' && rules.strategy.shortSpot === 'borrow';
  const { minDepthMultiple, depthWithinBps } = rules.strategy;
  const size = sizePosition({
    pair,
    direction,
    rules: { ...rules.sizing, minDepthMultiple, depthWithinBps },
    spotQuote,
    perpQuote,
    pairExposureUsd: request.pairExposureUsd,
    freeOf: request.freeOf,
    stake,
    rooms: request.facts?.rooms ?? [],
    cash: request.facts?.cash ?? null,
    loan: isLent ? (candidate.loan ?? null) : null,
  });
  if (size.kind === 'refused') return size;
  const market = {
    spotQuote,
    perpQuote,
    funding: candidate.funding,
    centreBps: candidate.centreBps ?? null,
    loan: candidate.loan ?? null,
    nowWallMs: request.nowWallMs,
    nowMarketMs: request.nowMarketMs,
  };
  const evaluation = evaluateSide(
    pair,
    rules.strategy,
    market,
    direction,
    size.quantityBase,
    candidate.enteredFor ?? 'basis',
  );
  if (evaluation.kind === 'refused') return { kind: 'refused', reasons: evaluation.reasons };
  const plan = buildPlan({
    key: request.key,
    book: request.book,
    side: evaluation,
    rules: rules.strategy,
    execution: rules.execution,
  });
  const { basis, expected } = evaluation;
  return {
    kind: 'planned',
    plan,
    needs: capitalNeeds(plan),
    bound: size.bound,
    signedBasisBps: basis.signedBasisBps.toFixed(2),
    expectedNetUsd: expected.net.times(decimal(plan.notionalUsd)).toFixed(4),
    netApyPct: expected.apyPct.toFixed(2),
  };
}
