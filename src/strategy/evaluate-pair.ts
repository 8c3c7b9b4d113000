/**
 * Both sides of a pair, each at the size that a scan judges it at: `bootstrapUsd`, or as much of it as the order books and
 * the caps in dollars allow. A history may ask for another size, and accounts may hold less: that is asked when it opens.
 */
import { levelsFor } from '../domain/basis.ts';
import { decimal, divide, floorToStep, zero } from '../domain/decimal.ts';
import { coarserLot } from '../domain/execution/quantity.ts';
import { evaluateSide, openingSides, type SideEvaluation } from './evaluate.ts';
import type { Pair, PairMarket, StrategyRules } from './pair.ts';
import { leastUsd, marketBounds, tightestOf, tooSmall, type Bound, type SizeRules } from './size.ts';
import type { StakeRules } from './stake.ts';
import type { Direction } from '../domain/direction.ts';

export const directions: readonly Direction[] = ['long_spot_short_perp', 'short_spot_long_perp'];

/** What bounds the size of every position alike. */
export type ScanSizing = Omit<SizeRules, 'minDepthMultiple' | 'depthWithinBps'> & Pick<StakeRules, 'bootstrapUsd'>;

/** With what kept its size from being larger: `bootstrapUsd` where nothing did. */
export type JudgedSide = SideEvaluation & { readonly bound: string };

/** Long spot first, and each side for what the pair may be entered for. The quote coin is taken at par. */
export function evaluatePair(
  pair: Pair,
  rules: StrategyRules,
  market: PairMarket,
  sizing: ScanSizing,
  sides: readonly Direction[] = directions,
): readonly JudgedSide[] {
  // The size is chosen by the rule of depths, which takes a while to ask: not twice for thousands of pairs.
  const others = { ...rules, minDepthMultiple: null };
  return sides.flatMap((direction) => {
    const most = largest(pair, rules, market, sizing, direction);
    const quantityBase = floorToStep(most.quantityBase, coarserLot(pair.spot, pair.perp));
    const kinds = pair.kinds ?? ['basis'];
    return kinds.map((kind): JudgedSide => {
      const side = evaluateSide(pair, others, market, direction, quantityBase, kind);
      const reasons = sizeReasons(side, sizing, most);
      if (reasons.length === 0) return { ...side, bound: most.bound };
      if (side.kind === 'refused') reasons.push(...side.reasons);
      return { ...side, kind: 'refused', bound: most.bound, reasons };
    });
  });
}

/** At the best price of spot, which no size beats. */
function largest(
  pair: Pair,
  rules: StrategyRules,
  { spotQuote, perpQuote, loan }: PairMarket,
  sizing: ScanSizing,
  direction: Direction,
): Bound {
  const isLent = direction === 'short_spot_long_perp' && rules.shortSpot === 'borrow';
  const { minDepthMultiple, depthWithinBps } = rules;
  const inMarket = tightestOf(
    marketBounds({
      pair,
      direction,
      rules: { ...sizing, minDepthMultiple, depthWithinBps },
      spotQuote,
      perpQuote,
      loan: isLent ? (loan ?? null) : null,
    }),
  );
  const price = decimal(levelsFor(spotQuote, openingSides(direction).spot)[0]?.price ?? '0');
  if (price.eq(zero)) return { ...inMarket, quantityBase: zero };
  const { amountUsd, bound } = leastUsd(
    (['bootstrapUsd', 'maxPositionUsd', 'maxPairUsd'] as const).map((name) => ({
      amountUsd: decimal(sizing[name]),
      bound: name,
    })),
  );
  return tightestOf([{ quantityBase: divide(amountUsd, price), bound }, inMarket]);
}

/** What would be refused when it opens, however much the accounts hold. */
function sizeReasons(
  { pair, direction, quantityBase, basis }: SideEvaluation,
  sizing: ScanSizing,
  { bound, quantityBase: most }: Bound,
): string[] {
  if (most.lte(zero)) return [`no ${bound}`];
  if (quantityBase.eq(zero)) return [`nothing is left to open: bound by ${bound}`];
  // The evaluation has said why.
  if (basis === null) return [];
  const prices = { spot: basis.spotPrice, perp: basis.perpPrice };
  return tooSmall({ pair, direction, rules: sizing, quantityBase, prices, bound });
}
