/** Price-time matching of an account's order against the house's depth and other accounts' resting orders. */
import type { Decimal } from '../../domain/decimal.ts';
import { decimal, divide, floorToStep, minimum, toText, zero } from '../../domain/decimal.ts';
import type { OrderSide } from '../../domain/order.ts';
import { consumeHouse, houseContra } from './book.ts';
import type { DoneStatus } from './events.ts';
import { positionOf } from './funds.ts';
import { feeOf, positionAfterFill } from './position.ts';
import { accruedFunding } from './settlements.ts';
import { feeIsInBase, feeIsOnTop } from './spot-funds.ts';
import type { SimMarket, SimOrder } from './state.ts';
import { accountOf, marketOf, remaining, signedQuantity } from './state.ts';
import type { MatchingContext } from './matching-context.ts';

export function crosses(side: OrderSide, limit: Decimal | null, contraPrice: Decimal): boolean {
  if (limit === null) return true;
  return side === 'buy' ? contraPrice.lte(limit) : contraPrice.gte(limit);
}

export interface ContraLevel {
  readonly price: Decimal;
  readonly quantity: Decimal;
  /** Null: the house. */
  readonly maker: SimOrder | null;
}

/** Everything an order of this side could take, best first; accounts before the house at one price. */
export function contraLevels(market: SimMarket, side: OrderSide): ContraLevel[] {
  const resting = side === 'buy' ? market.restingAsks : market.restingBids;
  const levels: ContraLevel[] = resting.map((maker) => ({
    price: maker.price ?? zero,
    quantity: remaining(maker),
    maker,
  }));
  for (const level of houseContra(market.house, side)) levels.push({ ...level, maker: null });
  const order = side === 'buy' ? 1 : -1;
  return levels.sort((left, right) => order * left.price.cmp(right.price));
}

/** Base units that could fill at once within a limit, and the worst price needed for `wanted` of them. */
export function takeable(
  market: SimMarket,
  side: OrderSide,
  limit: Decimal | null,
  wanted: Decimal,
): { quantity: Decimal; cost: Decimal; worstPrice: Decimal | null } {
  let quantity = zero;
  let cost = zero;
  let worstPrice: Decimal | null = null;
  for (const level of contraLevels(market, side)) {
    if (!crosses(side, limit, level.price) || quantity.gte(wanted)) break;
    const taken = minimum(level.quantity, wanted.minus(quantity));
    quantity = quantity.plus(taken);
    cost = cost.plus(taken.times(level.price));
    worstPrice = level.price;
  }
  return { quantity, cost, worstPrice };
}

/** Base units that bring in so much quote when they are sold to the book, or all that the book takes. */
export function baseFor(market: SimMarket, quote: Decimal): Decimal {
  let base = zero;
  let left = quote;
  for (const level of contraLevels(market, 'sell')) {
    const value = minimum(left, level.quantity.times(level.price));
    base = base.plus(divide(value, level.price));
    left = left.minus(value);
    if (left.eq(zero)) break;
  }
  return base;
}

/** Fills an order that has just been opened for as long as something crosses it. */
export function matchIncoming(context: MatchingContext, order: SimOrder): void {
  const market = marketOf(context.state, order.instrument.id);
  // The size on arrival: what the account trades with itself leaves its position, and must not be reduced for ever.
  let toReduce = order.reduceOnly ? reducible(context, order) : null;
  while (order.status === 'open') {
    const best = bestContra(market, order.side);
    if (best === null || !crosses(order.side, order.price, best.price)) return;
    const offered = best.maker === null ? best.quantity : offeredBy(context, best.maker, order);
    if (offered.eq(zero) && best.maker !== null) {
      finish(context, best.maker, 'expired', 'reduce_only');
      continue;
    }
    const wanted = minimum(offered, takerQuantity(context, order, best.price));
    const allowed = toReduce === null ? wanted : minimum(wanted, toReduce);
    const quantity = context.fillLimit === null ? allowed : minimum(allowed, context.fillLimit);
    if (quantity.eq(zero)) {
      if (toReduce?.eq(zero) === true && wanted.gt(zero)) finish(context, order, 'expired', 'reduce_only');
      return;
    }
    if (context.fillLimit !== null) context.fillLimit = context.fillLimit.minus(quantity);
    if (toReduce !== null) toReduce = toReduce.minus(quantity);
    fill(context, order, quantity, best.price, 'taker', best.maker?.id ?? 'house');
    if (best.maker === null) consumeHouse(market.house, order.side, quantity, context.wallMs);
    else fill(context, best.maker, quantity, best.price, 'maker', order.id);
  }
}

/** Fills resting orders that the house's depth has moved through, at their own prices. */
export function matchResting(context: MatchingContext, market: SimMarket): void {
  for (const side of ['buy', 'sell'] as const) {
    for (;;) {
      const maker = (side === 'buy' ? market.restingBids : market.restingAsks)[0];
      const best = houseContra(market.house, side)[0];
      if (maker === undefined || best === undefined || !crosses(side, maker.price, best.price)) break;
      const quantity = minimum(best.quantity, makerQuantity(context, maker));
      if (quantity.eq(zero)) {
        finish(context, maker, 'expired', 'reduce_only');
        continue;
      }
      fill(context, maker, quantity, maker.price ?? best.price, 'maker', 'house');
      consumeHouse(market.house, side, quantity, context.wallMs);
    }
  }
}

