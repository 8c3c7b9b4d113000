/** What a perpetual has beside its order book: funding rates, the interval between settlements, mark and index price. */
import { VenueError, type FundingRate, type PerpetualFigures, type SettledFundingRate } from '../../ports/venue.ts';
import { decimalText, decimalTextOrNull, timeMs } from '../capabilities/raw.ts';
import type { VenueDialect } from '../capabilities/venue-dialect.ts';
import { servedMarket } from './instruments.ts';
import { readAllPages } from '../calls/pages.ts';
import { read, type VenueCaller } from '../calls/venue-call.ts';
import type { ExactExchange } from '../exact-exchange.ts';

export interface PerpetualSource {
  readonly dialect: VenueDialect;
  readonly exchange: ExactExchange;
  readonly caller: VenueCaller;
  /** Intervals that the venue states apart from the rate, by symbol. */
  readonly intervals: Map<string, { readonly hours: number; readonly readAtMs: number }>;
}

const hourMs = 3_600_000;
/** Funding intervals change rarely: each is read again after this much wall time, and when a settlement belies it. */
const intervalKeptMs = 600_000;

export async function fundingRateOf(
  connection: PerpetualSource,
  symbol: string,
  marketNowMs: number,
): Promise<FundingRate> {
  return (await readFunding(connection, symbol, marketNowMs)).funding;
}

export async function perpetualFigures(
  connection: PerpetualSource,
  symbol: string,
  marketNowMs: number,
): Promise<PerpetualFigures> {
  const { exchange, caller } = connection;
  const { funding, shown } = await readFunding(connection, symbol, marketNowMs);
  let markPrice = decimalTextOrNull(shown.markPrice, 'mark price');
  if (markPrice === null && exchange.has['fetchMarkPrice'] === true) {
    // Of OKX alone, which wants to be told the kind.
    const apart = await read(caller, `mark price of ${symbol}`, () =>
      exchange.fetchMarkPrice(symbol, { instType: 'SWAP' }),
    );
    markPrice = decimalTextOrNull(apart.value.markPrice, 'mark price');
  }
  return { funding, markPrice, indexPrice: decimalTextOrNull(shown.indexPrice, 'index price') };
}

async function readFunding(connection: PerpetualSource, symbol: string, marketNowMs: number) {
  const { exchange, caller, dialect } = connection;
  onlyPerpetual(connection, symbol);
  const { value } = await read(caller, `funding rate of ${symbol}`, () => exchange.fetchFundingRate(symbol));
  const isNamed = dialect.fundingInterval.nextSettlement === 'named';
  const namedAtMs = isNamed ? timeMs(value.fundingTimestamp, 'next funding settlement') : null;
  const intervalHours = await fundingIntervalHours(connection, symbol, value.interval, namedAtMs, marketNowMs);
  const intervalMs = intervalHours * hourMs;
  const { venue } = dialect.capabilities;
  const funding: FundingRate = {
    symbol,
    rate: decimalText(value.fundingRate, `${venue}: funding rate of ${symbol}`),
    nextSettlementAtMs: namedAtMs ?? (Math.floor(marketNowMs / intervalMs) + 1) * intervalMs,
    intervalHours,
  };
  return { funding, shown: value };
}

async function fundingIntervalHours(
  connection: PerpetualSource,
  symbol: string,
  named: string | undefined,
  nextAtMs: number | null,
  marketNowMs: number,
): Promise<number> {
  const { exchange, caller, dialect, intervals } = connection;
  const { source, fallbackHours } = dialect.fundingInterval;
  if (source === 'rate') return hoursOf(named) ?? fallbackHours;
  const kept = intervals.get(symbol);
  const nowMs = caller.clock.nowMs();
  const isKept = kept !== undefined && nowMs - kept.readAtMs < intervalKeptMs;
  if (isKept && canBeNext(nextAtMs, kept.hours, marketNowMs)) return kept.hours;
  const found = await read(caller, `funding interval of ${symbol}`, () => exchange.fetchFundingIntervals([symbol]));
  const hours = hoursOf(found.value[symbol]?.interval) ?? fallbackHours;
  intervals.set(symbol, { hours, readAtMs: nowMs });
  return hours;
}

/** Whether the settlement that the venue names can be the next one of an interval; if not, the interval has changed. */
function canBeNext(nextAtMs: number | null, hours: number, marketNowMs: number): boolean {
  if (nextAtMs === null) return true;
  const intervalMs = hours * hourMs;
  const offMs = Math.abs(nextAtMs - Math.round(nextAtMs / intervalMs) * intervalMs);
  return offMs < 1_000 && nextAtMs - marketNowMs <= intervalMs + 1_000;
}

/** `8h` as 8. */
function hoursOf(interval: string | undefined): number | null {
  const hours = /^(\d+)h$/.exec(interval ?? '')?.[1];
  return hours === undefined || Number(hours) === 0 ? null : Number(hours);
}

export async function settledRates(
  connection: PerpetualSource,
  symbol: string,
  sinceMs: number,
  untilMs: number,
): Promise<SettledFundingRate[]> {
  const { exchange, caller, dialect } = connection;
  onlyPerpetual(connection, symbol);
  const list = {
    what: `funding rates of ${symbol}`,
    paging: dialect.fundingRatePaging,
    fetchPage: (since: number | undefined, limit: number, params: object) =>
      exchange.fetchFundingRateHistory(symbol, since, limit, { ...params }),
    keyOf: (rate: { timestamp?: number | undefined }) => String(timeMs(rate.timestamp, 'funding time')),
  };
  const rates = await readAllPages(caller, list, sinceMs, untilMs);
  return rates.map((rate) => ({
    symbol,
    rate: decimalText(rate.fundingRate, `funding rate of ${symbol}`),
    settledAtMs: timeMs(rate.timestamp, 'funding time'),
  }));
}

function onlyPerpetual(connection: PerpetualSource, symbol: string): void {
  if (servedMarket(connection.exchange, connection.dialect, symbol).swap === true) return;
  throw new VenueError('bad_symbol', `${symbol} is a spot pair: it has no funding`);
}
