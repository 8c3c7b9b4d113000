/** Whether an order may enter the book: the venue's filters, its client id, and the account's funds. Pure reads. */
import type { Decimal } from '../../domain/decimal.ts';
import { floorToStep, toText, zero } from '../../domain/decimal.ts';
import { mayBorrow } from './borrow.ts';
import { bracketOf } from './position.ts';
import { freeBalance, leverageOf, marginSummary, orderMargin, positionOf } from './funds.ts';
import { baseFor, contraLevels, crosses, takeable } from './matching.ts';
import { feeOnTop } from './spot-funds.ts';
import type { SimAccount, SimMarket, VenueState } from './state.ts';
import type { OrderRequest } from './order-request.ts';

/** Why an order is refused before it exists. Each protocol says it in its own codes. */
export type RefusalReason =
  | 'quantity_not_positive'
  | 'quantity_below_minimum'
  | 'quantity_above_maximum'
  | 'quantity_off_step'
  | 'price_not_positive'
  | 'price_off_tick'
  | 'notional_below_minimum'
  | 'duplicate_client_order_id'
  | 'insufficient_balance'
  | 'insufficient_margin'
  | 'above_leverage_cap'
  | 'reduce_only'
  | 'post_only_would_take'
  | 'cannot_fill_at_once'
  | 'no_market'
  | 'market_closed'
  | 'order_limit';

export interface Refusal {
  readonly reason: RefusalReason;
  readonly detail: string;
}

function refuse(reason: RefusalReason, detail = ''): Refusal {
  return { reason, detail };
}

/** The first thing that is wrong with a request, in the order in which the venues look; null when nothing is. */
export function refusalOf(
  state: VenueState,
  account: SimAccount,
  market: SimMarket,
  request: OrderRequest,
): Refusal | null {
  return (
    filterRefusal(market, request) ??
    duplicateRefusal(state, account, request) ??
    (market.instrument.kind === 'spot'
      ? balanceRefusal(state, account, market, request)
      : perpetualRefusal(state, account, market, request))
  );
}

function filterRefusal(market: SimMarket, request: OrderRequest): Refusal | null {
  const { instrument, house } = market;
  const { price, quantity } = request;
  if (house.centre === null) return refuse('no_market');
  if (quantity.lte(zero)) return refuse('quantity_not_positive');
  if (request.type === 'limit') {
    if (price === null || price.lte(zero)) return refuse('price_not_positive');
    if (!floorToStep(price, instrument.priceTick).eq(price)) return refuse('price_off_tick');
  }
  if (request.quantityUnit === 'quote') {
    return quantity.lt(instrument.minimumNotional) ? refuse('notional_below_minimum') : null;
  }
  if (!floorToStep(quantity, instrument.quantityStep).eq(quantity)) return refuse('quantity_off_step');
  if (quantity.lt(instrument.minimumQuantity)) return refuse('quantity_below_minimum');
  if (quantity.gt(instrument.maximumQuantity)) return refuse('quantity_above_maximum');
  const notional = quantity.times(price ?? house.centre);
  if (!request.reduceOnly && notional.lt(instrument.minimumNotional)) return refuse('notional_below_minimum');
  return null;
}

function duplicateRefusal(state: VenueState, account: SimAccount, request: OrderRequest): Refusal | null {
  if (request.clientOrderId === '') return null;
  const earlier = account.byClientId.get(request.clientOrderId);
  const clashes = earlier !== undefined && (state.rules.clientIdScope === 'ever' || earlier.status === 'open');
  return clashes ? refuse('duplicate_client_order_id') : null;
}

function balanceRefusal(
  state: VenueState,
  account: SimAccount,
  market: SimMarket,
  request: OrderRequest,
): Refusal | null {
  const { base, quote } = market.instrument;
  const currency = request.side === 'sell' ? base : quote;
  const free = freeBalance(state, account, currency);
  const spent = spotNeed(market, request);
  const needed = spent.plus(feeOnTop(state, account.name, request, spent));
  if (needed.gt(free) && mayBorrow(state, account, market, request, needed)) return null;
  return needed.gt(free) ? refuse('insufficient_balance', `${toText(needed)} > ${toText(free)} ${currency}`) : null;
}

/** Less a fee on top. */
function spotNeed(market: SimMarket, request: OrderRequest): Decimal {
  const { side, quantityUnit, quantity } = request;
  if (quantityUnit === 'quote') return side === 'buy' ? quantity : baseFor(market, quantity);
  if (side === 'sell') return quantity;
  if (request.price !== null) return request.quantity.times(request.price);
  return takeable(market, 'buy', null, request.quantity).cost;
}

function perpetualRefusal(
  state: VenueState,
  account: SimAccount,
  market: SimMarket,
  request: OrderRequest,
): Refusal | null {
  const { instrument } = market;
  const position = positionOf(account, instrument.id).quantity;
  if (request.reduceOnly) {
    const reduces = request.side === 'buy' ? position.lt(zero) : position.gt(zero);
    return reduces ? null : refuse('reduce_only');
  }
  const worst = takeable(market, request.side, request.price, request.quantity).worstPrice;
  const price = request.price ?? worst ?? market.house.centre ?? zero;
  const needed = orderMargin(account, market, request.side, request.quantity, price);
  const { available } = marginSummary(state, account, instrument.quote);
  if (needed.gt(available)) return refuse('insufficient_margin', `${toText(needed)} > ${toText(available)}`);
  const signed = request.side === 'buy' ? request.quantity : request.quantity.neg();
  const after = position.plus(signed).abs();
  const notional = after.times(price);
  const tooLarge = bracketOf(instrument.brackets, notional).maximumLeverage < leverageOf(account, instrument.id);
  return tooLarge && after.gt(position.abs()) ? refuse('above_leverage_cap') : null;
}

/** Whether a post-only or fill-or-kill order must be killed on arrival. */
export function killReason(
  market: SimMarket,
  request: OrderRequest,
): 'post_only_would_take' | 'cannot_fill_at_once' | null {
  if (request.timeInForce === 'post_only') {
    const best = contraLevels(market, request.side)[0];
    return best !== undefined && crosses(request.side, request.price, best.price) ? 'post_only_would_take' : null;
  }
  if (request.timeInForce === 'fok') {
    const { quantity } = takeable(market, request.side, request.price, request.quantity);
    return quantity.lt(request.quantity) ? 'cannot_fill_at_once' : null;
  }
  return null;
}
