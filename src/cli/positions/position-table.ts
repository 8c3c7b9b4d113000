/** Positions as a table: what a person wants to see first, in 80 columns. */
import { decimal } from '../../domain/decimal.ts';
import { grouped } from '../../domain/figures.ts';
import type { Mark } from '../../domain/watch.ts';
import type { PositionRow } from '../../ports/ledger.ts';
import { table } from '../text/table.ts';

/** The end of the key: enough to name a position by. */
export function shortKey(key: string): string {
  return key.slice(-6);
}

export function positionTable(rows: readonly PositionRow[], marks: readonly Mark[]): string {
  if (rows.length === 0) return 'no positions';
  const markOf = (key: string): Mark | undefined => marks.find((mark) => mark.key === key);
  return table<PositionRow>(
    [
      { heading: 'ID', text: ({ key }) => shortKey(key) },
      { heading: 'STATUS', text: ({ status }) => status },
      { heading: 'PAIR', text: ({ plan }) => `${plan.asset} ${plan.spot.account}/${plan.perp.account}` },
      { heading: 'SIDE', text: ({ plan }) => (plan.direction === 'long_spot_short_perp' ? 'long' : 'short') },
      { heading: 'USD', align: 'right', text: ({ plan }) => money(plan.notionalUsd, 0) },
      { heading: 'P&L', align: 'right', text: (row) => pnlOf(row, markOf(row.key)) },
      { heading: 'OPENED', text: ({ openedAtMarketMs }) => marketTime(openedAtMarketMs) },
      { heading: 'EXIT', text: ({ exitReason, abortReason }) => exitReason ?? (abortReason === null ? '' : 'aborted') },
    ],
    rows,
  );
}

export function marketTime(atMs: number | null): string {
  return atMs === null ? '' : new Date(atMs).toISOString().slice(5, 16).replace('T', ' ');
}

/** `1234.567` → `1,234.57`; a sign only when negative. */
export function money(amount: string, places: number): string {
  return grouped(decimal(amount).toFixed(places));
}

/** After all fees: realised of what has ended; of what is open (marked ~) what closing now would come to. */
function pnlOf(row: PositionRow, mark: Mark | undefined): string {
  if (row.attribution !== null) return money(row.attribution.realisedUsd, 2);
  if (mark === undefined) return '';
  // Marks of older versions know the ratio alone.
  return mark.netUsd === undefined ? `~${money(mark.ratioPct, 3)} %` : `~${money(mark.netUsd, 2)}`;
}
