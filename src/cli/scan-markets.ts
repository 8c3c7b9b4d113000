/** What a scan reads of the exchanges: every market once, however many pairs it is in. */
import type { MarketData } from '../ports/venue.ts';

/** A market that could not be read. */
export class Unread extends Error {
  /** Such as `kraken SOL/USD`. */
  readonly market: string;
  constructor(market: string, reason: string) {
    super(reason);
    this.market = market;
  }
}

/** For one scan. Its order books and rates are read once; what fails is `Unread` for every pair that asks. */
export function readOnce(marketData: MarketData): MarketData {
  return {
    ...marketData,
    orderBook: onceEach((venue, symbol) => marketData.orderBook(venue, symbol)),
    fundingRate: onceEach((venue, symbol) => marketData.fundingRate(venue, symbol)),
  };
}

function onceEach<T>(
  ask: (venue: string, symbol: string) => Promise<T>,
): (venue: string, symbol: string) => Promise<T> {
  const asked = new Map<string, Promise<T>>();
  return (venue, symbol) => {
    const market = `${venue} ${symbol}`;
    const answer =
      asked.get(market) ??
      ask(venue, symbol).catch((error: unknown) => {
        throw new Unread(market, error instanceof Error ? error.message : String(error));
      });
    asked.set(market, answer);
    return answer;
  };
}
