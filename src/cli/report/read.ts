/** A book's performance, from the ledger. */
import type { Config } from '../../config/schema.ts';
import { marketTimeMs, type ClockAnchor } from '../../domain/market-clock.ts';
import type { Grouping } from '../../metrics/group.ts';
import { performanceOf, type Performance } from '../../metrics/performance.ts';
import type { Ledger } from '../../ports/ledger.ts';

/** @param sinceMs market time; null: from the beginning. @param rfApr what money earns without risk, as a fraction a year */
export async function readPerformance(
  { ledger, config, anchor }: { readonly ledger: Ledger; readonly config: Config; readonly anchor: ClockAnchor },
  { sinceMs, by, rfApr }: { readonly sinceMs: number | null; readonly by: Grouping; readonly rfApr: number },
): Promise<Performance> {
  const points = await ledger.equityPoints(config.book, sinceMs);
  // The period begins with a mark, and so do its positions.
  const fromMs = sinceMs === null ? null : (points[0]?.atMarketMs ?? sinceMs);
  return performanceOf({
    book: config.book,
    sinceMs,
    nowMs: marketTimeMs(anchor, Date.now()),
    points,
    positions: await ledger.tradedPositions(config.book, fromMs),
    reentryCooldownMs: config.strategy.reentryCooldownMs,
    rfApr,
    by,
  });
}
