/** What a perpetual's settled funding rates say of the coming ones: the mean that the forecast returns to. */
import { constantOutlook, type FundingOutlook } from '../carry.ts';
import { decimal, divide, roundTo, sum, toText, type DecimalText } from '../decimal.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
export const meanWindowMs = 30 * dayMs;
/** Of what is read, a day lies before the window: the interval of its first settlement is the distance to the one before. */
export const fundingHistoryMs = meanWindowMs + dayMs;
/** With less, the mean is not believed. */
export const leastHistoryDays = 7;
/** Venues stamp settlements some milliseconds late. */
const stampToleranceMs = 60_000;
const ratePlaces = 24;

export interface SettledRate {
  /** Fraction of notional; positive: longs paid shorts. */
  readonly rate: DecimalText;
  /** Market time. */
  readonly settledAtMs: number;
}

/** The venue's figure for the settlement that comes next. */
export interface ComingFunding {
  readonly rate: DecimalText;
  readonly nextSettlementAtMs: number;
  readonly intervalHours: number;
}

/**
 * The outlook r̂_k = μ + ρ^k·(r − μ), with r the coming rate and μ the mean of the last 30 days' settled ones. With less
 * than seven days of them μ is not known, and the rate is taken to stay.
 * @param settled of one perpetual, oldest first, over `fundingHistoryMs`
 * @param persistence ρ of the venue, in [0, 1]
 */
export function outlookFrom(
  coming: ComingFunding,
  settled: readonly SettledRate[],
  nowMarketMs: number,
  persistence: DecimalText,
): FundingOutlook {
  const rates = ratesOfInterval(settled, nowMarketMs, coming.intervalHours);
  const historyDays = (rates.length * coming.intervalHours) / 24;
  const constant = { ...constantOutlook(coming), historyDays };
  if (historyDays < leastHistoryDays) return constant;
  const mean = divide(sum(rates.map((rate) => decimal(rate))), decimal(String(rates.length)));
  return { ...constant, meanRate: toText(roundTo(mean, ratePlaces, 'half_even')), persistence };
}

/** Of the window, those that covered an interval as long as the coming one: others are not per the same time. */
function ratesOfInterval(settled: readonly SettledRate[], nowMarketMs: number, intervalHours: number): DecimalText[] {
  return settled.flatMap(({ rate, settledAtMs }, index) => {
    const before = settled[index - 1];
    if (before === undefined || settledAtMs <= nowMarketMs - meanWindowMs || settledAtMs > nowMarketMs) return [];
    const coveredMs = settledAtMs - before.settledAtMs;
    return Math.abs(coveredMs - intervalHours * hourMs) <= stampToleranceMs ? [rate] : [];
  });
}

/** The market time up to which nothing is missing between settlements, at most an interval apart. */
export function knownUntilMs(settled: readonly SettledRate[], fromMs: number, intervalHours: number): number {
  let untilMs = fromMs;
  for (const { settledAtMs } of settled) {
    if (settledAtMs - untilMs > intervalHours * hourMs + stampToleranceMs) return untilMs;
    untilMs = Math.max(untilMs, settledAtMs);
  }
  return untilMs;
}

/** In words, for a person: `1.00 bps each 8 h, 30-day mean 0.80, ρ 0.66`. */
export function outlookWords(outlook: FundingOutlook): string {
  const bps = (rate: DecimalText): string => decimal(rate).times(decimal('10000')).toFixed(3);
  const { rate, intervalHours, meanRate, persistence, historyDays = 0 } = outlook;
  const now = `${bps(rate)} bps each ${intervalHours} h`;
  return meanRate === null
    ? `${now}, taken to stay: ${historyDays.toFixed(1)} of ${leastHistoryDays} days of settled rates are known`
    : `${now}, returning to ${bps(meanRate)}, the mean of ${historyDays.toFixed(1)} days, by ρ ${persistence}`;
}
