/**
 * Liquidation distance: |liquidation price / mark − 1|, as the venue reports both. Under its bound both legs are reduced,
 * equally, until it is at its target. Margin is crossed, so that what is free on the account counts already: there is
 * nothing to top up with, and nothing is moved between venues.
 *
 * With E the account's equity, m the maintenance rate and x the distance, liquidation comes at E = Q·P·(x + m·(1 ∓ x)). A
 * reduction leaves E as it is, so that Q·x / target, which leaves m out, keeps no more than Q·(x + m·…)/(target + m·…).
 */
import { decimal, divide, one, roundTo, toText, zero, type Decimal, type DecimalText } from '../decimal.ts';
import { figure } from '../figures.ts';
import type { Quote } from '../quote.ts';
import { concern, leave, type PerpReading, type RuleAnswer, type Seen } from './seen.ts';

export const defaultLiquidationDistancePct = '10';
const defaultLiquidationTargetPct = '20';
/** Places of the share that is kept, rounded down. */
const sharePlaces = 4;
/** Wall time: an older reading says nothing of a margin that is wearing thin. */
export const maxPerpReadingAgeMs = 30_000;

/** In percent; null where the venue gives no liquidation price or no mark. */
export function liquidationDistancePct({
  liquidationPrice,
  markPrice,
}: Pick<PerpReading, 'liquidationPrice' | 'markPrice'>): Decimal | null {
  if (liquidationPrice === null || markPrice === null) return null;
  const [liquidation, mark] = [decimal(liquidationPrice), decimal(markPrice)];
  if (liquidation.lte(zero) || mark.lte(zero)) return null;
  return divide(liquidation, mark).minus(one).abs().times(decimal('100'));
}

/** Null where the book is as old as a reading may not be, or empty on a side. */
function middleOf(quote: Quote | null, nowWallMs: number): DecimalText | null {
  const [bid, ask] = [quote?.bids[0], quote?.asks[0]];
  if (quote === null || nowWallMs - quote.aliveAtMs > maxPerpReadingAgeMs || !bid || !ask) return null;
  return divide(decimal(bid.price).plus(decimal(ask.price)), decimal('2')).toFixed();
}

export function liquidationDistance({ watch, perpReading, perpQuote, nowWallMs }: Seen): RuleAnswer | null {
  const { account } = watch.plan.perp;
  if (perpReading === null) return null;
  const ageMs = nowWallMs - perpReading.readAtMs;
  if (ageMs > maxPerpReadingAgeMs) {
    const message = `the last reading of ${account} is ${Math.round(ageMs / 1000)} s old: its margin is not known`;
    return concern('margin_unread', 'critical', message);
  }
  // What was read before the last reduction says nothing of what is left.
  if (watch.reduced !== undefined && perpReading.readAtMs <= watch.reduced.atWallMs) return null;
  const { liquidationPrice } = perpReading;
  const markPrice = perpReading.markPrice ?? middleOf(perpQuote, nowWallMs);
  if (liquidationPrice !== null && markPrice === null) {
    const message = `${account} states no mark of its perpetual, and its order book is not known: neither is how far the liquidation at ${liquidationPrice} is away`;
    return concern('margin_unread', 'critical', message);
  }
  const distance = liquidationDistancePct({ liquidationPrice, markPrice });
  const bound = decimal(watch.plan.exits.liquidationDistancePct ?? defaultLiquidationDistancePct);
  if (distance === null || distance.gte(bound)) return null;
  const prices = `liquidation at ${liquidationPrice}, mark ${markPrice}`;
  const seen = `liquidation distance ${figure(distance, 1)} % < ${bound.toFixed()} % at ${account} (${prices})`;
  const target = decimal(watch.plan.exits.liquidationTargetPct ?? defaultLiquidationTargetPct);
  if (target.lte(bound)) return leave(seen);
  const keepShare = roundTo(divide(distance, target), sharePlaces, 'down');
  const percent = figure(keepShare.times(decimal('100')), 1);
  return {
    kind: 'reduce',
    detail: `${seen}; both legs are reduced to ${percent} %, for a distance of ${target.toFixed()} %`,
    keepShare: toText(keepShare),
  };
}
