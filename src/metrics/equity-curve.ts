/**
 * What trading made of a dollar that was in the book from the first mark on. Taken out of the change of equity are what
 * was put in or taken out (time-weighted), and what the coins that were put in would have gained by being held alone.
 */
import { approximate, decimal, sum, toText, zero, type Decimal, type DecimalText } from '../domain/decimal.ts';
import type { EquityPoint, Transfer } from '../domain/equity/mark.ts';

/** Amounts are since the point before; they add up to the change of equity exactly. */
export interface CurvePoint {
  readonly atMs: number;
  readonly equityUsd: DecimalText;
  /** Put in, less what was taken out; at this point's prices. */
  readonly transferUsd: DecimalText;
  /** What the coins that were put in until then gained in value: those that short spot sells from, above all. */
  readonly heldUsd: DecimalText;
  /** The rest: fills, fees and funding, and what is on at the prices that would close it. */
  readonly tradingUsd: DecimalText;
  /** 1 at the first point; of trading alone. */
  readonly index: number;
  /** 1 at the first point; of trading and of the coins held. */
  readonly indexWithHeld: number;
}

/**
 * Between two marks trading returns (E₁ − F − H) / E₀ − 1, with F what came in between them and H what the coins that
 * were there before gained; the index is the product. What came in is at work from the mark that shows it. Where there
 * was no equity there is no return.
 */
export function equityCurve(points: readonly EquityPoint[]): CurvePoint[] {
  const curve: CurvePoint[] = [];
  for (const point of points) {
    const last = curve.at(-1);
    const before = points[curve.length - 1];
    curve.push(last === undefined || before === undefined ? firstPoint(point) : nextPoint(last, before, point));
  }
  return curve;
}

function firstPoint({ atMarketMs, equityUsd }: EquityPoint): CurvePoint {
  return {
    atMs: atMarketMs,
    equityUsd,
    transferUsd: '0',
    heldUsd: '0',
    tradingUsd: '0',
    index: 1,
    indexWithHeld: 1,
  };
}

function nextPoint(last: CurvePoint, before: EquityPoint, point: EquityPoint): CurvePoint {
  const { moved, revalued } = putInBetween(before.transfers, point.transfers);
  const from = decimal(before.equityUsd);
  const gained = decimal(point.equityUsd).minus(from).minus(moved);
  const trading = gained.minus(revalued);
  const grown = (index: number, gain: Decimal): number =>
    from.gt(zero) ? index * Math.max(0, approximate(from.plus(gain)) / approximate(from)) : index;
  return {
    atMs: point.atMarketMs,
    equityUsd: point.equityUsd,
    transferUsd: toText(moved),
    heldUsd: toText(revalued),
    tradingUsd: toText(trading),
    index: grown(last.index, trading),
    indexWithHeld: grown(last.indexWithHeld, gained),
  };
}

/** What moved is at the newer price, where there is one; what was there before gains by the change of its price. */
function putInBetween(
  before: readonly Transfer[],
  after: readonly Transfer[],
): { readonly moved: Decimal; readonly revalued: Decimal } {
  const nameOf = ({ account, currency }: Transfer): string => `${account} ${currency}`;
  const [earlier, later] = [before, after].map((list) => new Map(list.map((one) => [nameOf(one), one])));
  const names = [...new Set([...before, ...after].map(nameOf))];
  const changes = names.map((name) => {
    const [one, other] = [earlier?.get(name), later?.get(name)];
    const [held, holds] = [decimal(one?.amount ?? '0'), decimal(other?.amount ?? '0')];
    const oldPrice = decimal(one?.priceUsd ?? other?.priceUsd ?? '0');
    const price = decimal(other?.priceUsd ?? one?.priceUsd ?? '0');
    return { moved: holds.minus(held).times(price), revalued: held.times(price.minus(oldPrice)) };
  });
  return { moved: sum(changes.map(({ moved }) => moved)), revalued: sum(changes.map(({ revalued }) => revalued)) };
}
