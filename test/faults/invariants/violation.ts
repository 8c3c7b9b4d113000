/** What the harness finds, and the words that its checks share. */
import { decimal, zero, type Decimal, type DecimalText } from '../../../src/domain/decimal.ts';
import type { OrderSide } from '../../../src/domain/order.ts';

export interface Violation {
  /** Number of the invariant in the design; 0: it never came to an end. */
  readonly invariant: number;
  readonly positionKey: string | null;
  readonly detail: string;
}

export function violation(invariant: number, positionKey: string | null, detail: string): Violation {
  return { invariant, positionKey, detail };
}

/** Buys positive. */
export function signed(side: OrderSide, quantity: DecimalText): Decimal {
  return side === 'buy' ? decimal(quantity) : zero.minus(decimal(quantity));
}
