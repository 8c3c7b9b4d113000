/** Everything that a report says of a book, from its marks and its positions. */
import { decimal, sum, toText, type Decimal, type DecimalText } from '../domain/decimal.ts';
import type { EquityPoint } from '../domain/equity/mark.ts';
import { apy } from './apy.ts';
import { dailyReturns, type DailyReturn } from './daily-returns.ts';
import { equityCurve, type CurvePoint } from './equity-curve.ts';
import { groupsOf, tradeFigures, type Group, type Grouping, type TradeFigures } from './group.ts';
import { maxDrawdown } from './max-drawdown.ts';
import { dayMs, isHeadline, type Ratio } from './ratio.ts';
import { sharpe } from './sharpe.ts';
import { sortino } from './sortino.ts';
import { totalReturn } from './total-return.ts';
import { deploymentOf, tradeOf, type RecordedPosition, type Trade } from './trade.ts';
import { inventoryChanges, type InventoryChange } from './inventory-changes.ts';
import { utilisation } from './utilisation.ts';

export interface PerformanceInput {
  readonly book: string;
  /** Market time from which on; null: from the beginning. */
  readonly sinceMs: number | null;
  readonly nowMs: number;
  /** Marks of that time, and the last one before it; oldest first. */
  readonly points: readonly EquityPoint[];
  /** Positions that have not ended, or ended in that time. */
  readonly positions: readonly RecordedPosition[];
  /** Market time within which a re-opening counts with the position before. */
  readonly reentryCooldownMs: number;
  /** As a fraction a year. */
  readonly rfApr: number;
  readonly by: Grouping;
}

/**
 * `changeUsd` = `endUsd` − `startUsd` − `transfersUsd` = `tradingUsd` + `heldUsd`, and `tradingUsd` = `realisedUsd` +
 * `unrealisedUsd`, exactly.
 */
export interface EquityChange {
  readonly startUsd: DecimalText;
  readonly endUsd: DecimalText;
  /** Put in less taken out, each at the prices of the mark that shows it. */
  readonly transfersUsd: DecimalText;
  readonly changeUsd: DecimalText;
  /** P&L of positions, against simply holding the coins that were put in. */
  readonly tradingUsd: DecimalText;
  /** Of positions that ended in the period, each over its whole life. */
  readonly realisedUsd: DecimalText;
  /** The rest of it: what is on at the end, less what was on at the beginning. */
  readonly unrealisedUsd: DecimalText;
  /** What the coins that were put in gained or lost in value by being held: inventory, above all. */
  readonly heldUsd: DecimalText;
}

export interface Performance {
  readonly book: string;
  readonly fromMs: number | null;
  readonly toMs: number;
  readonly days: number;
  /** Long enough for its ratios to be put first. */
  readonly isHeadline: boolean;
  readonly rfApr: number;
  /** Null without any mark. */
  readonly equity: EquityChange | null;
  /** Of trading, over all equity; two of them with the coins held as well. */
  readonly ratios: {
    readonly totalReturn: Ratio;
    readonly apy: Ratio;
    readonly sharpe: Ratio;
    readonly sortino: Ratio;
    readonly maxDrawdown: Ratio;
    readonly utilisation: Ratio;
    readonly totalReturnWithHeld: Ratio;
    readonly maxDrawdownWithHeld: Ratio;
  };
  readonly trades: TradeFigures;
  readonly openPositions: number;
  /** Of those that ended, the ones that were open at the first mark: what they had gained by then is counted as well. */
  readonly beganBefore: number;
  /** Coins of an inventory that positions which ended in the period sold for good; negative when sold. */
  readonly inventoryChanges: readonly InventoryChange[];
  readonly by: Grouping;
  readonly groups: readonly Group[];
  readonly daily: readonly DailyReturn[];
  readonly curve: readonly CurvePoint[];
}