export function finish(context: MatchingContext, order: SimOrder, status: DoneStatus, reason: string): void {
  context.emit({ kind: 'order_done', orderId: order.id, status, reason });
}

function bestContra(market: SimMarket, side: OrderSide): ContraLevel | null {
  const maker = (side === 'buy' ? market.restingAsks : market.restingBids)[0];
  const house = houseContra(market.house, side)[0];
  const makerLevel =
    maker === undefined || maker.price === null ? null : { price: maker.price, quantity: remaining(maker), maker };
  if (house === undefined) return makerLevel;
  const houseLevel = { ...house, maker: null };
  if (makerLevel === null) return houseLevel;
  const houseIsBetter = side === 'buy' ? house.price.lt(makerLevel.price) : house.price.gt(makerLevel.price);
  return houseIsBetter ? houseLevel : makerLevel;
}

/** What a reduce-only order may still take off the position. */
function reducible(context: MatchingContext, order: SimOrder): Decimal {
  const { quantity } = positionOf(accountOf(context.state, order.account), order.instrument.id);
  const reduces = order.side === 'buy' ? quantity.lt(zero) : quantity.gt(zero);
  return reduces ? quantity.abs() : zero;
}

function makerQuantity(context: MatchingContext, order: SimOrder): Decimal {
  const left = remaining(order);
  return order.reduceOnly ? minimum(left, reducible(context, order)) : left;
}

/** An account's own taker adds to the position first what its reduce-only maker takes off again: no cut is needed. */
function offeredBy(context: MatchingContext, maker: SimOrder, taker: SimOrder): Decimal {
  if (maker.account !== taker.account || !maker.reduceOnly) return makerQuantity(context, maker);
  return reducible(context, maker).eq(zero) ? zero : remaining(maker);
}

function takerQuantity(context: MatchingContext, order: SimOrder, price: Decimal): Decimal {
  if (order.quantityUnit === 'quote') {
    return floorToStep(divide(remaining(order), price, 24, 'down'), order.instrument.quantityStep);
  }
  return makerQuantity(context, order);
}

function fill(
  context: MatchingContext,
  order: SimOrder,
  quantity: Decimal,
  price: Decimal,
  role: 'maker' | 'taker',
  counterparty: string,
): void {
  const { instrument } = order;
  const fees = context.feesOf(order.account, instrument.kind);
  const feeBps = role === 'maker' ? fees.makerBps : fees.takerBps;
  const inBase = instrument.kind === 'spot' && feeIsInBase(context.rules, order);
  const isOnTop = instrument.kind === 'spot' && feeIsOnTop(context.rules, order);
  const fee = feeOf(inBase ? quantity : quantity.times(price), feeBps, isOnTop ? 'down' : 'half_up');
  context.emit({
    kind: 'order_filled',
    orderId: order.id,
    tradeId: context.nextTradeId(),
    price: toText(price),
    quantity: toText(quantity),
    role,
    fee: toText(fee),
    feeCurrency: inBase ? instrument.base : instrument.quote,
    realised: toText(realisedBy(context, order, quantity, price)),
    ...accruedFunding(context, order),
    counterparty,
  });
  if (isComplete(order)) finish(context, order, 'filled', '');
}

/** Fills an order outside the book, with the house on the other side: what the venue settles by itself has no fee. */
export function fillOffBook(context: MatchingContext, order: SimOrder, quantity: Decimal, price: Decimal): void {
  context.emit({
    kind: 'order_filled',
    orderId: order.id,
    tradeId: context.nextTradeId(),
    price: toText(price),
    quantity: toText(quantity),
    role: 'taker',
    fee: '0',
    feeCurrency: order.instrument.quote,
    realised: toText(realisedBy(context, order, quantity, price)),
    ...accruedFunding(context, order),
    counterparty: 'house',
    offBook: true,
  });
  if (isComplete(order)) finish(context, order, 'filled', '');
}

function realisedBy(context: MatchingContext, order: SimOrder, quantity: Decimal, price: Decimal): Decimal {
  if (order.instrument.kind === 'spot') return zero;
  const position = positionOf(accountOf(context.state, order.account), order.instrument.id);
  const signed = signedQuantity(order.side, quantity);
  return positionAfterFill(position.quantity, position.entryNotional, signed, price).realised;
}

/** An order that spends quote is complete when no further step of base can be bought. */
function isComplete(order: SimOrder): boolean {
  const left = remaining(order);
  if (order.quantityUnit === 'base') return left.eq(zero);
  const last = divide(order.filledQuote, order.filledBase, 12, 'down');
  return left.lt(last.times(order.instrument.quantityStep)) || left.lt(decimal('0.00000001'));
}
