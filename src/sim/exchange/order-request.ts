/** What a client asks for, in the same words for every protocol. */
import type { Decimal } from '../../domain/decimal.ts';
import type { OrderSide } from '../../domain/order.ts';
import type { OrderType, TimeInForce } from './events.ts';

export interface OrderRequest {
  readonly instrument: string;
  readonly clientOrderId: string;
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly price: Decimal | null;
  readonly quantity: Decimal;
  readonly quantityUnit: 'base' | 'quote';
  readonly reduceOnly: boolean;
  /** Spot: where the fee is charged; absent: as the venue does. */
  readonly feeIn?: 'base' | 'quote';
  /** Spot: may be paid with what the account does not have. */
  readonly borrow?: boolean;
}
