/**
 * Funding flip: what is still to be earned has turned into a cost.
 *
 *     s·(B_close,now − E[B_close,later])/S + s·Σ r̂(rest) − borrow(rest) < −h*
 *
 * The carry is given net of the interest that a borrowed spot leg still costs. E[B_close,later] is
 * m + s·min(exitBps, s·(B_close,now − m)) for a position on the gap; one on the carry counts on no change of
 * it. h* keeps the latter from leaving for less than it costs to come back: four fees and the spread of both legs.
 */
import { decimal, maximum, zero, type Decimal } from '../decimal.ts';
import { fourFeesFraction, fractionOfBps } from '../fees.ts';
import { signedFigure } from '../figures.ts';
import { concern, gapBps, kindOfWatch, leave, type Closing, type RuleAnswer, type Seen } from './seen.ts';

const bpsPerUnit = decimal('10000');

export function fundingFlip(seen: Seen): RuleAnswer | null {
  const { watch, closing, expectedCarry } = seen;
  if (watch.plan.exits.fundingFlip !== 'on' || closing === null || closing.shortDepth !== null) return null;
  // An unknown carry is no reason to leave.
  if (expectedCarry === null) return null;
  const ahead = convergenceAhead(seen, closing).plus(expectedCarry);
  if (ahead.gte(zero)) return null;
  const words = `what is ahead is ${bps(ahead)} bps, carry ${bps(expectedCarry)} bps of it`;
  const hurdle = hurdleOf(seen, closing);
  if (hurdle !== null && ahead.lt(zero.minus(hurdle))) return leave(words);
  const why = hurdle === null ? 'what coming back costs is not known' : `coming back would cost ${bps(hurdle)} bps`;
  return concern('funding_flip', 'warning', `${words}; held, as ${why}`);
}

/** The part of the gap that is expected to close. */
function convergenceAhead(seen: Seen, { close }: Closing): Decimal {
  if (kindOfWatch(seen) === 'funding') return zero;
  const gap = gapBps(seen.watch, close.signedBasisBps);
  return fractionOfBps(maximum(zero, gap.minus(decimal(seen.watch.plan.exits.exitBps))));
}

/** h*: null while the order books do not say what coming back would cost. */
function hurdleOf(seen: Seen, { close, signedOpenBasisBps }: Closing): Decimal | null {
  if (kindOfWatch(seen) === 'basis') return zero;
  if (signedOpenBasisBps === null) return null;
  const { spot, perp } = seen.watch.plan;
  // What is closed at s·B_close is opened again at s·B_open, which is lower by the spread of both legs.
  const spread = fractionOfBps(maximum(zero, close.signedBasisBps.minus(signedOpenBasisBps)));
  return fourFeesFraction(spot, perp).plus(spread);
}

function bps(fraction: Decimal): string {
  return signedFigure(fraction.times(bpsPerUnit), 1);
}
