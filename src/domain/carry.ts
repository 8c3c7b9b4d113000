/**
 * Carry: what a hedged position is expected to earn, as a fraction of its spot notional.
 *
 *     net = s·(B_open − E[B_close])/S + s·Σ r̂ − four fees − borrow
 *
 * B is measured from a centre m, zero or the pair's median: s·(B − m) is the gap.
 *
 * Funding is added up, never compounded: it is paid on the notional and does not join it. A positive rate is paid by
 * longs to shorts, so that s = +1 (short perpetual) earns it.
 */
import { compounded } from './compound.ts';
import { decimal, divide, maximum, minimum, one, roundTo, zero, type Decimal, type DecimalText } from './decimal.ts';
import { fractionOfBps } from './fees.ts';
import type { Side } from './direction.ts';

const hourMs = 3_600_000;
const daysPerYear = decimal('365');
const bpsPerUnit = decimal('10000');
const hundred = decimal('100');
/** Powers of the persistence are kept to this many places; the digits beyond would only grow. */
const ratePlaces = 24;

/** What is known of a perpetual's funding, enough to expect the next settlements. */
export interface FundingOutlook {
  /** Fraction of notional per settlement; positive: longs pay shorts. */
  readonly rate: DecimalText;
  /** Whether `rate` is the venue's figure for the coming settlement, or the one that was settled last. */
  readonly rateOf: 'next_settlement' | 'last_settlement';
  /** Market time of any one settlement; the others follow at the interval. */
  readonly nextSettlementAtMs: number;
  readonly intervalHours: number;
  /** μ: mean of the last 30 days' settled rates. Null without a history: the rate is then expected to stay. */
  readonly meanRate: DecimalText | null;
  /** ρ in [0, 1]: how much of the distance from the mean is left one settlement later. */
  readonly persistence: DecimalText;
  /** Days of settled rates that the mean is of, or would be; none where it is not said. */
  readonly historyDays?: number;
}

/** An outlook in which the rate stays as it is: for a constant model, or without a history. */
export function constantOutlook(funding: {
  readonly rate: DecimalText;
  readonly nextSettlementAtMs: number;
  readonly intervalHours: number;
}): FundingOutlook {
  const { rate, nextSettlementAtMs, intervalHours } = funding;
  return { rate, rateOf: 'next_settlement', nextSettlementAtMs, intervalHours, meanRate: null, persistence: '1' };
}

/**
 * Settlements τ that a position held between two market times is charged or paid at: opened < τ ≤ closed.
 * Whoever closes at the very settlement still takes part in it; whoever opens then does not.
 */
export function settlementsCrossed(
  openedAtMs: number,
  closedAtMs: number,
  nextSettlementAtMs: number,
  intervalHours: number,
): number {
  const intervalMs = intervalHours * hourMs;
  const upTo = (timeMs: number): number => Math.floor((timeMs - nextSettlementAtMs) / intervalMs);
  return Math.max(0, upTo(closedAtMs) - upTo(openedAtMs));
}

/** Σ r̂ over the settlements that will be crossed, unsigned by side: r̂_k = μ + ρ^k·(r − μ). */
export function expectedFunding(outlook: FundingOutlook, fromMs: number, toMs: number): Decimal {
  const count = settlementsCrossed(fromMs, toMs, outlook.nextSettlementAtMs, outlook.intervalHours);
  const rate = decimal(outlook.rate);
  const mean = outlook.meanRate === null ? rate : decimal(outlook.meanRate);
  const persistence = decimal(outlook.persistence);
  let distance = decayed(rate.minus(mean), persistence, firstStep(outlook, fromMs));
  let total = zero;
  for (let settlement = 0; settlement < count; settlement += 1) {
    total = total.plus(mean).plus(distance);
    distance = decayed(distance, persistence, 1);
  }
  return total;
}

function decayed(distance: Decimal, persistence: Decimal, steps: number): Decimal {
  if (persistence.eq(one)) return distance;
  let left = distance;
  for (let step = 0; step < steps && !left.eq(zero); step += 1)
    left = roundTo(left.times(persistence), ratePlaces, 'half_even');
  return left;
}

/** The same in floats, Σ ρ^k in closed form: for the screen alone. */
export function approximateFunding(outlook: FundingOutlook, fromMs: number, toMs: number): number {
  const count = settlementsCrossed(fromMs, toMs, outlook.nextSettlementAtMs, outlook.intervalHours);
  const rate = Number(outlook.rate);
  const mean = outlook.meanRate === null ? rate : Number(outlook.meanRate);
  const persistence = Number(outlook.persistence);
  const distance = (rate - mean) * persistence ** firstStep(outlook, fromMs);
  const distances = persistence === 1 ? count : (1 - persistence ** count) / (1 - persistence);
  return count * mean + distance * distances;
}

/** k of the first settlement after `fromMs`: a rate that was read some settlements ago has moved towards the mean. */
function firstStep({ rateOf, nextSettlementAtMs, intervalHours }: FundingOutlook, fromMs: number): number {
  const passed = Math.max(0, Math.floor((fromMs - nextSettlementAtMs) / (intervalHours * hourMs)) + 1);
  return passed + (rateOf === 'last_settlement' ? 1 : 0);
}

/** s·Σ r̂: the same as what the position earns, negative when it pays. */
export function expectedCarry(side: Side, outlook: FundingOutlook, fromMs: number, toMs: number): Decimal {
  const funding = expectedFunding(outlook, fromMs, toMs);
  return side === 1 ? funding : zero.minus(funding);
}

