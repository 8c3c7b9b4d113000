import { BadInput } from './errors.ts';

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
