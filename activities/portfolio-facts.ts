/** What sizing knows of the portfolio: closed trades, equity, and what the limits leave. The reservation tests it again. */
import { decimal, divide, maximum, one, sum, zero, type Decimal } from '../src/domain/decimal.ts';
import { figure } from '../src/domain/figures.ts';
import { bucketName, bucketOf } from '../src/domain/portfolio/buckets.ts';
import {
  bucketCapitalUsd,
  isQuoteUnhedged,
  quoteExposureUsd,
  settleOf,
  type PortfolioLimits,
} from '../src/domain/portfolio/limits.ts';
import { coinPrices, portfolioValue, type PortfolioValue } from '../src/domain/portfolio/value.ts';
import type { PositionPlan } from '../src/domain/position.ts';
import { tradeOf, type RecordedPosition } from '../src/metrics/trade.ts';
import type { Ledger, PositionRow } from '../src/ports/ledger.ts';
import { historyMs, type ClosedTrade } from '../src/strategy/kelly.ts';
import { cashNeeded } from '../src/strategy/needs.ts';
import type { Pair } from '../src/strategy/pair.ts';
import { capitalNeeds } from '../src/strategy/plan.ts';
import type { UsdBound } from '../src/strategy/size.ts';
import type { PortfolioFacts } from '../src/strategy/stake.ts';

/** Wall time: as for the limits themselves. */
const maxValueAgeMs = 300_000;

/** @param live positions that have not ended, of every book: accounts know no books */
export async function portfolioFacts(
  ledger: Pick<Ledger, 'latestReading' | 'boundCoins' | 'tradedPositions'>,
  limits: PortfolioLimits,
  book: string,
  pair: Pair,
  now: { readonly wallMs: number; readonly marketMs: number },
  assetPrice: Decimal,
  live: readonly PositionRow[],
): Promise<PortfolioFacts> {
  const accounts = limits.accounts.map(({ account }) => account);
  const [traded, readings, bound] = await Promise.all([
    ledger.tradedPositions(book, now.marketMs - historyMs),
    Promise.all(accounts.map((account) => ledger.latestReading(account))),
    ledger.boundCoins(accounts),
  ]);
  const priceOfPlan = (coin: string): Decimal | null => {
    if (coin === pair.asset) return assetPrice;
    const plan = live.find((position) => position.plan.asset === coin)?.plan;
    return plan === undefined ? null : decimal(plan.spotReferencePrice);
  };
  const read = readings.filter((reading) => reading !== null);
  const priceOf = coinPrices(read, priceOfPlan);
  const value = portfolioValue(limits.accounts, read, priceOf, now.wallMs, maxValueAgeMs, bound);
  const equityUsd = typeof value === 'string' ? value : value.equityUsd;
  const plans = live.map(({ plan }) => plan);
  return {
    trades: traded.flatMap(closedTrade),
    equityUsd,
    rooms: [...bucketRooms(limits, pair, plans, equityUsd), ...quoteRooms(limits, pair, plans)],
    cash: typeof value === 'string' ? null : cashOf(limits, value, live),
  };
}

/** As reports count them: what was taken back at a cost speaks against its kind of trade as a loss does. */
function closedTrade(traded: RecordedPosition): ClosedTrade[] {
  const trade = tradeOf(traded);
  if (trade === null) return [];
  const { asset, side, pairId, notionalUsd, closedAtMs, attribution } = trade;
  const { realisedUsd } = attribution;
  return [{ asset, direction: side, pairId, notionalUsd, realisedUsd, closedAtMarketMs: closedAtMs }];
}

/** As notional: a bucket's cap is on capital, Q·S + Q·P/leverage, with P taken as S. */
function bucketRooms(
  { buckets }: PortfolioLimits,
  pair: Pair,
  plans: readonly PositionPlan[],
  equityUsd: Decimal | string,
): UsdBound[] {
  const bucket = bucketOf(buckets, pair);
  if (bucket === null || typeof equityUsd === 'string') return [];
  const cap = equityUsd.times(decimal(bucket.capPct)).times(decimal('0.01'));
  const left = maximum(zero, cap.minus(bucketCapitalUsd(buckets, bucket, plans)));
  // A gap of one percent would make the capital larger than P = S does; the reservation decides to the cent.
  const perNotional = one.plus(divide(decimal('1.01'), decimal(pair.leverage)));
  return [
    { amountUsd: divide(left, perNotional), bound: `bucket ${bucketName(bucket)}: ${bucket.capPct} % of equity` },
  ];
}

function quoteRooms(
  { maxQuoteExposureUsd: most }: PortfolioLimits,
  pair: Pair,
  plans: readonly PositionPlan[],
): UsdBound[] {
  if (!isQuoteUnhedged(pair)) return [];
  const settle = settleOf(pair.perp);
  const held = quoteExposureUsd(settle, plans);
  const bound = `maxQuoteExposureUsd: ${figure(held, 2)} of ${most} USD hang on ${settle}`;
  return [{ amountUsd: maximum(zero, decimal(most).minus(held)), bound }];
}

/** Less what openings under way take: until one is hedged, no reading is sure to show it. */
function cashOf(
  { minFreeCashPct }: PortfolioLimits,
  { equityUsd, freeCashUsd }: PortfolioValue,
  live: readonly PositionRow[],
): UsdBound | null {
  if (minFreeCashPct === null) return null;
  const opening = live.filter(({ openedAtMarketMs }) => openedAtMarketMs === null);
  const pending = sum(opening.map(({ plan }) => cashNeeded(capitalNeeds(plan))));
  const stays = equityUsd.times(decimal(minFreeCashPct)).times(decimal('0.01'));
  const bound = `minFreeCashPct: ${minFreeCashPct} % of equity stays free`;
  return { amountUsd: maximum(zero, freeCashUsd.minus(pending).minus(stays)), bound };
}
