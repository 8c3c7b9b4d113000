import { BadInput } from './errors.ts';

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** `120s`, `5m`, `2h`, `500ms` → milliseconds. @throws BadInput */
export function parseDuration(text: string, option: string): number {
  const match = /^(\d+)(ms|s|m|h)$/.exec(text);
  const unit = match?.[2] as keyof typeof unitsMs | undefined;
  if (match === null || unit === undefined) {
    throw new BadInput(
      `${option} ${JSON.stringify(text)} is not a duration: write a whole number and ms, s, m or h, such as 120s`,
    );
  }
  return Number(match[1]) * unitsMs[unit];
}
