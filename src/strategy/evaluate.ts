/**
 * Evaluates a side of a pair: is there a position worth opening, and if not, why not and what would be needed.
 *
 * For the gap s·(B − m), it must be wide enough now (`entryBps`, executable, for the intended size) and the expected return
 * over the horizon good enough after all four fees. The first alone is not enough, and each refusal prints the basis that is.
 * For the carry, the return alone decides, and no change of the gap is counted on.
 */
import { interestOver } from '../domain/margin/borrow.ts';
import { depthWithinBps, executableOpenBasisBps, type ExecutableBasis } from '../domain/basis.ts';
import {
  breakEvenDays,
  expectedCarry,
  expectedReturn,
  requiredCarry,
  settlementsCrossed,
  requiredBasisBps,
  type ExpectedReturn,
  type FundingOutlook,
  type ReturnTerms,
} from '../domain/carry.ts';
import { decimal, divide, maximum, one, zero, type Decimal } from '../domain/decimal.ts';
import { fourFeesFraction } from '../domain/fees.ts';
import { figure, signedFigure } from '../domain/figures.ts';
import { staleness } from '../domain/freshness.ts';
import type { OrderSide } from '../domain/order.ts';
import { leastCentrePoints } from '../domain/portfolio/centre.ts';
import { sideOf, type PositionKind } from '../domain/position.ts';
import type { Quote } from '../domain/quote.ts';
import { borrowOf, loanReasons } from './loan.ts';
import type { Pair, PairMarket, StrategyRules } from './pair.ts';
import type { Direction } from '../domain/direction.ts';
import type { BorrowTerms } from '../domain/margin/borrow-terms.ts';

const dayMs = decimal('86400000');
const hoursPerDay = decimal('24');

/** What one side of a pair comes to; the figures are null where the order books do not hold the size. */
interface Evaluated {
  readonly pair: Pair;
  readonly direction: Direction;
  /** What it would be entered for. */
  readonly enteredFor: PositionKind;
  /** The size that the figures are for, in base units. */
  readonly quantityBase: Decimal;
  /** m, what the gap is measured from, in bps: zero, or the pair's median basis where the rules say so. */
  readonly centreBps: Decimal;
  /**
   * The least s·B_open, in bps, that passes every rule: `entryBps` beyond m, or what the return needs when that is more.
   * Null for a position on the carry, which asks for no gap.
   */
  readonly requiredBasisBps: Decimal | null;
  /** What its carry is expected from. */
  readonly funding: FundingOutlook;
  /** Of a short side whose spot is borrowed, at the loan's terms now. */
  readonly borrow?: BorrowTerms;
}

/** A side that passed every rule: the only thing that can be sized and planned. */
export interface ApprovedSide extends Evaluated {
  readonly kind: 'approved';
  readonly basis: ExecutableBasis;
  readonly expected: ExpectedReturn;
  /** Days of carry that pay what the gap alone does not; null: never. */
  readonly breakEvenDays: Decimal | null;
}

export interface RefusedSide extends Evaluated {
  readonly kind: 'refused';
  readonly basis: ExecutableBasis | null;
  readonly expected: ExpectedReturn | null;
  /** Every rule that stands against it, with its figures. */
  readonly reasons: readonly string[];
}

export type SideEvaluation = ApprovedSide | RefusedSide;

