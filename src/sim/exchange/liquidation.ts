/**
 * What a venue does when a cross margin is used up: it cancels, closes, charges and makes good.
 *
 * The model. When the margin balance of a settle currency falls to the maintenance margin, the account's open orders in
 * its perpetuals are cancelled and all their positions closed at once, one after the other, at market. What the order
 * book cannot take, the house takes over at the bankruptcy price, the one at which the position's share of the margin
 * is gone; never at a better one than the mark. A fee goes to the insurance fund, as far as there is margin left for it.
 * If the wallet is below zero in the end, the fund fills it up. Exchanges also close in parts: not modelled.
 */
import type { Decimal } from '../../domain/decimal.ts';
import { ceilToStep, divide, floorToStep, maximum, minimum, roundTo, toText, zero } from '../../domain/decimal.ts';
import type { OrderSide } from '../../domain/order.ts';
import type { BookedType, OrderOrigin, SimEvent } from './events.ts';
import { balanceOf, heldBalance, marginLevel, marginOfPosition, positionOf } from './funds.ts';
import { markPriceOf } from './mark-price.ts';
import { fillOffBook, finish, matchIncoming } from './matching.ts';
import { moneyPlaces } from './position.ts';
import { usualLiquidationFeeRate } from './rules.ts';
import type { SimInstrument } from './instruments.ts';
import type { SimAccount, SimMarket, SimOrder } from './state.ts';
import { accountOf, marketOf, orderOf, remaining } from './state.ts';
import type { MatchingContext } from './matching-context.ts';

/** Checks every margin that a command's events may have lowered, also those that a liquidation lowers in its turn. */
export function settleMargins(context: MatchingContext, events: readonly SimEvent[]): void {
  const due = new Set(context.marksMoved ? context.state.accounts.values() : []);
  const traded = new Set<SimAccount>();
  context.fillLimit = null;
  for (let seen = 0; ;) {
    for (; seen < events.length; seen += 1) {
      const event = events[seen];
      if (event === undefined) break;
      for (const account of affectedBy(context, event)) due.add(account);
      if (event.kind !== 'order_filled') continue;
      const { account, instrument } = orderOf(context.state, event.orderId);
      if (instrument.kind === 'perpetual') traded.add(accountOf(context.state, account));
    }
    const [account] = due;
    if (account === undefined) return;
    due.delete(account);
    for (const currency of settleCurrencies(context, account)) {
      checkMargin(context, account, currency, traded.has(account));
    }
  }
}

function affectedBy({ state }: MatchingContext, event: SimEvent): Iterable<SimAccount> {
  switch (event.kind) {
    case 'order_filled':
      return [accountOf(state, orderOf(state, event.orderId).account)];
    case 'balance_adjusted':
    case 'income_booked':
      return [accountOf(state, event.account)];
    case 'funding_settled':
      return event.payments.map((payment) => accountOf(state, payment.account));
    case 'levels_set':
    case 'marks_set':
      return state.accounts.values();
    case 'account_opened':
    case 'order_opened':
    case 'order_done':
    case 'leverage_set':
    case 'funding_interval_set':
    case 'lending_set':
    case 'tape_stopped':
      return [];
  }
}

/** Those of the perpetuals that the account has traded. */
function settleCurrencies({ state }: MatchingContext, account: SimAccount): Set<string> {
  return new Set([...account.positions.keys()].map((id) => marketOf(state, id).instrument.quote));
}

function checkMargin(context: MatchingContext, account: SimAccount, currency: string, traded: boolean): void {
  const { marginBalance, maintenanceMargin, isOpen } = marginLevel(context.state, account, currency);
  if (!isOpen) {
    // Closed by its owner, at a loss beyond the wallet. Where the venue lends the coin, what is missing is owed.
    const isLent = context.rules.borrow?.hourlyRates[currency] !== undefined;
    if (traded && !isLent) coverShortfall(context, account, currency);
    return;
  }
  if (marginBalance.minus(heldBalance(context.state, account, currency)).lte(maintenanceMargin)) {
    cancelSpotBuys(context, account, currency);
  }
  if (marginBalance.gt(maintenanceMargin)) return;
  cancelPerpetualOrders(context, account, currency);
  for (const market of context.state.markets.values()) {
    if (market.instrument.quote === currency) closePosition(context, account, market);
  }
  coverShortfall(context, account, currency);
}

/** What spot orders hold cannot be margin as well: they go before a position does. */
function cancelSpotBuys(context: MatchingContext, account: SimAccount, currency: string): void {
  for (const order of account.openOrders) {
    const { kind, base, quote } = order.instrument;
    if (kind === 'spot' && (order.side === 'buy' ? quote : base) === currency)
      finish(context, order, 'cancelled', 'margin');
  }
}

function cancelPerpetualOrders(context: MatchingContext, account: SimAccount, currency: string): void {
  for (const order of account.openOrders) {
    const { kind, quote } = order.instrument;
    if (kind === 'perpetual' && quote === currency) finish(context, order, 'cancelled', 'liquidation');
  }
}

/** Liquidates one position on demand, whatever its margin. Null when there is none. */
export function forceLiquidation(context: MatchingContext, account: SimAccount, market: SimMarket): SimOrder | null {
  const { quote } = market.instrument;
  if (positionOf(account, market.instrument.id).quantity.eq(zero)) return null;
  context.fillLimit = null;
  cancelPerpetualOrders(context, account, quote);
  const order = closePosition(context, account, market);
  if (!marginLevel(context.state, account, quote).isOpen) coverShortfall(context, account, quote);
  return order;
}

