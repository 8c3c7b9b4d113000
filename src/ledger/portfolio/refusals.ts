/** Every limit that stands against a reservation, in words that name the limit and the figures. Pure. */
import { boundCoins, freeCoins } from '../../domain/portfolio/bound-coins.ts';
import { loanOf } from '../../domain/margin/borrow.ts';
import { decimal, sum, toText, zero, type Decimal } from '../../domain/decimal.ts';
import { exchangePair } from '../../domain/exchange-of.ts';
import { spanText } from '../../domain/figures.ts';
import type { PositionPlan } from '../../domain/position.ts';
import type { ReservationRequest } from '../../domain/portfolio/reservation.ts';
import type { AccountReading } from '../../ports/venue.ts';
import type { Admission, LiveReservation } from './admission.ts';
import type { CapitalNeed } from '../../domain/portfolio/capital-need.ts';

export function refusals(request: ReservationRequest, admission: Admission): string[] {
  const { plan } = request;
  return [
    ...haltRefusals(request, admission),
    ...capRefusals(request, admission.live),
    ...directionRefusals(plan, admission.live),
    ...netRefusals(plan, admission),
    ...loanRefusals(plan, admission.live),
    ...cooldownRefusals(request, admission),
    ...mergedNeeds(request.needs).flatMap((need) => needRefusals(request, need, admission)),
  ];
}

/** Whoever asks: an engine that was just told, and a person who was not. */
export function haltRefusals({ plan, limits }: ReservationRequest, { haltReason }: Admission): string[] {
  if (haltReason === null || limits.duringHalt === true) return [];
  return [`halted: nothing is opened in the book ${plan.book}: ${haltReason}`];
}

function capRefusals({ plan, limits }: ReservationRequest, live: readonly LiveReservation[]): string[] {
  const reasons: string[] = [];
  const wanted = decimal(plan.notionalUsd);
  if (wanted.gt(decimal(limits.maxPositionUsd))) {
    reasons.push(`maxPositionUsd: ${plan.notionalUsd} USD is over ${limits.maxPositionUsd}`);
  }
  const venues = exchangePair(plan.spot.instrument.venue, plan.perp.instrument.venue);
  const ofVenues = live.filter((one) => exchangePair(one.spotVenue, one.perpVenue) === venues);
  const held = sum(ofVenues.map((one) => decimal(one.notionalUsd)));
  if (held.plus(wanted).gt(decimal(limits.maxPairUsd))) {
    const total = `${toText(held)} + ${plan.notionalUsd} = ${toText(held.plus(wanted))} USD`;
    reasons.push(`maxPairUsd: ${total} between ${venues} is over ${limits.maxPairUsd}`);
  }
  const other = live.find((one) => one.pairId === plan.pairId);
  if (limits.onePositionPerPair && other !== undefined) {
    reasons.push(`onePositionPerPair: ${other.key} is open on ${plan.pairId}`);
  }
  return reasons;
}

/** Opposite positions in one perpetual of one account would net, and could not be closed reduce-only. */
function directionRefusals(plan: PositionPlan, live: readonly LiveReservation[]): string[] {
  const { account, instrument } = plan.perp;
  return live
    .filter((one) => one.perpAccount === account && one.perpSymbol === instrument.symbol)
    .filter((one) => one.direction !== plan.direction)
    .map((one) => `one direction a perpetual: ${one.key} holds ${one.direction} in ${instrument.symbol} at ${account}`);
}

/**
 * So would what the account holds the other way that is no position's, as long as it is there: while it hides a part of
 * the position, the venue lets no more than the rest be closed reduce-only.
 */
function netRefusals(plan: PositionPlan, { unownedPerpBase, readings }: Admission): string[] {
  const { account, instrument } = plan.perp;
  const reading = readings.find((one) => one.account === account);
  const held = reading?.positions.find(({ symbol }) => symbol === instrument.symbol)?.quantityBase ?? '0';
  const isShort = plan.direction === 'long_spot_short_perp';
  const isOther = (quantity: Decimal): boolean => (isShort ? quantity.gt(zero) : quantity.lt(zero));
  if (!isOther(decimal(unownedPerpBase)) || !isOther(decimal(held))) return [];
  return [`one direction a perpetual: ${account} held ${held} of ${instrument.symbol} before, the other way`];
}

