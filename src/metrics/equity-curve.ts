/** The value of one dollar that was in the book from the first mark on: deposits and withdrawals taken out, time-weighted. */
import { approximate, decimal, sum, toText, zero, type Decimal, type DecimalText } from '../domain/decimal.ts';
import type { EquityPoint } from '../domain/equity/mark.ts';

export interface CurvePoint {
  readonly atMs: number;
  readonly equityUsd: DecimalText;
  /** Put in since the point before, less what was taken out; at this point's prices. */
  readonly transferUsd: DecimalText;
  /** 1 at the first point. */
  readonly index: number;
}

/**
 * Between two marks the return is (E₁ − F) / E₀ − 1, with F what came in between them; the index is the product. What
 * came in is at work from the mark that shows it. Where there was no equity there is no return.
 */
export function equityCurve(points: readonly EquityPoint[]): CurvePoint[] {
  const curve: CurvePoint[] = [];
  for (const point of points) {
    const last = curve.at(-1);
    const before = points[curve.length - 1];
    if (last === undefined || before === undefined) {
      curve.push({ atMs: point.atMarketMs, equityUsd: point.equityUsd, transferUsd: '0', index: 1 });
      continue;
    }
    const moved = transferredBetween(before, point);
    const [from, to] = [approximate(decimal(before.equityUsd)), approximate(decimal(point.equityUsd).minus(moved))];
    const index = from > 0 ? last.index * Math.max(0, to / from) : last.index;
    curve.push({ atMs: point.atMarketMs, equityUsd: point.equityUsd, transferUsd: toText(moved), index });
  }
  return curve;
}

function transferredBetween(before: EquityPoint, after: EquityPoint): Decimal {
  const known = new Map<string, { moved: Decimal; priceUsd: DecimalText }>();
  for (const [sign, { transfers }] of [
    ['-1', before],
    ['1', after],
  ] as const) {
    for (const { account, currency, amount, priceUsd } of transfers) {
      const name = `${account} ${currency}`;
      const moved = (known.get(name)?.moved ?? zero).plus(decimal(amount).times(decimal(sign)));
      known.set(name, { moved, priceUsd });
    }
  }
  return sum([...known.values()].map(({ moved, priceUsd }) => moved.times(decimal(priceUsd))));
}
