/** A report as one page that loads nothing: no script, no font, no picture from anywhere. */
import { approximate, decimal, zero } from '../../domain/decimal.ts';
import type { Performance } from '../../metrics/performance.ts';
import { drawdowns } from '../../metrics/max-drawdown.ts';
import { money } from '../positions/position-table.ts';
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
} from './figures.ts';
import { plot } from './plot.ts';

export function reportPage(performance: Performance): string {
  const { curve, book, trades, groups, by } = performance;
  const inventory = inventoryLines(performance);
  const equity = curve.map(({ atMs, equityUsd }) => ({ atMs, value: approximate(decimal(equityUsd)) }));
  const trading = addedUp(curve);
  const usd = (value: number): string => money(value.toFixed(2), 2);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(`Report of the book ${book}`)}</title>
<style>${style}</style>
<main>
<h1>${escaped(heading(performance))}</h1>
${caveats(performance)
  .map((text) => `<p>${escaped(text)}</p>`)
  .join('\n')}
<h2>P&amp;L of trading, against holding the coins, USD</h2>
${plot({ title: 'P&amp;L of trading in USD', points: trading, shown: usd, filled: false })}
<h2>Drawdown of trading</h2>
${plot({ title: 'Drawdown in percent', points: drawdowns(curve), shown: percent(3), filled: true })}
<h2>Equity, with the prices of the coins held and with what was put in, USD</h2>
${plot({ title: 'Equity in USD', points: equity, shown: usd, filled: false })}
<div class="columns">
${linesTable('Equity', 'USD', equityLines(performance))}
${linesTable('P&L by cause', 'USD', causeLines(trades.attribution, 4))}
${inventory.length === 0 ? '' : linesTable('Sold from inventory for good', 'Coins', inventory)}
</div>
${rows(
  ['Ratio', 'Value', 'Days', 'n'],
  ratioLines(performance).map(({ name, value, days, n }) => [name, value, days, n]),
)}
${rows(
  [`By ${by}`, 'n', 'Won', 'Average', 'Factor', 'APR on capital', 'P&L USD'],
  groups.map(({ name, positions, winRate, averageReturn, profitFactor, deployedApr, attribution }) => [
    name,
    String(positions),
    ratioText(winRate, percent(0)),
    ratioText(averageReturn, bps),
    ratioText(profitFactor, plain),
    ratioText(deployedApr, percent(1)),
    money(attribution.realisedUsd, 2),
  ]),
)}
${rows(
  [`USD by ${by}`, ...causeLines(trades.attribution, 2).map(({ name }) => name)],
  groups.map(({ name, attribution }) => [name, ...causeLines(attribution, 2).map(({ value }) => value)]),
)}
<p>Equity is marked at executable prices, every market hour and at each close. Ratios are of trading, against simply
holding the coins that were put in, and of whole UTC days. What was gained here is no forecast.</p>
</main>
</html>
`;
}

/** Since the first mark. */
function addedUp(curve: Performance['curve']): { readonly atMs: number; readonly value: number }[] {
  let total = zero;
  return curve.map(({ atMs, tradingUsd }) => {
    total = total.plus(decimal(tradingUsd));
    return { atMs, value: approximate(total) };
  });
}

/** Its last line is what the others come to. */
function linesTable(name: string, unit: string, lines: readonly Line[]): string {
  return rows(
    [name, unit],
    lines.map((line) => [line.name, line.value]),
    ' class="sum"',
  );
}

function rows(headings: readonly string[], lines: readonly (readonly string[])[], attributes = ''): string {
  if (lines.length === 0) return '';
  const cells = (tag: 'th' | 'td', texts: readonly string[]): string =>
    `<tr>${texts.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`;
  const body = lines.map((line) => cells('td', line)).join('\n');
  return `<table${attributes}><thead>${cells('th', headings)}</thead><tbody>${body}</tbody></table>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #66717f; --rule: #d9dee5; --line: #1f6feb; --area: #d1242f33; --down: #d1242f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9aa6b2; --rule: #30363d; --line: #58a6ff; --area: #f8514933; --down: #f85149; } }
body { margin: 0; font: 15px/1.45 system-ui, sans-serif; color: var(--ink); }
main { max-width: 780px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 20px; margin: 0 0 4px; } h2 { font-size: 15px; margin: 24px 0 4px; }
p { color: var(--soft); margin: 4px 0 12px; } table ~ p { margin-top: 24px; }
svg { width: 100%; height: auto; } svg text { font-size: 11px; fill: var(--soft); }
.grid { stroke: var(--rule); } .line { fill: none; stroke: var(--line); stroke-width: 1.5; }
.area { fill: var(--area); } .area + .line { stroke: var(--down); }
.columns { display: flex; flex-wrap: wrap; gap: 0 40px; }
table { border-collapse: collapse; margin: 20px 0 0; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
th, td { padding: 3px 12px 3px 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--rule); }
th, .sum tr:last-child td { font-weight: 600; } th:first-child, td:first-child { text-align: left; }
`;