/** For one size: a scan's, and again that of a position just before it opens. */
export function evaluateSide(
  pair: Pair,
  rules: StrategyRules,
  market: PairMarket,
  direction: Direction,
  quantityBase: Decimal,
  enteredFor: PositionKind = 'basis',
): SideEvaluation {
  const stale = staleness(market.spotQuote, market.perpQuote, market.nowWallMs);
  const basis = executableOpenBasisBps(market.spotQuote, market.perpQuote, direction, quantityBase);
  const centre = centreOf(rules, market, enteredFor);
  const centreBps = centre ?? zero;
  const fromCentre = sideOf(direction) === 1 ? centreBps : zero.minus(centreBps);
  const gap = basis === null ? decimal(rules.entryBps) : basis.signedBasisBps.minus(fromCentre);
  const borrow = borrowOf(rules, market.loan, direction);
  const terms = returnTerms(pair, rules, market, direction, enteredFor, gap, centreBps, borrow);
  const required = enteredFor === 'funding' ? null : requiredBasis(terms, rules);
  const evaluated = {
    pair,
    direction,
    enteredFor,
    quantityBase,
    centreBps,
    requiredBasisBps: required === null ? null : required.plus(fromCentre),
    funding: market.funding,
    ...(borrow === null ? {} : { borrow }),
  };
  const reasons: string[] = [];
  if (stale !== null) reasons.push(stale);
  reasons.push(...loanReasons(pair, rules, market, direction, quantityBase));
  if (direction === 'short_spot_long_perp' && rules.shortSpot === 'off') {
    reasons.push('shortSpot is off: spot is sold only from inventory, where the configuration says so');
  }
  if (centre === null) {
    reasons.push(`centre: the median basis is not known: fewer than ${leastCentrePoints} of 168 hours are recorded`);
  }
  reasons.push(...depthReasons(rules, market, quantityBase));
  if (basis === null) {
    if (quantityBase.gt(zero)) {
      reasons.push(`the order books do not hold ${quantityBase.toFixed()} ${pair.asset} on both legs`);
    }
    return { kind: 'refused', ...evaluated, basis: null, expected: null, reasons };
  }
  const expected = expectedReturn(terms);
  const breakEven = breakEvenDays(terms, divide(terms.carry.minus(terms.borrow), terms.horizonDays));
  reasons.push(
    ...(required === null
      ? carryReasons(terms, expected, rules, market)
      : returnReasons(terms, expected, breakEven, required, rules)),
  );
  return reasons.length > 0
    ? { kind: 'refused', ...evaluated, basis, expected, reasons }
    : { kind: 'approved', ...evaluated, basis, expected, breakEvenDays: breakEven };
}

/** Null: the rules ask for a median that is not known. The carry is entered for wherever the gap stands. */
function centreOf(rules: StrategyRules, market: PairMarket, enteredFor: PositionKind): Decimal | null {
  if (enteredFor === 'funding') return zero;
  switch (rules.centre) {
    case 'zero':
      return zero;
    case 'median':
      return market.centreBps == null ? null : decimal(market.centreBps);
  }
}

/** The order sides that open a position. */
export function openingSides(direction: Direction): { readonly spot: OrderSide; readonly perp: OrderSide } {
  return direction === 'long_spot_short_perp' ? { spot: 'buy', perp: 'sell' } : { spot: 'sell', perp: 'buy' };
}

function returnTerms(
  pair: Pair,
  rules: StrategyRules,
  market: PairMarket,
  direction: Direction,
  enteredFor: PositionKind,
  signedOpenBasisBps: Decimal,
  centreBps: Decimal,
  borrow: BorrowTerms | null,
): ReturnTerms {
  const side = sideOf(direction);
  const horizonDays = decimal(rules.horizonDays);
  return {
    side,
    signedOpenBasisBps,
    centreBps,
    // On the carry, E[B_close] is B_open: the gap is expected to stay as it is.
    exitBps: enteredFor === 'funding' ? signedOpenBasisBps : decimal(rules.exitBps),
    carry: expectedCarry(side, market.funding, market.nowMarketMs, market.nowMarketMs + horizonMs(rules)),
    fees: fourFeesFraction(pair.spot, pair.perp),
    borrow: borrow === null ? zero : interestOver(borrow.hourlyRate, horizonDays.times(hoursPerDay)),
    leverage: decimal(pair.leverage),
    spotCapital: borrow === null ? one : decimal(borrow.collateralRate),
    horizonDays,
  };
}

function horizonMs({ horizonDays }: StrategyRules): number {
  return Number(decimal(horizonDays).times(dayMs).round(0, 0).toFixed());
}

/** `entryBps`, or the basis at which the net APY reaches its threshold (zero without one), whichever is more. */
function requiredBasis(terms: ReturnTerms, rules: StrategyRules): Decimal {
  if (rules.anyReturn === true) return decimal(rules.entryBps);
  const forReturn = requiredBasisBps(terms, decimal(rules.minNetApyPct ?? '0'));
  return forReturn === null ? decimal(rules.entryBps) : maximum(decimal(rules.entryBps), forReturn);
}