export function performanceOf(input: PerformanceInput): Performance {
  const { book, sinceMs, nowMs, positions, reentryCooldownMs, rfApr, by } = input;
  const curve = equityCurve(input.points);
  const markedFromMs = curve[0]?.atMs ?? sinceMs ?? -Infinity;
  const ended = positions
    .flatMap((one) => {
      const trade = tradeOf(one);
      return trade === null ? [] : [{ trade, deployment: deploymentOf(one) }];
    })
    // A period begins with a mark. From the beginning, what had ended before the first mark is reported all the same.
    .filter(({ trade }) => sinceMs === null || trade.closedAtMs >= markedFromMs);
  const deployments = positions.flatMap((one) => deploymentOf(one) ?? []);
  const fromMs = firstOf([markedFromMs, ...ended.map(({ trade }) => trade.openedAtMs ?? trade.closedAtMs)], sinceMs);
  const toMs = curve.at(-1)?.atMs ?? nowMs;
  const days = fromMs === null ? 0 : Math.max(0, toMs - fromMs) / dayMs;
  const daily = dailyReturns(curve);
  const total = totalReturn(curve);
  const trades = tradeFigures(ended, reentryCooldownMs, days);
  return {
    book,
    fromMs,
    toMs,
    days,
    isHeadline: isHeadline({ days }),
    rfApr,
    equity: equityChange(curve, sum(ended.flatMap(({ trade }) => realisedSince(trade, markedFromMs)))),
    ratios: {
      totalReturn: total,
      apy: apy(total),
      sharpe: sharpe(daily, rfApr),
      sortino: sortino(daily, rfApr),
      maxDrawdown: maxDrawdown(curve),
      utilisation: utilisation(deployments, curve),
      totalReturnWithHeld: totalReturn(curve, 'indexWithHeld'),
      maxDrawdownWithHeld: maxDrawdown(curve, 'indexWithHeld'),
    },
    trades,
    openPositions: positions.filter(({ position }) => position.status !== 'closed' && position.status !== 'aborted')
      .length,
    beganBefore: ended.filter(({ trade }) => wasOpenAt(trade, markedFromMs)).length,
    inventoryChanges: inventoryChanges(positions, new Set(ended.map(({ trade }) => trade.key))),
    by,
    groups: groupsOf(ended, by, reentryCooldownMs, days),
    daily,
    curve,
  };
}

/** The beginning of the period: what was asked for, or the first thing that there is; null without any. */
function firstOf(timesMs: readonly number[], sinceMs: number | null): number | null {
  const [marked = -Infinity] = timesMs;
  if (sinceMs !== null) return Number.isFinite(marked) ? marked : sinceMs;
  const first = Math.min(...timesMs.filter(Number.isFinite));
  return Number.isFinite(first) ? first : null;
}

function wasOpenAt({ openedAtMs, closedAtMs }: Trade, atMs: number): boolean {
  return openedAtMs !== null && openedAtMs < atMs && closedAtMs >= atMs;
}

function realisedSince({ closedAtMs, attribution }: Trade, fromMs: number): Decimal[] {
  return closedAtMs >= fromMs ? [decimal(attribution.realisedUsd)] : [];
}

function equityChange(curve: readonly CurvePoint[], realised: Decimal): EquityChange | null {
  const [first, last] = [curve[0], curve.at(-1)];
  if (first === undefined || last === undefined) return null;
  const transfers = sum(curve.map(({ transferUsd }) => decimal(transferUsd)));
  const change = decimal(last.equityUsd).minus(decimal(first.equityUsd)).minus(transfers);
  const held = sum(curve.map(({ heldUsd }) => decimal(heldUsd)));
  const trading = change.minus(held);
  return {
    startUsd: first.equityUsd,
    endUsd: last.equityUsd,
    transfersUsd: toText(transfers),
    changeUsd: toText(change),
    tradingUsd: toText(trading),
    realisedUsd: toText(realised),
    unrealisedUsd: toText(trading.minus(realised)),
    heldUsd: toText(held),
  };
}
