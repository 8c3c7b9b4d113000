/** `order_configuration`: which kind of order, under a key of its own, both ways. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, divide, one, roundTo, toText } from '../../../domain/decimal.ts';
import type { OrderSide } from '../../../domain/order.ts';
import type { OrderType, TimeInForce } from '../../exchange/events.ts';
import { isObject, isPlainNumber } from '../../json.ts';
import type { SimOrder } from '../../exchange/state.ts';
import { flagField, refuseUnknown, textField } from './call.ts';
import type { OrderFailure } from './errors.ts';
import { failure, malformed } from './errors.ts';

export interface OrderTerms {
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly price: Decimal | null;
  /** As the client named it: of a market buy by amount, with the fee in it. */
  readonly quantity: Decimal;
  readonly quantityUnit: 'base' | 'quote';
}

export type ParsedTerms =
  { readonly kind: 'terms'; readonly terms: OrderTerms } | { readonly kind: 'failure'; readonly failure: OrderFailure };

const kinds = new Map<string, { readonly type: OrderType; readonly timeInForce: TimeInForce }>([
  ['limit_limit_gtc', { type: 'limit', timeInForce: 'gtc' }],
  ['sor_limit_ioc', { type: 'limit', timeInForce: 'ioc' }],
  ['limit_limit_fok', { type: 'limit', timeInForce: 'fok' }],
  ['market_market_ioc', { type: 'market', timeInForce: 'ioc' }],
]);
const fields = ['base_size', 'quote_size', 'limit_price', 'post_only', 'rfq_disabled'];

function unsupported(message: string): ParsedTerms {
  return { kind: 'failure', failure: failure('UNSUPPORTED_ORDER_CONFIGURATION', message) };
}

/** @throws CoinbaseError 400 when a field has the wrong type or is unknown */
export function parseTerms(configuration: unknown, side: OrderSide): ParsedTerms {
  if (!isObject(configuration)) throw malformed('(line 1:1): unexpected token: order_configuration');
  const [[name, detail] = ['', undefined], ...others] = Object.entries(configuration);
  const kind = kinds.get(name);
  if (kind === undefined || others.length > 0) return unsupported('The order configuration was invalid');
  if (!isObject(detail)) throw malformed(`(line 1:1): unexpected token: ${name}`);
  refuseUnknown(detail, fields);
  const base = textField(detail, 'base_size');
  const quote = textField(detail, 'quote_size');
  const price = textField(detail, 'limit_price');
  const postOnly = flagField(detail, 'post_only');
  const size = base === '' ? quote : base;
  if ((base === '') === (quote === '')) return unsupported('Orders must name either a base size or a quote size');
  if (quote !== '' && kind.type === 'limit') return unsupported('Limit orders must be parameterized in base');
  if (quote !== '' && side === 'sell') return unsupported('Market sells must be parameterized in base');
  if (!isPlainNumber(size)) return unsupported('The order size was invalid');
  if (kind.type === 'limit' && !isPlainNumber(price)) return unsupported('The limit price was invalid');
  return {
    kind: 'terms',
    terms: {
      type: kind.type,
      timeInForce: postOnly && name === 'limit_limit_gtc' ? 'post_only' : kind.timeInForce,
      price: kind.type === 'limit' ? decimal(price) : null,
      quantity: decimal(size),
      quantityUnit: quote === '' ? 'base' : 'quote',
    },
  };
}

const feeUnit = decimal('0.0001');
/** Enough that an amount comes back whole when its fee is put back. */
const spendPlaces = 16;

/** What a market buy of an amount may spend on the coin: the amount holds the fee too. */
export function spendable(amount: Decimal, takerBps: Decimal): Decimal {
  return divide(amount, one.plus(takerBps.times(feeUnit)), spendPlaces, 'down');
}

/** The amount that `spendable` was given. */
function amountOf(order: SimOrder, takerBps: Decimal): Decimal {
  return roundTo(order.quantity.times(one.plus(takerBps.times(feeUnit))), 8, 'half_up');
}

/** The configuration of an order as its own queries show it. */
export function configurationView(order: SimOrder, takerBps: Decimal): Record<string, unknown> {
  if (order.type === 'market') {
    return {
      market_market_ioc:
        order.quantityUnit === 'quote'
          ? { quote_size: toText(amountOf(order, takerBps)) }
          : { base_size: toText(order.quantity) },
    };
  }
  const terms = { base_size: toText(order.quantity), limit_price: toText(order.price ?? order.quantity) };
  switch (order.timeInForce) {
    case 'ioc':
      return { sor_limit_ioc: terms };
    case 'fok':
      return { limit_limit_fok: terms };
    case 'gtc':
    case 'post_only':
      return { limit_limit_gtc: { ...terms, post_only: order.timeInForce === 'post_only' } };
  }
}
