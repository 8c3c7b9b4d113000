/**
 * The portfolio's limits, each tested as it would be after the trade, in words that name the limit and the figures.
 * Pure: the ledger gathers the state in the transaction that reserves.
 */
import { approximate, decimal, divide, maximum, sum, zero, type Decimal, type DecimalText } from '../decimal.ts';
import { exchangeOf } from '../exchange-of.ts';
import { figure } from '../figures.ts';
import type { PositionPlan } from '../position.ts';
import { bucketName, bucketOf, capitalUsd, type Bucket } from './buckets.ts';
import { likenesses, type BasisPoint } from './correlation.ts';
import { isDollar, type PortfolioAccount, type PortfolioValue } from './value.ts';
import type { CapitalNeed } from './capital-need.ts';

/** Null: not asked for. Percentages are of equity. */
export interface PortfolioLimits {
  readonly accounts: readonly PortfolioAccount[];
  readonly venueCapPct: DecimalText | null;
  readonly minFreeCashPct: DecimalText | null;
  /** In order: the first that matches caps a position. */
  readonly buckets: readonly Bucket[];
  readonly maxCorrelation: DecimalText | null;
  readonly maxDrawdownPct: DecimalText | null;
  /** Notional whose quote coin is not hedged, a coin. */
  readonly maxQuoteExposureUsd: DecimalText;
}

export interface PortfolioState {
  /** A text says why it is not known. */
  readonly value: PortfolioValue | string;
  /** Reservations that were not given back, without the one that is asked for. */
  readonly live: readonly {
    readonly plan: PositionPlan;
    /** What it takes and the readings do not show yet. */
    readonly pendingNeeds: readonly CapitalNeed[];
  }[];
  readonly history: readonly BasisPoint[];
  /** Last observed; null: never. */
  readonly drawdownPct: DecimalText | null;
}

const hundred = decimal('100');

export function portfolioRefusals(
  limits: PortfolioLimits,
  plan: PositionPlan,
  needs: readonly CapitalNeed[],
  state: PortfolioState,
): string[] {
  const { value } = state;
  const untouched = [
    ...drawdownRefusals(limits, state),
    ...quoteRefusals(limits, plan, state),
    ...correlationRefusals(limits, plan, state),
  ];
  if (typeof value === 'string') return [...untouched, `equity is not known: ${value}`];
  if (value.equityUsd.lte(zero)) return [...untouched, `equity is ${figure(value.equityUsd, 2)} USD`];
  return [
    ...untouched,
    ...venueRefusals(limits, plan, value),
    ...bucketRefusals(limits, plan, state, value),
    ...cashRefusals(limits, needs, state, value),
  ];
}

/** Spot quoted in another coin than the perpetual settles in: the whole notional hangs on the one in the other. */
export function isQuoteUnhedged({ spot, perp }: Pick<PositionPlan, 'spot' | 'perp'>): boolean {
  return spot.instrument.quote !== settleOf(perp);
}

export function settleOf({ instrument }: PositionPlan['perp']): string {
  return instrument.settle ?? instrument.quote;
}

function drawdownRefusals({ maxDrawdownPct }: PortfolioLimits, { drawdownPct }: PortfolioState): string[] {
  if (maxDrawdownPct === null || drawdownPct === null || decimal(drawdownPct).lt(decimal(maxDrawdownPct))) return [];
  const seen = figure(decimal(drawdownPct), 2);
  return [
    `maxDrawdownPct: equity is ${seen} % under its high-water mark, at or over ${maxDrawdownPct}; resume resets it`,
  ];
}

function quoteRefusals(limits: PortfolioLimits, plan: PositionPlan, { live }: PortfolioState): string[] {
  if (!isQuoteUnhedged(plan)) return [];
  const settle = settleOf(plan.perp);
  const total = quoteExposureUsd(settle, [plan, ...live.map((one) => one.plan)]);
  if (total.lte(decimal(limits.maxQuoteExposureUsd))) return [];
  return [`maxQuoteExposureUsd: ${figure(total, 2)} USD would hang on ${settle}, over ${limits.maxQuoteExposureUsd}`];
}

