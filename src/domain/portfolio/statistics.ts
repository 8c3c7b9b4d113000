/** Statistics in floats: for correlations and volatility, never for money. */

/** Pearson's; null where one of the two does not move. */
export function correlationOf(pairs: readonly (readonly [number, number])[]): number | null {
  const firstMean = mean(pairs.map(([first]) => first));
  const secondMean = mean(pairs.map(([, second]) => second));
  let [covariance, firstSquares, secondSquares] = [0, 0, 0];
  for (const [first, second] of pairs) {
    covariance += (first - firstMean) * (second - secondMean);
    firstSquares += (first - firstMean) ** 2;
    secondSquares += (second - secondMean) ** 2;
  }
  return firstSquares === 0 || secondSquares === 0 ? null : covariance / Math.sqrt(firstSquares * secondSquares);
}

export function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** Of a sample; NaN with fewer than two values. */
export function standardDeviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((total, value) => total + (value - middle) ** 2, 0) / (values.length - 1));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((first, second) => first - second);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}
