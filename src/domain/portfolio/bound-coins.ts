/**
 * Coins that open positions need for their close: the venue calls them free, and no other position may have them. Pure.
 *
 * A long sells what its spot leg bought. A short buys back what it sold: that takes quote coins, at its close's slippage
 * cap and with the fee, since a venue wants the whole of an order at its limit price.
 */
import { decimal, maximum, minimum, sum, toText, zero, type Decimal, type DecimalText } from '../decimal.ts';
import { takerFee } from '../fees.ts';
import { slippageBound } from '../limit-price.ts';
import type { PositionPlan } from '../position.ts';

/** What the spot leg of a position holds. */
export interface SpotHolding extends Pick<
  PositionPlan,
  'direction' | 'spot' | 'spotReferencePrice' | 'maxCloseSlippageBps'
> {
  /** Signed base units: bought positive, net of fees in the coin and of what was sold for good. */
  readonly spotBase: DecimalText;
  /** Whether what a short sold was lent. */
  readonly borrows: boolean;
}

export interface BoundCoin {
  readonly account: string;
  readonly currency: string;
  readonly amount: DecimalText;
  /** To pay a loan back: an account's reading calls nothing free that its worth does not cover after its debts. */
  readonly isLent: boolean;
}

export function boundCoins(holdings: readonly SpotHolding[]): BoundCoin[] {
  return holdings.map(boundBy).filter(({ amount }) => decimal(amount).gt(zero));
}

function boundBy(holding: SpotHolding): BoundCoin {
  const { direction, spot, borrows } = holding;
  const { account, instrument } = spot;
  const held = decimal(holding.spotBase);
  if (direction === 'long_spot_short_perp') {
    return { account, currency: instrument.base, amount: toText(maximum(zero, held)), isLent: false };
  }
  const sold = maximum(zero, zero.minus(held));
  const price = slippageBound('buy', decimal(holding.spotReferencePrice), decimal(holding.maxCloseSlippageBps));
  const cost = sold.times(price).plus(takerFee(spot, 'buy', sold, price));
  return { account, currency: instrument.quote, amount: toText(cost), isLent: borrows };
}

export interface ReadBalance {
  readonly currency: string;
  readonly total: DecimalText;
  readonly free: DecimalText;
}

/** What of a balance no position needs; below zero where they need more than there is. */
export function unbound(account: string, balance: ReadBalance, bound: readonly BoundCoin[]): Decimal {
  const ofBalance = bound.filter((one) => one.account === account && one.currency === balance.currency);
  const own = sum(ofBalance.filter(({ isLent }) => !isLent).map(({ amount }) => decimal(amount)));
  const lent = sum(ofBalance.filter(({ isLent }) => isLent).map(({ amount }) => decimal(amount)));
  const free = decimal(balance.free).minus(own);
  // What was sold on a loan is left out of what is free already, as long as the account's worth is in its quote coin.
  return lent.eq(zero) ? free : minimum(free, decimal(balance.total).minus(own).minus(lent));
}

/** An account's latest reading. */
export interface ReadCoins {
  readonly account: string;
  readonly balances: readonly ReadBalance[];
  /** In the settle coin; null on a spot account. */
  readonly freeMargin: DecimalText | null;
}

export interface FreeCoins {
  /** As the venue shows it. Margin counts only for the settle coin, and never for more than the balance. */
  readonly free: Decimal;
  readonly bound: Decimal;
}

/** @param settle what the perpetual that is asked for settles in */
export function freeCoins(
  { account, balances, freeMargin }: ReadCoins,
  currency: string,
  settle: string,
  bound: readonly BoundCoin[],
): FreeCoins {
  const balance = balances.find((one) => one.currency === currency) ?? { currency, total: '0', free: '0' };
  const shown = decimal(balance.free);
  return {
    free: freeMargin !== null && currency === settle ? minimum(shown, decimal(freeMargin)) : shown,
    bound: shown.minus(unbound(account, balance, bound)),
  };
}
