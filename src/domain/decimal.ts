/**
 * Exact decimals for money, quantities and prices.
 *
 * big.js in strict mode: it refuses JavaScript numbers, so a float cannot slip into a sum by accident.
 * Addition, subtraction and multiplication are exact; division names its places and its rounding.
 * A decimal crosses a payload, a file or a table as `DecimalText`, plain notation without an exponent.
 */
import Big from 'big.js';

const Exact = Big();
Exact.strict = true;
Exact.NE = -1_000_000;
Exact.PE = 1_000_000;

export type Decimal = Big;

/** A decimal as plain text, such as `-12.50`: what payloads, tables and the wire carry. */
export type DecimalText = string;

export type Rounding = 'down' | 'up' | 'half_up' | 'half_even';

const roundingModes = { down: 0, half_up: 1, half_even: 2, up: 3 } as const;

/** @throws RangeError when the text is not a decimal in plain notation. */
export function decimal(text: DecimalText): Decimal {
  if (typeof text !== 'string' || !/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
    throw new RangeError(`not a decimal: ${JSON.stringify(text)}; write it like 1234.5678`);
  }
  return new Exact(text);
}

export const zero: Decimal = decimal('0');
export const one: Decimal = decimal('1');

/** Plain notation, without trailing zeros. */
export function toText(value: Decimal): DecimalText {
  const text = value.toFixed();
  return text === '-0' ? '0' : text;
}

/** Rounding `down` and `up` are towards and away from zero. */
export function roundTo(value: Decimal, places: number, rounding: Rounding): Decimal {
  return value.round(places, roundingModes[rounding]);
}

/** `dividend / divisor` to `places` decimal places. @throws RangeError when the divisor is zero. */
export function divide(dividend: Decimal, divisor: Decimal, places = 24, rounding: Rounding = 'half_even'): Decimal {
  if (divisor.eq(zero)) throw new RangeError('division by zero');
  // big.js takes both from the constructor; nothing else runs in between. A constructor for each division is slow.
  const { DP, RM } = Exact;
  Exact.DP = places;
  Exact.RM = roundingModes[rounding];
  try {
    return dividend.div(divisor);
  } finally {
    Exact.DP = DP;
    Exact.RM = RM;
  }
}

/** The largest multiple of `step` that is not greater than `value`. */
export function floorToStep(value: Decimal, step: Decimal): Decimal {
  const count = divide(value, step, 0, 'down');
  const floored = count.times(step);
  return floored.gt(value) ? floored.minus(step) : floored;
}

/** The smallest multiple of `step` that is not less than `value`. */
export function ceilToStep(value: Decimal, step: Decimal): Decimal {
  const floored = floorToStep(value, step);
  return floored.eq(value) ? floored : floored.plus(step);
}

export function minimum(first: Decimal, ...others: Decimal[]): Decimal {
  return others.reduce((least, value) => (value.lt(least) ? value : least), first);
}

export function maximum(first: Decimal, ...others: Decimal[]): Decimal {
  return others.reduce((most, value) => (value.gt(most) ? value : most), first);
}

export function sum(values: Iterable<Decimal>): Decimal {
  let total = zero;
  for (const value of values) total = total.plus(value);
  return total;
}

/** The one place where a decimal becomes a float: for statistics, ranking and display only, never for money. */
export function approximate(value: Decimal): number {
  return Number(value.toFixed());
}

/** A decimal from a float that an exchange library insists on (order book levels): its shortest exact text. */
export function decimalFromFloat(value: number): Decimal {
  if (!Number.isFinite(value)) throw new RangeError(`not a finite number: ${value}`);
  return decimal(String(value));
}