/**
 * Takes base units off a position at the mark price (the next of the tick grid in the account's favour), with the house on the other side: what an exchange does to the
 * best-placed traders when nobody else takes a bankrupt position over. Null when there is no position.
 */
export function deleverage(
  context: MatchingContext,
  account: SimAccount,
  market: SimMarket,
  quantity: Decimal | null,
): SimOrder | null {
  const size = positionOf(account, market.instrument.id).quantity.abs();
  const mark = markPriceOf(market);
  if (size.eq(zero) || mark === null) return null;
  const order = openClosingOrder(context, account, market, 'adl', minimum(size, quantity ?? size));
  fillOffBook(context, order, remaining(order), onTick(market, order.side, mark));
  return order;
}

/** A venue's own step against positions. */
export interface Strike {
  readonly kind: 'deleverage' | 'liquidate';
  /** Of each position, for a deleveraging: rounded up to a step. */
  readonly fraction: Decimal;
  readonly hits: (account: string, instrument: SimInstrument) => boolean;
}

export function strike(context: MatchingContext, { kind, fraction, hits }: Strike): void {
  for (const account of context.state.accounts.values()) {
    for (const [id, { quantity }] of account.positions) {
      const market = marketOf(context.state, id);
      if (quantity.eq(zero) || !hits(account.name, market.instrument)) continue;
      const part = ceilToStep(quantity.abs().times(fraction), market.instrument.quantityStep);
      if (kind === 'liquidate') forceLiquidation(context, account, market);
      else if (part.gt(zero)) deleverage(context, account, market, part);
    }
  }
}

function closePosition(context: MatchingContext, account: SimAccount, market: SimMarket): SimOrder | null {
  const size = positionOf(account, market.instrument.id).quantity.abs();
  const bankruptcy = bankruptcyPrice(context, account, market);
  if (size.eq(zero) || bankruptcy === null) return null;
  const order = openClosingOrder(context, account, market, 'liquidation', size);
  matchIncoming(context, order);
  if (order.status === 'open') fillOffBook(context, order, remaining(order), bankruptcy);
  chargeFee(context, account, market, order.filledQuote);
  return order;
}

/**
 * Mark ∓ m / |quantity|, where m is the position's share of the margin balance, by maintenance margin: at most its own
 * maintenance margin (a liquidation on demand finds more), at least nothing. On the tick grid, in the account's favour.
 */
function bankruptcyPrice({ state }: MatchingContext, account: SimAccount, market: SimMarket): Decimal | null {
  const { quantity } = positionOf(account, market.instrument.id);
  const mark = markPriceOf(market);
  if (quantity.eq(zero) || mark === null) return null;
  const { marginBalance, maintenanceMargin } = marginLevel(state, account, market.instrument.quote);
  const own = marginOfPosition(account, market);
  const share = maintenanceMargin.eq(zero) ? zero : divide(marginBalance.times(own), maintenanceMargin);
  const each = divide(maximum(zero, minimum(own, share)), quantity.abs());
  return onTick(market, quantity.gt(zero) ? 'sell' : 'buy', quantity.gt(zero) ? mark.minus(each) : mark.plus(each));
}

/** The next price of the grid in favour of this side. */
function onTick({ instrument: { priceTick } }: SimMarket, side: OrderSide, price: Decimal): Decimal {
  return side === 'sell' ? ceilToStep(price, priceTick) : maximum(priceTick, floorToStep(price, priceTick));
}

function openClosingOrder(
  context: MatchingContext,
  account: SimAccount,
  market: SimMarket,
  origin: OrderOrigin,
  quantity: Decimal,
): SimOrder {
  const id = context.nextOrderId();
  const { quantity: position } = positionOf(account, market.instrument.id);
  context.emit({
    kind: 'order_opened',
    order: {
      id,
      clientOrderId: '',
      account: account.name,
      instrument: market.instrument.id,
      side: position.gt(zero) ? 'sell' : 'buy',
      type: 'market',
      timeInForce: 'ioc',
      price: null,
      quantity: toText(quantity),
      quantityUnit: 'base',
      reduceOnly: true,
      origin,
    },
  });
  return orderOf(context.state, id);
}

function chargeFee(context: MatchingContext, account: SimAccount, market: SimMarket, notional: Decimal): void {
  const { id, quote } = market.instrument;
  const rate = context.rules.liquidationFeeRate ?? usualLiquidationFeeRate;
  const { marginBalance } = marginLevel(context.state, account, quote);
  const left = roundTo(maximum(zero, marginBalance), moneyPlaces, 'down');
  const fee = minimum(left, roundTo(notional.times(rate), moneyPlaces, 'half_up'));
  book(context, 'LIQUIDATION_FEE', account, id, quote, fee.neg());
}

function coverShortfall(context: MatchingContext, account: SimAccount, currency: string): void {
  book(context, 'INSURANCE_CLEAR', account, '', currency, maximum(zero, balanceOf(account, currency).neg()));
}

function book(
  context: MatchingContext,
  type: BookedType,
  account: SimAccount,
  instrument: string,
  currency: string,
  amount: Decimal,
): void {
  if (amount.eq(zero)) return;
  context.emit({ kind: 'income_booked', type, account: account.name, instrument, currency, amount: toText(amount) });
}
