/** A report for a terminal of 80 columns. */
import type { Group } from '../../metrics/group.ts';
import type { Performance } from '../../metrics/performance.ts';
import { money } from '../positions/position-table.ts';
import { table, type Column } from '../text/table.ts';
import {
  bps,
  causeLines,
  caveats,
  equityLines,
  heading,
  inventoryLines,
  percent,
  plain,
  ratioLines,
  ratioText,
  type Line,
  type RatioLine,
} from './figures.ts';

const widthColumns = 80;

export function reportText(performance: Performance): string {
  const { fromMs, equity, trades, groups, by } = performance;
  if (fromMs === null) return heading(performance);
  const all = causeLines(trades.attribution, 4);
  const inventory = inventoryLines(performance);
  return [
    heading(performance),
    caveats(performance).join('\n'),
    ...(equity === null ? [] : [linesTable('EQUITY', 'USD', equityLines(performance))]),
    ratioTable(ratioLines(performance)),
    linesTable('P&L BY CAUSE', 'USD', all),
    ...(inventory.length === 0 ? [] : [linesTable('SOLD FROM INVENTORY FOR GOOD', 'COINS', inventory)]),
    ...(groups.length === 0 ? [] : [groupTable(by, groups), ...causeTables(by, groups)]),
  ].join('\n\n');
}

function linesTable(name: string, unit: string, lines: readonly Line[]): string {
  return table<Line>(
    [
      { heading: name, text: (line) => line.name },
      { heading: unit, align: 'right', text: (line) => line.value },
    ],
    lines,
  );
}

function ratioTable(lines: readonly RatioLine[]): string {
  return table<RatioLine>(
    [
      { heading: 'RATIO', text: ({ name }) => name },
      { heading: 'VALUE', align: 'right', text: ({ value }) => value },
      { heading: 'DAYS', align: 'right', text: ({ days }) => days },
      { heading: 'N', align: 'right', text: ({ n }) => n },
    ],
    lines,
  );
}

function groupTable(by: string, groups: readonly Group[]): string {
  return table<Group>(
    [
      { heading: by.toUpperCase(), text: ({ name }) => name },
      { heading: 'N', align: 'right', text: ({ positions }) => String(positions) },
      { heading: 'WON', align: 'right', text: ({ winRate }) => ratioText(winRate, percent(0)) },
      { heading: 'AVERAGE', align: 'right', text: ({ averageReturn }) => ratioText(averageReturn, bps) },
      { heading: 'FACTOR', align: 'right', text: ({ profitFactor }) => ratioText(profitFactor, plain) },
      { heading: 'APR', align: 'right', text: ({ deployedApr }) => ratioText(deployedApr, percent(1)) },
      { heading: 'P&L USD', align: 'right', text: ({ attribution }) => money(attribution.realisedUsd, 2) },
    ],
    groups,
  );
}

/** A column a group, as many beside each other as fit: each adds up from top to bottom. */
function causeTables(by: string, groups: readonly Group[]): string[] {
  const tables: string[] = [];
  let left = groups;
  while (left.length > 0) {
    let count = left.length;
    while (count > 1 && widthOf(causeTable(by, left.slice(0, count), Infinity)) > widthColumns) count -= 1;
    tables.push(causeTable(by, left.slice(0, count)));
    left = left.slice(count);
  }
  return tables;
}

function causeTable(by: string, groups: readonly Group[], width = widthColumns): string {
  const columns = groups.map(({ name, attribution }) => ({ name, lines: causeLines(attribution, 2) }));
  const names = columns[0]?.lines.map(({ name }) => name) ?? [];
  return table<number>(
    [
      { heading: `USD BY ${by.toUpperCase()}`, text: (row) => names[row] ?? '' },
      ...columns.map(({ name, lines }): Column<number> => ({
        heading: name,
        align: 'right',
        text: (row) => lines[row]?.value ?? '',
      })),
    ],
    names.map((_, row) => row),
    width,
  );
}

function widthOf(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}
