/** From an opportunity and a size to a plan: everything that is decided before the first order, and what it needs. */
import { loanOf } from '../domain/margin/borrow.ts';
import { executableOpenBasisBps, type ExecutableBasis } from '../domain/basis.ts';
import {
  decimal,
  divide,
  floorToStep,
  minimum,
  roundTo,
  toText,
  zero,
  type Decimal,
  type DecimalText,
} from '../domain/decimal.ts';
import { decideOpening, legPlan, referencePrice, type Move } from '../domain/execution/decide.ts';
import { figure } from '../domain/figures.ts';
import { staleness } from '../domain/freshness.ts';
import { limitPrice } from '../domain/limit-price.ts';
import type { LegName, OrderIntent } from '../domain/order.ts';
import type { ExitRules, LegPlan, MakerStyle, PlanStyle, PositionPlan } from '../domain/position.ts';
import type { Quote } from '../domain/quote.ts';
import { openingNeeds } from './needs.ts';
import type { ApprovedSide } from './evaluate.ts';
import { shallowLeg } from './market-size.ts';
import type { Pair, StrategyRules } from './pair.ts';
import type { CapitalNeed } from '../domain/portfolio/capital-need.ts';

const dayMs = decimal('86400000');
/** Places of the reference prices that a plan keeps; venues' ticks are coarser. */
const pricePlaces = 12;

export interface ExecutionRules {
  readonly maxOpenSlippageBps: DecimalText;
  readonly maxCloseSlippageBps: DecimalText;
  readonly hedgeDeadlineMs: number;
  readonly maxCloseRejections: number;
  /** `taker_taker` unless given. */
  readonly style?: StyleRules;
}

/** A style before it is known which leg's orders rest. */
export type StyleRules =
  Omit<MakerStyle, 'makerLeg'> | Exclude<PlanStyle, MakerStyle> | { readonly kind: 'taker_taker' };

export interface PlanRequest {
  /** From `positionKey`; made once, by the caller. */
  readonly key: string;
  readonly book: string;
  /** Evaluated for exactly the size: its prices are the plan's references. */
  readonly side: ApprovedSide;
  readonly rules: StrategyRules;
  readonly execution: ExecutionRules;
}

export function buildPlan(request: PlanRequest): PositionPlan {
  const { side, rules, execution } = request;
  const { pair, basis, quantityBase } = side;
  const spotReferencePrice = roundTo(basis.spotPrice, pricePlaces, 'half_even');
  return {
    key: request.key,
    pairId: pair.pairId,
    asset: pair.asset,
    book: request.book,
    direction: side.direction,
    ...(side.enteredFor === 'basis' ? {} : { kind: side.enteredFor }),
    spot: pair.spot,
    perp: pair.perp,
    quantityBase: toText(quantityBase),
    spotReferencePrice: toText(spotReferencePrice),
    perpReferencePrice: toText(roundTo(basis.perpPrice, pricePlaces, 'half_even')),
    notionalUsd: toText(roundTo(quantityBase.times(spotReferencePrice), 8, 'half_even')),
    minimumEntryBps: toText(minimumEntryBps(side, execution)),
    exits: exitRules(side, rules),
    maxOpenSlippageBps: execution.maxOpenSlippageBps,
    maxCloseSlippageBps: execution.maxCloseSlippageBps,
    hedgeDeadlineMs: execution.hedgeDeadlineMs,
    maxCloseRejections: execution.maxCloseRejections,
    leverage: pair.leverage,
    fundingIntervalHours: side.funding.intervalHours,
    ...(side.borrow === undefined ? {} : { borrow: side.borrow }),
    ...planStyle(pair, execution.style),
  };
}

/** On the carry the gap as it was seen, less what its orders may slip: a worse one was not evaluated. */
function minimumEntryBps({ requiredBasisBps, basis }: ApprovedSide, execution: ExecutionRules): Decimal {
  return requiredBasisBps === null
    ? roundTo(basis.signedBasisBps.minus(decimal(execution.maxOpenSlippageBps)), 4, 'down')
    : roundTo(requiredBasisBps, 4, 'up');
}

function exitRules({ enteredFor, centreBps }: ApprovedSide, rules: StrategyRules): ExitRules {
  const { depeg, funding } = rules;
  const longestMs = marketMs(rules.maxHoldingDays);
  const maxLifeMs = funding?.maxLifeDays == null ? null : marketMs(funding.maxLifeDays);
  // No review comes after the end of a life, and none counts on carry beyond it.
  const maxHoldingMs = enteredFor === 'basis' || maxLifeMs === null ? longestMs : Math.min(longestMs, maxLifeMs);
  return {
    stopLossPct: rules.stopLossPct,
    profitTargetPct: rules.profitTargetPct,
    exitBps: rules.exitBps,
    ...(centreBps.eq(zero) ? {} : { centreBps: toText(centreBps) }),
    convergence: rules.convergence,
    maxHoldingMs,
    horizonMs: marketMs(rules.horizonDays),
    liquidationDistancePct: rules.liquidationDistancePct,
    liquidationTargetPct: rules.liquidationTargetPct,
    fundingFlip: rules.fundingFlip,
    venueDown: rules.venueDown,
    ...(depeg === null ? {} : { depegMaxCostBps: depeg.maxCostBps, depegBuyBack: depeg.buyBack }),
    ...(enteredFor === 'basis' ? {} : { reviewMs: maxHoldingMs, maxLifeMs }),
  };
}

