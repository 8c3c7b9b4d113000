/** Lengths of OKX's candles. */
const lengthsMs: ReadonlyMap<string, number> = new Map([
  ['1m', 60_000],
  ['3m', 180_000],
  ['5m', 300_000],
  ['15m', 900_000],
  ['30m', 1_800_000],
  ['1H', 3_600_000],
  ['2H', 7_200_000],
  ['4H', 14_400_000],
  ['6H', 21_600_000],
  ['6Hutc', 21_600_000],
  ['12H', 43_200_000],
  ['12Hutc', 43_200_000],
  ['1D', 86_400_000],
  ['1Dutc', 86_400_000],
]);

/** Null when there is no such length here. Days begin at 00:00 UTC under either name; OKX's `1D` begins at 16:00. */
export function candleLengthMs(bar: string): number | null {
  return lengthsMs.get(bar) ?? null;
}
