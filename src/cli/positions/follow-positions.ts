/** Prints each change of a position's state while the service runs. */
import { decimal, zero } from '../../domain/decimal.ts';
import type { Ledger, PositionRow } from '../../ports/ledger.ts';
import type { Output } from '../text/output.ts';
import { marketTime, money, shortKey } from './position-table.ts';

const pollMs = 500;

export async function followPositions(ledger: Ledger, output: Output, signal: AbortSignal): Promise<void> {
  const seen = new Map<string, string>();
  while (!signal.aborted) {
    try {
      const rows = await ledger.positions({ limit: 50 });
      for (const row of rows.toReversed()) {
        if (seen.get(row.key) === row.status) continue;
        if (seen.has(row.key) || row.status !== 'closed') output.progress(line(row));
        seen.set(row.key, row.status);
      }
    } catch (error) {
      output.progress(`the ledger does not answer: ${error instanceof Error ? error.message : String(error)}`);
    }
    await new Promise((done) => setTimeout(done, pollMs));
  }
}

function line({
  key,
  plan,
  status,
  exitReason,
  abortReason,
  openedAtMarketMs,
  closedAtMarketMs,
  attribution,
}: PositionRow): string {
  const side = plan.direction === 'long_spot_short_perp' ? 'long spot, short perpetual' : 'short spot, long perpetual';
  const at = marketTime(closedAtMarketMs ?? (status === 'hedged' ? openedAtMarketMs : null));
  const parts = [at, shortKey(key), status.padEnd(12), `${money(plan.quantityBase, 0)} ${plan.asset} ${side}`];
  if (exitReason !== null) parts.push(exitReason);
  if (abortReason !== null) parts.push(abortReason);
  // Of an opening that was given up before anything was traded there is none.
  if (attribution !== null && (status === 'closed' || !decimal(attribution.realisedUsd).eq(zero)))
    parts.push(`P&L ${money(attribution.realisedUsd, 2)} USD`);
  return parts.filter((part) => part !== '').join('  ');
}
