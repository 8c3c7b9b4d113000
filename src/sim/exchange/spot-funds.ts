/** What a spot order takes from its account. A fee in the coin that the order spends comes on top of it. */
import type { Decimal } from '../../domain/decimal.ts';
import { decimal, maximum, roundTo, zero } from '../../domain/decimal.ts';
import type { OrderSide } from '../../domain/order.ts';
import type { OrderType } from './events.ts';
import { moneyPlaces } from './position.ts';
import type { VenueRules } from './rules.ts';
import type { SimOrder, VenueState } from './state.ts';
import { remaining } from './state.ts';

const feeUnit = decimal('0.0001');

interface FeeTerms {
  readonly side: OrderSide;
  readonly type: OrderType;
  /** Absent or null: as the venue charges. */
  readonly feeIn?: 'base' | 'quote' | null;
}

/** Whether the fee of a spot order is charged in the base coin. */
export function feeIsInBase({ spotFee }: VenueRules, { side, feeIn = null }: FeeTerms): boolean {
  return feeIn === null ? spotFee === 'received' && side === 'buy' : feeIn === 'base';
}

/** Whether the fee is charged in the coin that the order spends. */
export function feeIsOnTop(rules: VenueRules, terms: FeeTerms): boolean {
  return feeIsInBase(rules, terms) === (terms.side === 'sell');
}

/** What the fee on so much may come to, not rounded. What may rest may pay either of the account's rates. */
export function feeOnTop({ rules, feesOf }: VenueState, account: string, terms: FeeTerms, spent: Decimal): Decimal {
  if (!feeIsOnTop(rules, terms)) return zero;
  const { makerBps, takerBps } = feesOf(account, 'spot');
  return spent.times(terms.type === 'market' ? takerBps : maximum(makerBps, takerBps)).times(feeUnit);
}

/**
 * What an open spot order holds of the coin that it spends: what is left of a sell, or its price times what is left of a
 * buy, with the fee, rounded up, where that is on top. Nothing without a price.
 */
export function heldByOrder(state: VenueState, order: SimOrder): Decimal {
  if (order.status !== 'open' || (order.side === 'buy' && order.price === null)) return zero;
  const spent = order.side === 'sell' ? remaining(order) : remaining(order).times(order.price ?? zero);
  return spent.plus(roundTo(feeOnTop(state, order.account, order, spent), moneyPlaces, 'up'));
}
