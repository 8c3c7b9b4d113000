/** Windows of time and pages of rows. Rows are oldest first; times are market time. */
import type { BinanceCall } from './call.ts';
import { BinanceError } from './errors.ts';
import { timeOrNull } from './parameters.ts';

export interface TimeWindow {
  /** Null when no start was given: then the newest rows are meant. */
  readonly fromMs: number | null;
  readonly oldestMs: number;
  readonly toMs: number;
}

export interface WindowLimit {
  readonly mostMs: number;
  /** What the venue says when start and end lie further apart. */
  readonly tooLong: string;
  /** Whether a start or an end alone, or neither, is a window of that length too; otherwise it is open. */
  readonly always: boolean;
}

/** @throws BinanceError -1127 when the window is too long, or ends before it starts */
export function timeWindow(call: BinanceCall, limit: WindowLimit): TimeWindow {
  const fromMs = timeOrNull(call, 'startTime');
  const end = timeOrNull(call, 'endTime');
  if (fromMs !== null && end !== null) {
    if (fromMs > end) throw new BinanceError(-1127, 'Start time is greater than end time.');
    if (end - fromMs > limit.mostMs) throw new BinanceError(-1127, limit.tooLong);
  }
  if (!limit.always) return { fromMs, oldestMs: fromMs ?? 0, toMs: end ?? Number.MAX_SAFE_INTEGER };
  const toMs = end ?? (fromMs === null ? call.nowMs : fromMs + limit.mostMs);
  return { fromMs, oldestMs: fromMs ?? toMs - limit.mostMs, toMs };
}

export function within(atMs: number, window: TimeWindow): boolean {
  return atMs >= window.oldestMs && atMs <= window.toMs;
}

/** The oldest rows when they count from a start or an id, otherwise the newest. */
export function page<T>(rows: readonly T[], limit: number, fromStart: boolean): readonly T[] {
  return fromStart ? rows.slice(0, limit) : rows.slice(-limit);
}
