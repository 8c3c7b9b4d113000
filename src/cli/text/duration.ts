import { BadInput } from '../errors.ts';

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `120s`, `5m`, `2h`, `500ms` → milliseconds. @throws BadInput */
export function parseDuration(text: string, option: string): number {
  const match = /^(\d+)(ms|s|m|h)$/.exec(text);
  const unitMs = unitsMs[match?.[2] ?? ''];
  if (match === null || unitMs === undefined) {
    throw new BadInput(
      `${option} ${JSON.stringify(text)} is not a duration: write a whole number and ms, s, m or h, such as 120s`,
    );
  }
  return Number(match[1]) * unitMs;
}

const dayMs = 86_400_000;

/** `7d`, `12h`: so long before now; `2026-11-01`, `2026-11-01T12:00Z`: since then, UTC. Epoch milliseconds. @throws BadInput */
export function parseSince(text: string, nowMs: number, option: string): number {
  const ago = /^(\d+)(d|h|m)$/.exec(text);
  if (ago !== null) return nowMs - Number(ago[1]) * (ago[2] === 'd' ? dayMs : (unitsMs[ago[2] ?? ''] ?? 0));
  const date = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2})?Z)?$/.exec(text);
  const atMs = date === null ? NaN : Date.parse(text);
  // A day that its month does not have is taken for one of the next month by some.
  if (Number.isNaN(atMs) || new Date(atMs).toISOString().slice(0, 10) !== date?.[1]) {
    throw new BadInput(
      `${option} ${JSON.stringify(text)} is no time: write how long ago, such as 7d or 12h, or a date (UTC), such as 2026-11-01`,
    );
  }
  return atMs;
}
