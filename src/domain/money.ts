/** Amounts with their currency, and what they are worth in USD at stored prices. */
import { decimal, type Decimal, type DecimalText } from './decimal.ts';

export interface Money {
  readonly amount: DecimalText;
  readonly currency: string;
}

/** USD per unit of a coin, when the position opened and when it closed. */
export interface UsdPrice {
  readonly open: DecimalText;
  readonly close: DecimalText;
}

export type UsdPrices = Readonly<Record<string, UsdPrice>>;

/** A dollar each: the view that is taken of the quote coins where no prices are given. */
export const dollarPar: UsdPrices = {
  USD: { open: '1', close: '1' },
  USDT: { open: '1', close: '1' },
  USDC: { open: '1', close: '1' },
};

/** Null when no price of the coin is given: its value is then unknown, not zero. */
export function knownUsdPrice(prices: UsdPrices, currency: string, at: 'open' | 'close'): Decimal | null {
  const price = Object.hasOwn(prices, currency) ? prices[currency] : undefined;
  return price === undefined ? null : decimal(price[at]);
}

/** @throws RangeError when no price of the coin is given */
export function usdPrice(prices: UsdPrices, currency: string, at: 'open' | 'close'): Decimal {
  const price = knownUsdPrice(prices, currency, at);
  if (price === null) throw new RangeError(`no USD price of ${currency}`);
  return price;
}
