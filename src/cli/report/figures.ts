/** The figures of a report in words, the same in a terminal and on a page. */
import { causes, shownParts } from '../../metrics/attribution.ts';
import type { Attribution } from '../../domain/pnl.ts';
import type { Performance } from '../../metrics/performance.ts';
import { headlineDays, type Ratio } from '../../metrics/ratio.ts';
import { money } from '../positions/position-table.ts';

export interface Line {
  readonly name: string;
  readonly value: string;
}

export interface RatioLine extends Line {
  readonly days: string;
  readonly n: string;
}

const causeNames: Readonly<Record<(typeof causes)[number], string>> = {
  basisUsd: 'basis',
  fundingUsd: 'funding',
  feesUsd: 'fees',
  slippageUsd: 'slippage',
  borrowUsd: 'borrow',
  quoteCurrencyUsd: 'quote currency',
};

/** Such as `2025-10-09 01:00`. */
export function utc(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace('T', ' ');
}

export function heading({ book, fromMs, toMs, days }: Performance): string {
  if (fromMs === null) return `book ${book}: no marks and no positions yet`;
  return `book ${book}, ${utc(fromMs)} to ${utc(toMs)}, ${days.toFixed(1)} days`;
}

/** What keeps a reader from taking the figures for more than they are. */
export function caveats({ isHeadline, openPositions, beganBefore }: Performance): string[] {
  const open = openPositions === 0 ? '' : `; ${openPositions} open, in the equity alone`;
  const short = isHeadline ? 'times are market time, UTC' : `under ${headlineDays} days: no ratio is a headline`;
  const whole =
    beganBefore === 1
      ? '1 position that ended began before the first mark: its whole P&L is counted'
      : `${beganBefore} positions that ended began before the first mark: all their P&L is counted`;
  return [`${short}${open}`, ...(beganBefore === 0 ? [] : [whole])];
}

/** Rounded so that what is shown adds up. */
export function equityLines({ equity }: Performance): Line[] {
  if (equity === null) return [];
  const { startUsd, transfersUsd, realisedUsd, unrealisedUsd, heldUsd, endUsd } = equity;
  const names = [
    'equity at the first mark',
    'put in, less taken out',
    'trading: positions that ended',
    'trading: change of what is on',
    'coins held besides: their prices',
  ];
  const parts = shownParts([startUsd, transfersUsd, realisedUsd, unrealisedUsd, heldUsd], endUsd, 2);
  return [
    ...names.map((name, index) => ({ name, value: money(parts[index] ?? '0', 2) })),
    { name: 'equity at the last mark', value: money(endUsd, 2) },
  ];
}

export function ratioLines({ ratios, trades, rfApr }: Performance): RatioLine[] {
  const rf = `rf ${Number((rfApr * 100).toFixed(4))} %`;
  return [
    ratioLine('return of trading, time-weighted', ratios.totalReturn, percent(3)),
    ratioLine('return with the coins held', ratios.totalReturnWithHeld, percent(3)),
    ratioLine('APY of trading on all equity', ratios.apy, percent(2)),
    ratioLine('max drawdown of trading', ratios.maxDrawdown, percent(3)),
    ratioLine('max drawdown with the coins held', ratios.maxDrawdownWithHeld, percent(3)),
    ratioLine(`Sharpe, daily, ${rf}`, ratios.sharpe, plain),
    ratioLine(`Sortino, daily, ${rf}`, ratios.sortino, plain),
    ratioLine('APR on capital in use', trades.deployedApr, percent(2)),
    ratioLine('utilisation of equity', ratios.utilisation, percent(2)),
    ratioLine('positions won', trades.winRate, percent(1)),
    ratioLine('average return of a position', trades.averageReturn, bps),
    ratioLine('profit factor', trades.profitFactor, plain),
  ];
}

/** Each cause, then the P&L that they add up to, as shown too. */
export function causeLines(attribution: Attribution, places: number): Line[] {
  const parts = shownParts(
    causes.map((cause) => attribution[cause]),
    attribution.realisedUsd,
    places,
  );
  return [
    ...causes.map((cause, index) => ({ name: causeNames[cause], value: money(parts[index] ?? '0', places) })),
    { name: 'P&L', value: money(attribution.realisedUsd, places) },
  ];
}

/** Coins that were sold from inventory, and not bought back. */
export function inventoryLines({ inventoryChanges }: Performance): Line[] {
  return inventoryChanges.map(({ account, currency, quantityBase, positions }) => ({
    name: `${currency} of ${account}, by ${positions} ${positions === 1 ? 'position' : 'positions'}`,
    value: money(quantityBase, 2),
  }));
}

export function ratioText({ value }: Ratio, shown: (value: number) => string): string {
  return value === null ? 'n/a' : shown(value);
}

export const percent =
  (places: number) =>
  (value: number): string =>
    `${unsigned((value * 100).toFixed(places))} %`;
export const plain = (value: number): string => unsigned(value.toFixed(2));
export const bps = (value: number): string => `${unsigned((value * 10_000).toFixed(2))} bps`;

function ratioLine(name: string, ratio: Ratio, shown: (value: number) => string): RatioLine {
  return { name, value: ratioText(ratio, shown), days: ratio.days.toFixed(1), n: String(ratio.n) };
}

/** A zero has no sign. */
function unsigned(text: string): string {
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}
