/** How long a service asks to be left alone. */

/** Longer than this nobody waits with an alert, whatever a service asks for. */
export const longestPauseMs = 3_600_000;

/**
 * Of an HTTP header: seconds, or a date (RFC 9110, 10.2.3). Null without one that can be read.
 * @returns from 0 to an hour
 */
export function parseRetryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return bounded(Number(text) * 1_000);
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : bounded(atMs - nowMs);
}

export function bounded(pauseMs: number): number {
  return Math.min(longestPauseMs, Math.max(0, Math.ceil(pauseMs)));
}
