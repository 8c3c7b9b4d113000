/** Checks of values that came from outside: configuration, requests, files. */

/** A plain decimal without sign, or null: what every venue accepts as a number. */
export function isPlainNumber(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text) && text.length <= 40;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