/** What the expected return of an entry is made of; fractions are of spot notional. */
export interface ReturnTerms {
  readonly side: Side;
  /** The gap s·(B_open − m), executable, in bps. */
  readonly signedOpenBasisBps: Decimal;
  /** m, where the gap is measured from, in bps: zero, or the pair's median basis. */
  readonly centreBps: Decimal;
  /** The gap that is expected to be left at close: E[B_close] = m + s·min(exitBps, s·(B_open − m)). */
  readonly exitBps: Decimal;
  /** s·Σ r̂ over the horizon. */
  readonly carry: Decimal;
  /** All four fees. */
  readonly fees: Decimal;
  /** Interest over the horizon on a borrowed spot leg; zero otherwise. */
  readonly borrow: Decimal;
  readonly leverage: Decimal;
  /** Spot capital per unit of notional: 1 when bought or sold from inventory, a borrow's collateral rate otherwise. */
  readonly spotCapital: Decimal;
  readonly horizonDays: Decimal;
}

export interface ExpectedReturn {
  /** Net of four fees, per unit of spot notional, over the horizon. */
  readonly net: Decimal;
  /** Capital per unit of spot notional: spot capital and the perpetual's margin. */
  readonly capital: Decimal;
  /** On capital, simple: net/capital·365/horizon, in percent. */
  readonly aprPct: Decimal;
  /** On capital, the horizon's return compounded over 365 days, in percent. */
  readonly apyPct: Decimal;
}

export function expectedReturn(terms: ReturnTerms): ExpectedReturn {
  const net = convergenceGain(terms).plus(terms.carry).minus(terms.fees).minus(terms.borrow);
  const capital = capitalPerNotional(terms);
  const onCapital = divide(net, capital);
  const horizonsPerYear = divide(daysPerYear, terms.horizonDays);
  return {
    net,
    capital,
    aprPct: onCapital.times(horizonsPerYear).times(hundred),
    apyPct: compounded(onCapital, horizonsPerYear).times(hundred),
  };
}

/** s·(B_open − E[B_close])/S: the part of the gap s·(B_open − m) beyond `exitBps`. */
function convergenceGain(terms: Pick<ReturnTerms, 'signedOpenBasisBps' | 'exitBps'>): Decimal {
  const left = minimum(terms.exitBps, terms.signedOpenBasisBps);
  return fractionOfBps(terms.signedOpenBasisBps.minus(left));
}

/** k + (P/S)/leverage, with P/S = 1 + B and B = m + s·gap. */
function capitalPerNotional(terms: ReturnTerms): Decimal {
  const signed = fractionOfBps(terms.signedOpenBasisBps);
  const atCentre = one.plus(fractionOfBps(terms.centreBps));
  const priceRatio = terms.side === 1 ? atCentre.plus(signed) : atCentre.minus(signed);
  return terms.spotCapital.plus(divide(priceRatio, terms.leverage));
}

/**
 * The least gap s·(B_open − m), in bps, at which the net APY at the horizon reaches `netApyPct`. With g the return on
 * capital that this takes and x the gap as a fraction, x − exit + carry − fees − borrow = g·(k + (1 + m + s·x)/leverage),
 * which is linear in x. Null when the carry alone pays it, whatever the gap.
 */
export function requiredBasisBps(terms: ReturnTerms, netApyPct: Decimal): Decimal | null {
  const onCapital = compounded(divide(netApyPct, hundred), divide(terms.horizonDays, daysPerYear));
  const marginShare = divide(onCapital, terms.leverage);
  const costs = terms.fees.plus(terms.borrow).minus(terms.carry);
  const constant = costs
    .plus(onCapital.times(terms.spotCapital))
    .plus(marginShare.times(one.plus(fractionOfBps(terms.centreBps))))
    .plus(fractionOfBps(terms.exitBps));
  const slope = terms.side === 1 ? one.minus(marginShare) : one.plus(marginShare);
  if (slope.lte(zero)) throw new RangeError(`no basis pays a net APY of ${netApyPct.toFixed()} %`);
  const required = divide(constant, slope).times(bpsPerUnit);
  return required.lte(terms.exitBps) ? null : required;
}

/**
 * The least s·Σ r̂ over the horizon, as a fraction, at which the net APY reaches `netApyPct` with no help of the gap:
 * what a position needs that is entered for the carry alone.
 */
export function requiredCarry(terms: ReturnTerms, netApyPct: Decimal): Decimal {
  const onCapital = compounded(divide(netApyPct, hundred), divide(terms.horizonDays, daysPerYear));
  return onCapital.times(capitalPerNotional(terms)).plus(terms.fees).plus(terms.borrow);
}

/**
 * Days of carry until the four fees that the gap does not pay are earned back. Null: never, because the carry is
 * not positive; zero when the gap pays them by itself.
 * @param dailyCarry s·r̂·settlements a day − borrow/365, as a fraction of notional
 */
export function breakEvenDays(
  terms: Pick<ReturnTerms, 'signedOpenBasisBps' | 'exitBps' | 'fees'>,
  dailyCarry: Decimal,
): Decimal | null {
  const toEarn = maximum(zero, terms.fees.minus(convergenceGain(terms)));
  if (toEarn.eq(zero)) return zero;
  return dailyCarry.lte(zero) ? null : divide(toEarn, dailyCarry);
}
