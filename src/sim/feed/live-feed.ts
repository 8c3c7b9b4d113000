/**
 * Market data from outside, into the books of the simulated exchanges. It is not journalled: the fills that it causes
 * are, and after a restart the next line brings the present. Books are given whole; what orders consume of one stays
 * consumed until the next.
 */
import { decimal } from '../../domain/decimal.ts';
import type { Decimal } from '../../domain/decimal.ts';
import type { HouseBook, HouseLevel } from '../exchange/book.ts';
import { setHouseLevels } from '../exchange/book.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { FeedLine } from './feed-line.ts';
import { FeedError, parseFeedLine } from './feed-line.ts';
import { isFed } from '../exchange/funding.ts';
import { profileOf } from '../protocols/registry.ts';
import type { SimMarket } from '../exchange/state.ts';

export interface LiveFeed {
  /** @throws FeedError when the line cannot be taken; nothing has changed then */
  take(line: string): void;
  /** Empties the order books that no line has confirmed for too long: nobody may trade on a market that is not seen. */
  expire(): void;
}

export interface LiveFeedOptions {
  readonly wallMs: () => number;
  /** Wall time for which a book stands without a new one; null: for good. */
  readonly maxBookAgeMs: number | null;
}

const half = decimal('0.5');
const publicTradesKept = 1000;

interface TakenBook {
  readonly exchange: Exchange;
  /** Of the exchange. */
  readonly atMs: number;
  /** Wall time, here. */
  readonly takenAtMs: number;
}

export function createLiveFeed(exchanges: ReadonlyMap<string, Exchange>, options: LiveFeedOptions): LiveFeed {
  const { wallMs, maxBookAgeMs } = options;
  // Wall time keeps the numbers of trades apart from those of an earlier run: fewer than one a millisecond come.
  const firstTrade = wallMs();
  const books = new Map<SimMarket, TakenBook>();
  let trades = 0;

  function takeBook(exchange: Exchange, market: SimMarket, line: FeedLine & { kind: 'book' }): void {
    const { bids, asks, atMs } = line;
    if (atMs < (books.get(market)?.atMs ?? 0)) throw new FeedError('atMs: older than the book that is there');
    const centre = centreOf(bids, asks) ?? market.house.centre;
    if (centre === null) throw new FeedError('bids, asks: the first book must have a price');
    books.set(market, { exchange, atMs, takenAtMs: wallMs() });
    exchange.feed(market.instrument.id, ({ house }) => setHouseLevels(house, centre, bids, asks));
  }

  function takeTrade(exchange: Exchange, market: SimMarket, line: FeedLine & { kind: 'trade' }): void {
    trades += 1;
    const id = profileOf(exchange.venue)?.tradeId(firstTrade + trades) ?? '';
    const { price, quantity: quantityBase, side: takerSide, atMs } = line;
    exchange.feed(market.instrument.id, ({ publicTrades }) => {
      publicTrades.push({ id, price, quantityBase, takerSide, atMs });
      if (publicTrades.length > publicTradesKept) publicTrades.shift();
      market.lastPrice = price;
    });
  }

  function takePrices(exchange: Exchange, market: SimMarket, { mark, index }: FeedLine & { kind: 'prices' }): void {
    if (market.instrument.kind === 'spot' && mark !== undefined) throw new FeedError('mark: spot has none');
    exchange.feed(market.instrument.id, () => {
      if (mark !== undefined) market.recordedMark = mark;
      if (index !== undefined) market.recordedIndex = index;
    });
  }

  function takeFunding(exchange: Exchange, market: SimMarket, line: FeedLine & { kind: 'funding' }): void {
    const series = exchange.fundingOf(market);
    if (series === null || !isFed(series)) throw new FeedError('fundingRate: spot has none');
    const hours = line.intervalHours ?? series.intervalHours;
    if (line.settlesAtMs % (hours * 3_600_000) !== 0) {
      throw new FeedError(`settlesAtMs: the venue settles every ${hours} hours, from midnight UTC`);
    }
    if (hours !== series.intervalHours) exchange.setFundingInterval(market.instrument.id, hours);
    series.set(line.settlesAtMs, line.rate);
  }

  return {
    take(text) {
      const line = parseFeedLine(text);
      const exchange = exchanges.get(line.venue);
      if (exchange === undefined) {
        throw new FeedError(`venue: no venue ${line.venue}; there are ${[...exchanges.keys()].join(', ')}`);
      }
      const market = marketOf(exchange, line.symbol);
      switch (line.kind) {
        case 'book':
          takeBook(exchange, market, line);
          return;
        case 'trade':
          takeTrade(exchange, market, line);
          return;
        case 'prices':
          takePrices(exchange, market, line);
          return;
        case 'funding':
          takeFunding(exchange, market, line);
      }
    },
    expire() {
      if (maxBookAgeMs === null) return;
      const oldestMs = wallMs() - maxBookAgeMs;
      for (const [market, { exchange, takenAtMs }] of books) {
        const { centre } = market.house;
        if (takenAtMs >= oldestMs || centre === null || isEmpty(market.house)) continue;
        exchange.feed(market.instrument.id, ({ house }) => setHouseLevels(house, centre, [], []));
      }
    },
  };
}

function marketOf(exchange: Exchange, symbol: string): SimMarket {
  const markets = [...exchange.state.markets.values()];
  const market = markets.find(({ instrument }) => instrument.symbol === symbol);
  if (market !== undefined) return market;
  const known = markets.map(({ instrument }) => instrument.symbol).join(', ');
  throw new FeedError(`symbol: ${exchange.venue} does not list ${symbol}; it lists ${known}`);
}

/** As it was given: what orders have consumed does not come back by itself. */
function isEmpty({ full }: HouseBook): boolean {
  return full.bids.length === 0 && full.asks.length === 0;
}

/** Between the best prices; the best of the one side when the other is empty. */
function centreOf(bids: readonly HouseLevel[], asks: readonly HouseLevel[]): Decimal | null {
  const [bid, ask] = [bids[0]?.price, asks[0]?.price];
  if (bid === undefined || ask === undefined) return bid ?? ask ?? null;
  return bid.plus(ask).times(half);
}
