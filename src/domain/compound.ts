/**
 * Fractional powers, for compounding a return over a year.
 *
 * Worked out in decimals rather than with `Math.pow`, whose last digits may differ between machines: an entry that
 * hangs on them must be decided the same way on every replay. Good to 20 significant digits for bases between 1e-6 and 1e6.
 */
import { decimal, divide, one, roundTo, zero, type Decimal } from './decimal.ts';

const workingPlaces = 30;
const two = decimal('2');
const half = decimal('0.5');
const negligible = decimal('1e-30');

/** `base` to the power `exponent`, to 24 places. @throws RangeError unless the base is positive. */
export function power(base: Decimal, exponent: Decimal): Decimal {
  if (base.lte(zero)) throw new RangeError(`a fractional power needs a positive base, not ${base.toFixed()}`);
  return roundTo(exponential(round(exponent.times(naturalLogarithm(base)))), 24, 'half_even');
}

/** (1 + r)^n − 1: a return compounded `periods` times; a loss of everything stays a loss of everything. */
export function compounded(periodReturn: Decimal, periods: Decimal): Decimal {
  const growth = one.plus(periodReturn);
  return growth.lte(zero) ? zero.minus(one) : power(growth, periods).minus(one);
}

/** ln x = 2·(z + z³/3 + z⁵/5 + …), z = (x − 1)/(x + 1), after bringing x near 1 by halving or doubling it. */
function naturalLogarithm(value: Decimal): Decimal {
  const upper = decimal('1.5');
  const lower = decimal('0.75');
  let near = value;
  let halvings = 0;
  for (; near.gt(upper); halvings += 1) near = round(near.times(half));
  for (; near.lt(lower); halvings -= 1) near = near.times(two);
  const logarithm = logarithmNearOne(near);
  return halvings === 0 ? logarithm : logarithm.plus(logarithmNearOne(two).times(decimal(String(halvings))));
}

function logarithmNearOne(value: Decimal): Decimal {
  const z = divide(value.minus(one), value.plus(one), workingPlaces);
  const square = round(z.times(z));
  let odd = z;
  let total = z;
  for (let divisor = 3; odd.abs().gt(negligible); divisor += 2) {
    odd = round(odd.times(square));
    total = total.plus(divide(odd, decimal(String(divisor)), workingPlaces));
  }
  return total.times(two);
}

/** Taylor's series of a small exponent, squared back up. */
function exponential(value: Decimal): Decimal {
  let small = value;
  let squarings = 0;
  for (; small.abs().gt(half); squarings += 1) small = round(small.times(half));
  let term = one;
  let total = one;
  for (let order = 1; term.abs().gt(negligible); order += 1) {
    term = divide(term.times(small), decimal(String(order)), workingPlaces);
    total = total.plus(term);
  }
  for (; squarings > 0; squarings -= 1) total = round(total.times(total));
  return total;
}

function round(value: Decimal): Decimal {
  return roundTo(value, workingPlaces, 'half_even');
}
