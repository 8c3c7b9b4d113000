/**
 * The published order book of one market: the house's depth and the resting orders, one row a price.
 * It numbers each version, so that REST snapshots and websocket differences agree.
 */
import type { Decimal, DecimalText } from '../../domain/decimal.ts';
import { toText } from '../../domain/decimal.ts';
import type { OrderSide } from '../../domain/order.ts';
import { contraLevels } from '../exchange/matching.ts';
import type { SimMarket } from '../exchange/state.ts';

export type LevelText = readonly [price: DecimalText, quantity: DecimalText];

export interface BookVersion {
  readonly updateId: number;
  /** Best first. */
  readonly bids: readonly LevelText[];
  readonly asks: readonly LevelText[];
}

export interface BookDifference {
  /** New quantities at changed prices; `0` removes a level. */
  readonly bids: readonly LevelText[];
  readonly asks: readonly LevelText[];
}

export interface BookFeed {
  readonly market: SimMarket;
  /** The present book; its number rises only when a level changed. */
  current(): BookVersion;
  /** A new number for the same book, so that a stream can prove itself alive. */
  touch(): BookVersion;
}

/** @param firstUpdateId above every number that an earlier run could have published */
export function createBookFeed(market: SimMarket, firstUpdateId: number): BookFeed {
  let version: BookVersion = { updateId: firstUpdateId, bids: [], asks: [] };
  let seenRevision = -1;
  function current(): BookVersion {
    const revision = market.house.revision + market.restingRevision;
    if (revision === seenRevision) return version;
    seenRevision = revision;
    const bids = rows(market, 'sell');
    const asks = rows(market, 'buy');
    if (!sameRows(bids, version.bids) || !sameRows(asks, version.asks)) {
      version = { updateId: version.updateId + 1, bids, asks };
    }
    return version;
  }
  return {
    market,
    current,
    touch() {
      const { bids, asks, updateId } = current();
      version = { updateId: updateId + 1, bids, asks };
      return version;
    },
  };
}

export function difference(before: BookVersion, after: BookVersion): BookDifference {
  return { bids: changedRows(before.bids, after.bids), asks: changedRows(before.asks, after.asks) };
}

/** The best level of each side, as a difference that changes nothing. */
export function topOf(version: BookVersion): BookDifference {
  return { bids: version.bids.slice(0, 1), asks: version.asks.slice(0, 1) };
}

function rows(market: SimMarket, takerSide: OrderSide): LevelText[] {
  const result: { price: Decimal; quantity: Decimal }[] = [];
  for (const level of contraLevels(market, takerSide)) {
    const last = result.at(-1);
    if (last !== undefined && last.price.eq(level.price)) last.quantity = last.quantity.plus(level.quantity);
    else result.push({ price: level.price, quantity: level.quantity });
  }
  return result.map(({ price, quantity }) => [toText(price), toText(quantity)]);
}

function sameRows(left: readonly LevelText[], right: readonly LevelText[]): boolean {
  return (
    left.length === right.length && left.every(([p, q], index) => p === right[index]?.[0] && q === right[index][1])
  );
}

function changedRows(before: readonly LevelText[], after: readonly LevelText[]): LevelText[] {
  const old = new Map(before);
  const changed: LevelText[] = [];
  for (const [price, quantity] of after) {
    if (old.get(price) !== quantity) changed.push([price, quantity]);
    old.delete(price);
  }
  for (const price of old.keys()) changed.push([price, '0']);
  return changed;
}
