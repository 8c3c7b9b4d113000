/**
 * The best sides of what has passed the screen, worked out in decimals: the screen says what a pair can be rated at most,
 * so that pairs that cannot be among the best are left alone. The answer is the same as if none were.
 */
import { approximate } from '../domain/decimal.ts';
import type { ApprovedSide } from './evaluate.ts';
import { bestFirst } from './best-first.ts';
import { rank, rating, type ScoreOf } from './rank.ts';
import type { Passing } from './screen.ts';

export interface BestSides {
  /** At most as many as were asked for, best first. */
  readonly best: readonly ApprovedSide[];
  /** A rating under it does not come among the best; -Infinity while there is room. */
  readonly leastRating: number;
}

export interface Rating {
  readonly scoreOf: ScoreOf;
  /** No side of the pair is rated higher, by `scoreOf`. */
  readonly mostOf: (passing: Passing) => number;
}

/** @param evaluate the sides of a pair that passed and pass every rule, in decimals */
export function bestSides(
  passing: readonly Passing[],
  evaluate: (passing: Passing) => readonly ApprovedSide[],
  { scoreOf, mostOf }: Rating,
  count: number,
): BestSides {
  let best: readonly ApprovedSide[] = [];
  let leastRating = -Infinity;
  const rated = passing.map((one) => ({ one, most: mostOf(one) }));
  for (const { one, most } of bestFirst(rated, (rating) => rating.most)) {
    if (most < leastRating) break;
    const found = evaluate(one);
    if (found.length === 0) continue;
    best = rank([...best, ...found], scoreOf).slice(0, count);
    const last = best[count - 1];
    if (last !== undefined) leastRating = approximate(rating(last, scoreOf));
  }
  return { best, leastRating };
}
