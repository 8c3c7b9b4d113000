/** A scan in rows: every side of every pair, best first, each refusal with its reasons and the basis that it would take. */
import { approximate, divide, toText, type Decimal, type DecimalText } from '../domain/decimal.ts';
import { outlookWords } from '../domain/funding/funding-history.ts';
import type { PositionKind } from '../domain/position.ts';
import type { JudgedSide } from './evaluate-pair.ts';
import { rank, type ScoreOf } from './rank.ts';
import type { Direction } from '../domain/direction.ts';

export interface ScanRow {
  readonly pairId: string;
  readonly asset: string;
  readonly spotAccount: string;
  readonly perpAccount: string;
  readonly direction: Direction;
  readonly enteredFor: PositionKind;
  readonly verdict: 'approved' | 'refused';
  /** The size that all figures are for. */
  readonly quantityBase: DecimalText;
  /** Its executable value; null where the order books hold nothing of it. */
  readonly notionalUsd: DecimalText | null;
  /** What kept it from being larger: `bootstrapUsd` where nothing did. */
  readonly bound: string;
  /** s·B_open, executable for the size; null where the order books do not hold it. */
  readonly signedBasisBps: DecimalText | null;
  /** What the gap is measured from. */
  readonly centreBps: DecimalText;
  /** The least s·B_open that passes; null for a position on the carry. */
  readonly requiredBasisBps: DecimalText | null;
  /** On capital, net of four fees, over the horizon, the year compounded; APR the same without compounding. */
  readonly netApyPct: DecimalText | null;
  readonly netAprPct: DecimalText | null;
  /** Days of carry that pay what the gap alone does not; null: never, or not known. */
  readonly breakEvenDays: DecimalText | null;
  /** What the carry is expected from, in words: the coming rate, and the mean that it returns to. */
  readonly funding: string;
  readonly riskScore: DecimalText;
  /** Net APY over risk score: what approved sides are ranked by. */
  readonly rating: DecimalText | null;
  readonly reasons: readonly string[];
}

/** Approved sides by rating, then refused ones by how little they lack. */
export function scanRows(evaluations: readonly JudgedSide[], scoreOf: ScoreOf): ScanRow[] {
  const approved = evaluations.filter((side) => side.kind === 'approved');
  const refused = evaluations.filter((side) => side.kind === 'refused');
  const lack = (side: JudgedSide): number =>
    side.basis === null || side.requiredBasisBps === null
      ? Infinity
      : approximate(side.requiredBasisBps.minus(side.basis.signedBasisBps));
  const nearest = refused.toSorted((first, second) => {
    const [a, b] = [lack(first), lack(second)];
    return a === b ? 0 : a < b ? -1 : 1;
  });
  return [...rank(approved, scoreOf), ...nearest].map((side) => rowOf(side, scoreOf(side)));
}

function rowOf(side: JudgedSide, score: Decimal): ScanRow {
  const { pair, direction, enteredFor, basis, expected, requiredBasisBps } = side;
  return {
    pairId: pair.pairId,
    asset: pair.asset,
    spotAccount: pair.spot.account,
    perpAccount: pair.perp.account,
    direction,
    enteredFor,
    verdict: side.kind,
    quantityBase: toText(side.quantityBase),
    notionalUsd: basis === null ? null : side.quantityBase.times(basis.spotPrice).toFixed(2),
    bound: side.bound,
    signedBasisBps: basis?.signedBasisBps.toFixed(2) ?? null,
    centreBps: side.centreBps.toFixed(2),
    requiredBasisBps: requiredBasisBps?.toFixed(2) ?? null,
    netApyPct: expected?.apyPct.toFixed(2) ?? null,
    netAprPct: expected?.aprPct.toFixed(2) ?? null,
    breakEvenDays: side.kind === 'approved' ? (side.breakEvenDays?.toFixed(2) ?? null) : null,
    funding: outlookWords(side.funding),
    riskScore: score.toFixed(2),
    rating: expected === null ? null : divide(expected.apyPct, score).toFixed(2),
    reasons: side.kind === 'refused' ? side.reasons : [],
  };
}