/** What one position sells on a loan would be another's coins, which it then could not sell. */
function loanRefusals(plan: PositionPlan, live: readonly LiveReservation[]): string[] {
  const { account, instrument } = plan.spot;
  const borrows = loanOf(plan) !== null;
  return live
    .filter((one) => one.spotAccount === account && one.spotCoin === instrument.base)
    .filter((one) => (one.borrows || borrows) && (one.direction !== plan.direction || one.borrows !== borrows))
    .map((one) => `one direction a borrowed coin: ${one.key} holds ${one.direction} in ${one.spotCoin} at ${account}`);
}

/** What was taken back counts as well: the order books that cost it are there at the next scan, and would cost it again. */
function cooldownRefusals({ plan, limits, nowMarketMs }: ReservationRequest, { lastEnd }: Admission): string[] {
  if (lastEnd === null) return [];
  const sinceMs = nowMarketMs - lastEnd.endedAtMarketMs;
  if (sinceMs >= limits.reentryCooldownMs) return [];
  const how = lastEnd.status === 'closed' ? 'closed' : 'was taken back';
  const ended = `${lastEnd.key} ${how} ${spanText(sinceMs)} ago in market time`;
  return [`reentryCooldownMs: ${ended} on ${plan.pairId}, within ${spanText(limits.reentryCooldownMs)}`];
}

/** What is free is the latest reading, less what reservations took that it does not show yet, and what closes need of it. */
function needRefusals(
  { plan, limits, nowWallMs }: ReservationRequest,
  need: CapitalNeed,
  admission: Admission,
): string[] {
  const { account, currency, amount } = need;
  const reading = admission.readings.find((one) => one.account === account);
  if (reading === undefined)
    return [`maxReadingAgeMs: there is no reading of ${account} yet, so nothing is known free`];
  const ageMs = nowWallMs - reading.readAtMs;
  if (ageMs > limits.maxReadingAgeMs) {
    return [
      `maxReadingAgeMs: the reading of ${account} is ${spanText(ageMs)} old, over ${spanText(limits.maxReadingAgeMs)}`,
    ];
  }
  const taken = takenOf(admission.live, reading, currency);
  const settle = plan.perp.instrument.settle ?? plan.perp.instrument.quote;
  const { free, bound } = freeCoins(reading, currency, settle, boundCoins(admission.holdings));
  const left = free.minus(bound).minus(taken);
  if (left.gte(decimal(amount))) return [];
  const ofPositions = bound.eq(zero) ? '' : ` − ${toText(bound)} for the closes of positions`;
  const figures = `${toText(free)} free${ofPositions} − ${toText(taken)} reserved = ${toText(left)}`;
  return [`free at ${account}: ${amount} ${currency} needed, ${figures}`];
}

function takenOf(live: readonly LiveReservation[], reading: AccountReading, currency: string): Decimal {
  return sum(
    live
      .filter((one) => one.settledAtWallMs === null || one.settledAtWallMs >= reading.readAtMs)
      .flatMap((one) => one.needs)
      .filter((need) => need.account === reading.account && need.currency === currency)
      .map((need) => decimal(need.amount)),
  );
}

/** One line an account and currency: two needs of one balance are one need. */
function mergedNeeds(needs: readonly CapitalNeed[]): CapitalNeed[] {
  const merged = new Map<string, CapitalNeed>();
  for (const need of needs) {
    const name = JSON.stringify([need.account, need.currency]);
    const before = merged.get(name);
    const total = before === undefined ? need.amount : toText(decimal(before.amount).plus(decimal(need.amount)));
    merged.set(name, { ...need, amount: total });
  }
  return [...merged.values()];
}
