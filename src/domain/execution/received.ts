/** What an order's fills came to: the size, the average price, and the change of the base holding. */
import { decimal, divide, sum, toText, zero, type Decimal, type DecimalText } from '../decimal.ts';
import { feeAtRate, type FeeRates } from '../fees.ts';
import type { VenueFill } from '../fill.ts';
import { isPerpetual } from '../instrument.ts';

/** Base units filled, unsigned. */
export function filledBase(fills: readonly VenueFill[]): Decimal {
  return sum(fills.map((fill) => decimal(fill.quantityBase)));
}

/**
 * Signed change of the base holding: buys positive, net of fees that were taken in the base coin. Of a perpetual they come
 * out of the wallet: contracts are no coins.
 */
export function receivedBase(fills: readonly VenueFill[], baseCurrency: string): Decimal {
  return sum(
    fills.map((fill) => {
      const isTaken = fill.feeCurrency === baseCurrency && !isPerpetual(fill.symbol);
      const fee = isTaken ? decimal(fill.fee) : zero;
      const quantity = decimal(fill.quantityBase);
      return (fill.side === 'buy' ? quantity : zero.minus(quantity)).minus(fee);
    }),
  );
}

/**
 * Fees of the fills in the quote currency; those taken in the base coin are valued at the price of their fill.
 * @param quoteCurrency the coin that the instrument is quoted or settled in
 * @param rates of the account, by which a fee in a third coin, such as an exchange's own, is valued; without them it is
 * left out
 */
export function feesInQuote(
  fills: readonly VenueFill[],
  baseCurrency: string,
  quoteCurrency: string,
  rates?: FeeRates,
): Decimal {
  return sum(
    fills.map((fill) => {
      const { fee, feeCurrency, price } = fill;
      if (feeCurrency === baseCurrency) return decimal(fee).times(decimal(price));
      if (feeCurrency === quoteCurrency) return decimal(fee);
      return rates === undefined ? zero : feeAtRate(rates, fill);
    }),
  );
}

/** What the fills of one order came to. */
export interface FilledOrder {
  /** Unsigned. */
  readonly filledBase: DecimalText;
  /** Signed change of the base holding, of spot net of fees in the base coin: buys positive. */
  readonly receivedBase: DecimalText;
  readonly averagePrice: DecimalText | null;
  /** Fees in the quote currency; those taken in the base coin at the price of their fill, those in a third coin at the account's rate. */
  readonly feesQuote: DecimalText;
  /** Market time of the first fill; null without fills. */
  readonly firstFillAtMs: number | null;
}

/** Of an order that came to nothing. */
export const noFills: FilledOrder = {
  filledBase: '0',
  receivedBase: '0',
  averagePrice: null,
  feesQuote: '0',
  firstFillAtMs: null,
};

/** @param quoteCurrency of a spot pair its quote coin, of a perpetual its settle coin */
export function filledOrder(
  fills: readonly VenueFill[],
  baseCurrency: string,
  quoteCurrency: string,
  rates?: FeeRates,
): FilledOrder {
  return {
    filledBase: toText(filledBase(fills)),
    receivedBase: toText(receivedBase(fills, baseCurrency)),
    averagePrice: averagePrice(fills),
    feesQuote: toText(feesInQuote(fills, baseCurrency, quoteCurrency, rates)),
    firstFillAtMs: fills.length === 0 ? null : Math.min(...fills.map((fill) => fill.executedAtMs)),
  };
}

/** Volume-weighted, to 12 places; null without fills. */
export function averagePrice(fills: readonly VenueFill[]): DecimalText | null {
  const quantity = filledBase(fills);
  if (quantity.eq(zero)) return null;
  const cost = sum(fills.map((fill) => decimal(fill.price).times(decimal(fill.quantityBase))));
  return toText(divide(cost, quantity, 12));
}