function marketMs(days: DecimalText): number {
  return Number(decimal(days).times(dayMs).round(0, 0).toFixed());
}

function planStyle(pair: Pair, style: StyleRules | undefined): { readonly style?: PlanStyle } {
  switch (style?.kind) {
    case undefined:
    case 'taker_taker':
      return {};
    case 'market':
      return { style };
    case 'maker_hedge':
      return { style: { ...style, makerLeg: makerLeg(pair) } };
  }
}

/** The leg whose maker fee saves most against its taker fee; spot when both save alike. */
export function makerLeg({ spot, perp }: Pick<Pair, 'spot' | 'perp'>): LegName {
  const saving = ({ takerFeeBps, makerFeeBps }: LegPlan): Decimal =>
    decimal(takerFeeBps).minus(decimal(makerFeeBps ?? takerFeeBps));
  return saving(perp).gt(saving(spot)) ? 'perp' : 'spot';
}

/** What each account must have free for the opening orders of the plan. */
export function capitalNeeds(plan: PositionPlan): CapitalNeed[] {
  const loan = loanOf(plan);
  return openingNeeds(
    {
      direction: plan.direction,
      spot: plan.spot,
      perp: plan.perp,
      leverage: decimal(plan.leverage),
      maxOpenSlippageBps: decimal(plan.maxOpenSlippageBps),
      maxCloseSlippageBps: decimal(plan.maxCloseSlippageBps),
      ...(loan === null ? {} : { collateralRate: decimal(loan.collateralRate) }),
    },
    decimal(plan.quantityBase),
    { spot: decimal(plan.spotReferencePrice), perp: decimal(plan.perpReferencePrice) },
  );
}

/** The two orders that open the plan, at its reference prices and slippage cap. */
export function openingIntents(plan: PositionPlan): OrderIntent[] {
  return openingMoves(plan).map((move) => orderIntent(plan, move, referencePrice(plan, move.leg)));
}

function openingMoves(plan: PositionPlan): readonly Move[] {
  const decision = decideOpening(plan, [], 0, null);
  if (decision.kind !== 'send') throw new Error(`plan ${plan.key}: its opening sends nothing`);
  return decision.moves;
}

/** A decided move as an order: its limit price follows from a reference, the move's slippage and the tick. */
export function orderIntent(plan: PositionPlan, move: Move, reference: Decimal): OrderIntent {
  const { account, instrument } = legPlan(plan, move.leg);
  const limit = limitPrice(move.side, reference, decimal(move.slippageBps), decimal(instrument.priceTick));
  return {
    leg: move.leg,
    account,
    venue: instrument.venue,
    symbol: instrument.symbol,
    side: move.side,
    purpose: move.purpose,
    step: move.step,
    attempt: move.attempt,
    quantityBase: move.quantityBase,
    limitPrice: toText(limit),
    timeInForce: plan.style?.kind === 'market' ? 'market' : 'ioc',
    reduceOnly: move.reduceOnly,
    ...(move.leg === 'spot' && move.side === 'sell' && loanOf(plan) !== null ? { borrows: true } : {}),
  };
}

/** A decided quote as an order: at its price, and no larger there than may be unhedged. */
export function quoteIntent(plan: PositionPlan, style: MakerStyle, move: Move, price: Decimal): OrderIntent {
  const { instrument } = legPlan(plan, move.leg);
  const most = floorToStep(divide(decimal(style.maxUnhedgedUsd), price), decimal(instrument.quantityStep));
  return {
    ...orderIntent(plan, { ...move, slippageBps: '0' }, price),
    quantityBase: toText(minimum(decimal(move.quantityBase), most)),
    timeInForce: 'post_only',
  };
}

/** Whether the gap that the plan was made for is still there, on fresh order books. */
export type Edge =
  | { readonly kind: 'holds'; readonly basis: ExecutableBasis }
  | { readonly kind: 'gone'; readonly reason: string; readonly basis: ExecutableBasis | null };

export function checkEdge(plan: PositionPlan, spotQuote: Quote, perpQuote: Quote, nowWallMs: number): Edge {
  const stale = staleness(spotQuote, perpQuote, nowWallMs);
  if (stale !== null) return { kind: 'gone', reason: stale, basis: null };
  const basis = executableOpenBasisBps(spotQuote, perpQuote, plan.direction, decimal(plan.quantityBase));
  if (basis === null) {
    return { kind: 'gone', reason: `the order books no longer hold ${plan.quantityBase} on both legs`, basis };
  }
  // A market order has no limit of its own.
  const shallow = plan.style?.kind === 'market' ? shallowLeg(plan, openingMoves(plan), [spotQuote, perpQuote]) : null;
  if (shallow !== null) return { kind: 'gone', reason: shallow, basis };
  if (basis.signedBasisBps.gte(decimal(plan.minimumEntryBps))) return { kind: 'holds', basis };
  const seen = `s·B_open is ${figure(basis.signedBasisBps, 2)} bps`;
  return { kind: 'gone', reason: `${seen} now, under the ${plan.minimumEntryBps} bps it needs`, basis };
}