/** Of a position on the carry: the net APY alone, above its own threshold. */
function carryReasons(
  terms: ReturnTerms,
  expected: ExpectedReturn,
  rules: StrategyRules,
  { funding, nowMarketMs }: PairMarket,
): string[] {
  if (rules.funding === null) return ['funding is off: nothing is entered for the carry alone'];
  if (rules.anyReturn === true) return [];
  const { minNetApyPct } = rules.funding;
  if (expected.net.gt(zero) && expected.apyPct.gt(decimal(minNetApyPct))) return [];
  const { nextSettlementAtMs, intervalHours } = funding;
  const count = settlementsCrossed(nowMarketMs, nowMarketMs + horizonMs(rules), nextSettlementAtMs, intervalHours);
  const needed = requiredCarry(terms, decimal(minNetApyPct));
  const each = count === 0 ? '' : `, ${figure(divide(inBps(needed), decimal(String(count))), 2)} bps a settlement`;
  const horizon = `over ${decimal(rules.horizonDays).toFixed()} days`;
  return [
    `carry ${signedFigure(inBps(terms.carry), 1)} bps ${horizon}: net APY ${signedFigure(expected.apyPct, 1)} %, not above ${minNetApyPct} %; needs ${figure(inBps(needed), 1)} bps${each}`,
  ];
}

function inBps(fraction: Decimal): Decimal {
  return fraction.times(decimal('10000'));
}

function returnReasons(
  { signedOpenBasisBps, centreBps }: ReturnTerms,
  expected: ExpectedReturn,
  breakEven: Decimal | null,
  required: Decimal,
  rules: StrategyRules,
): string[] {
  const reasons: string[] = [];
  const name = centreBps.eq(zero) ? 's·B_open' : `s·(B_open − m), m ${figure(centreBps, 1)},`;
  const gap = `${name} ${figure(signedOpenBasisBps, 1)} bps`;
  const needs = `needs ${figure(required, 1)} bps`;
  if (signedOpenBasisBps.lte(decimal(rules.entryBps))) {
    reasons.push(`${gap} is not above entry ${figure(decimal(rules.entryBps), 1)} bps; ${needs}`);
  }
  if (rules.anyReturn === true) return reasons;
  const horizon = `over ${decimal(rules.horizonDays).toFixed()} days`;
  if (expected.net.lte(zero)) {
    const netBps = signedFigure(inBps(expected.net), 1);
    reasons.push(`${gap}: the expected return ${horizon} is ${netBps} bps after four fees, not above 0; ${needs}`);
  } else if (rules.minNetApyPct !== null && expected.apyPct.lte(decimal(rules.minNetApyPct))) {
    const wanted = decimal(rules.minNetApyPct).toFixed();
    reasons.push(`${gap}: net APY ${horizon} ${signedFigure(expected.apyPct, 1)} %, not above ${wanted} %; ${needs}`);
  }
  if (breakEven === null) reasons.push(`${gap} does not pay the four fees, and the carry never does`);
  return reasons;
}

function depthReasons(rules: StrategyRules, market: PairMarket, quantityBase: Decimal): string[] {
  if (rules.minDepthMultiple === null) return [];
  const needed = quantityBase.times(decimal(rules.minDepthMultiple));
  const within = decimal(rules.depthWithinBps);
  return bookSides([market.spotQuote, market.perpQuote], within)
    .filter(({ depthBase }) => depthBase.lt(needed))
    .map(
      ({ name, depthBase }) =>
        `${name} hold ${depthBase.toFixed()} within ${within.toFixed()} bps, under ${rules.minDepthMultiple} times the size (${needed.toFixed()})`,
    );
}

/** `bybit USDC/USDT asks`, and what they hold within so many bps of their best price: asks and bids of each quote. */
export function bookSides(
  quotes: readonly Quote[],
  withinBps: Decimal,
): readonly { readonly name: string; readonly depthBase: Decimal }[] {
  return quotes.flatMap((quote) =>
    (['buy', 'sell'] as const).map((side) => ({
      name: `${quote.venue} ${quote.symbol} ${side === 'buy' ? 'asks' : 'bids'}`,
      depthBase: depthWithinBps(quote, side, withinBps),
    })),
  );
}
