/** What accounts held before any position, as their baselines declare it. None of it is a position's. */
import { decimal, maximum, zero, type Decimal, type DecimalText } from '../decimal.ts';

export interface Declared {
  readonly account: string;
  /** Net of what is owed: below zero is a debt. */
  readonly balances: readonly { readonly currency: string; readonly total: DecimalText }[];
  /** Signed base units. */
  readonly positions: readonly { readonly symbol: string; readonly quantityBase: DecimalText }[];
}

/** Signed base units; zero for an account that has declared nothing. */
export function declaredPerpetual(declared: readonly Declared[], account: string, symbol: string): Decimal {
  const positions = declared.find((one) => one.account === account)?.positions ?? [];
  return decimal(positions.find((position) => position.symbol === symbol)?.quantityBase ?? '0');
}

/** What the account owed of the coin; zero where it owed nothing. */
export function declaredDebt(declared: readonly Declared[], account: string, coin: string): Decimal {
  return debtIn(declared.find((one) => one.account === account)?.balances ?? [], coin);
}

/** @param balances net of what is owed */
export function debtIn(balances: Declared['balances'], coin: string): Decimal {
  const total = balances.find(({ currency }) => currency === coin)?.total ?? '0';
  return maximum(zero, zero.minus(decimal(total)));
}