/** Of positions whose quote coin is not hedged, the notional that hangs on this one. */
export function quoteExposureUsd(settle: string, plans: readonly PositionPlan[]): Decimal {
  const hanging = plans.filter((plan) => isQuoteUnhedged(plan) && settleOf(plan.perp) === settle);
  return sum(hanging.map(({ notionalUsd }) => decimal(notionalUsd)));
}

function correlationRefusals({ maxCorrelation }: PortfolioLimits, plan: PositionPlan, state: PortfolioState): string[] {
  if (maxCorrelation === null) return [];
  const bound = approximate(decimal(maxCorrelation));
  const open = state.live.map((one) => one.plan);
  return likenesses(plan, open, state.history)
    .filter(({ correlation }) => correlation > bound)
    .map(
      ({ key, correlation, words }) =>
        `maxCorrelation: ${correlation.toFixed(2)} with ${key} (${words}), over ${maxCorrelation}`,
    );
}

/** Everything held at an exchange; a trade there changes what it is, hardly what it is worth. */
function venueRefusals(
  { venueCapPct }: PortfolioLimits,
  { spot, perp }: PositionPlan,
  value: PortfolioValue,
): string[] {
  if (venueCapPct === null) return [];
  const exchanges = new Set([spot, perp].map(({ instrument }) => exchangeOf(instrument.venue)));
  return [...exchanges].flatMap((exchange) => {
    const share = percentOf(value.byExchange.get(exchange) ?? zero, value.equityUsd);
    return share.lte(decimal(venueCapPct))
      ? []
      : [`venueCapPct: ${figure(share, 1)} % of equity is at ${exchange}, over ${venueCapPct}`];
  });
}

function bucketRefusals(
  limits: PortfolioLimits,
  plan: PositionPlan,
  { live }: PortfolioState,
  { equityUsd }: PortfolioValue,
): string[] {
  const bucket = bucketOf(limits.buckets, plan);
  if (bucket === null) return [];
  const share = percentOf(
    bucketCapitalUsd(
      limits.buckets,
      bucket,
      live.map((one) => one.plan),
    ).plus(capitalUsd(plan)),
    equityUsd,
  );
  if (share.lte(decimal(bucket.capPct))) return [];
  return [`bucket ${bucketName(bucket)}: ${figure(share, 1)} % of equity would be in it, over ${bucket.capPct}`];
}

export function bucketCapitalUsd(buckets: readonly Bucket[], bucket: Bucket, plans: readonly PositionPlan[]): Decimal {
  return sum(plans.filter((other) => bucketOf(buckets, other) === bucket).map(capitalUsd));
}

/** What is free now, less what reservations take that the readings do not show yet, less what this one takes. */
function cashRefusals(
  { minFreeCashPct }: PortfolioLimits,
  needs: readonly CapitalNeed[],
  { live }: PortfolioState,
  { equityUsd, freeCashUsd }: PortfolioValue,
): string[] {
  if (minFreeCashPct === null) return [];
  const pending = live.flatMap((one) => one.pendingNeeds);
  const taken = sum(
    [...pending, ...needs].filter(({ currency }) => isDollar(currency)).map(({ amount }) => decimal(amount)),
  );
  const left = maximum(zero, freeCashUsd.minus(taken));
  const share = percentOf(left, equityUsd);
  if (share.gte(decimal(minFreeCashPct))) return [];
  return [
    `minFreeCashPct: ${figure(left, 2)} USD, ${figure(share, 1)} % of equity, would be left free, under ${minFreeCashPct}`,
  ];
}

function percentOf(part: Decimal, whole: Decimal): Decimal {
  return divide(part.times(hundred), whole);
}
