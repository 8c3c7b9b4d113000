/**
 * The house's side of an order book: modelled depth around the tape's price.
 *
 * The book is centred on the last close, `spreadTicks` wide, with equal levels `levelTicks` apart. Its prices may lie
 * off the tick grid (half a tick to either side of a close): orders still match by comparing prices.
 * Fills consume a level; it comes back at the next price or after `refillMs` of wall time.
 */
import type { Decimal } from '../../domain/decimal.ts';
import { decimal, zero } from '../../domain/decimal.ts';
import type { OrderSide } from '../../domain/order.ts';
import type { SimInstrument } from './instruments.ts';

export interface DepthModel {
  /** Best ask − best bid, in ticks. */
  readonly spreadTicks: Decimal;
  readonly levels: number;
  /** Base units at each level. */
  readonly levelQuantity: Decimal;
  /** Distance between levels, in ticks. */
  readonly levelTicks: Decimal;
  /** Wall milliseconds after which consumed depth is back. */
  readonly refillMs: number;
}

export interface HouseLevel {
  readonly price: Decimal;
  quantity: Decimal;
}

export interface HouseBook {
  /** Null until the first price. */
  centre: Decimal | null;
  /** Best first. */
  bids: HouseLevel[];
  asks: HouseLevel[];
  /** What the levels return to. */
  full: { readonly bids: readonly HouseLevel[]; readonly asks: readonly HouseLevel[] };
  /** Wall time at which depth was first consumed since the last refill. */
  consumedAtMs: number | null;
  /** Raised with every change of the levels. */
  revision: number;
}

export function emptyHouseBook(): HouseBook {
  return { centre: null, bids: [], asks: [], full: { bids: [], asks: [] }, consumedAtMs: null, revision: 0 };
}

/** Moves the book to a new centre, with all its depth. */
export function centreHouseBook(
  book: HouseBook,
  centre: Decimal,
  instrument: Pick<SimInstrument, 'priceTick'>,
  model: DepthModel,
): void {
  const halfSpread = instrument.priceTick.times(model.spreadTicks).times(decimal('0.5'));
  const step = instrument.priceTick.times(model.levelTicks);
  const bids: HouseLevel[] = [];
  const asks: HouseLevel[] = [];
  for (let index = 0; index < model.levels; index += 1) {
    const offset = halfSpread.plus(step.times(decimal(String(index))));
    const bid = centre.minus(offset);
    if (bid.gt(zero)) bids.push({ price: bid, quantity: model.levelQuantity });
    asks.push({ price: centre.plus(offset), quantity: model.levelQuantity });
  }
  setHouseLevels(book, centre, bids, asks);
}

/** Sets the depth outright, best level first on each side. */
export function setHouseLevels(
  book: HouseBook,
  centre: Decimal,
  bids: readonly HouseLevel[],
  asks: readonly HouseLevel[],
): void {
  book.centre = centre;
  book.full = { bids, asks };
  refillHouseBook(book);
}

export function refillHouseBook(book: HouseBook): void {
  book.bids = book.full.bids.map((level) => ({ ...level }));
  book.asks = book.full.asks.map((level) => ({ ...level }));
  book.consumedAtMs = null;
  book.revision += 1;
}

/** The house's levels that an order of this side can take, best first. */
export function houseContra(book: HouseBook, side: OrderSide): HouseLevel[] {
  return side === 'buy' ? book.asks : book.bids;
}

/** Takes from the best level of the side that `side` trades against. */
export function consumeHouse(book: HouseBook, side: OrderSide, quantity: Decimal, wallMs: number): void {
  const levels = houseContra(book, side);
  const best = levels[0];
  if (best === undefined || best.quantity.lt(quantity)) throw new Error('consumed more than the house offers');
  best.quantity = best.quantity.minus(quantity);
  if (best.quantity.eq(zero)) levels.shift();
  book.consumedAtMs ??= wallMs;
  book.revision += 1;
}
