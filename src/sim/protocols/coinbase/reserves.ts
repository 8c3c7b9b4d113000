/** Fees are paid in quote on top of the price, so a buy needs, and holds, its cost with the taker's fee on it. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, roundTo, sum, zero } from '../../../domain/decimal.ts';
import type { Exchange } from '../../exchange.ts';
import { freeBalance, heldBalance } from '../../funds.ts';
import { takeable } from '../../matching.ts';
import { moneyPlaces } from '../../position.ts';
import type { SimMarket, SimOrder } from '../../state.ts';
import { accountOf, remaining } from '../../state.ts';
import type { OrderTerms } from './order-configuration.ts';

const feeUnit = decimal('0.0001');

/** Of a cost in quote, rounded up so that it never falls short. */
function feeReserve(cost: Decimal, takerBps: Decimal): Decimal {
  return roundTo(cost.times(takerBps).times(feeUnit), moneyPlaces, 'up');
}

/** In quote with the fee for a buy, in base for a sell; zero when nothing rests. */
export function heldBy(order: SimOrder, takerBps: Decimal): Decimal {
  if (order.status !== 'open' || order.price === null) return zero;
  if (order.side === 'sell') return remaining(order);
  const cost = remaining(order).times(order.price);
  return cost.plus(feeReserve(cost, takerBps));
}

export interface WalletFunds {
  readonly available: Decimal;
  readonly hold: Decimal;
}

export function walletFunds(exchange: Exchange, name: string, currency: string): WalletFunds {
  const account = accountOf(exchange.state, name);
  const { takerBps } = exchange.feesOf(name, 'spot');
  const buys = [...account.openOrders].filter(
    ({ side, instrument }) => side === 'buy' && instrument.quote === currency,
  );
  const fees = sum(buys.map((order) => feeReserve(remaining(order).times(order.price ?? zero), takerBps)));
  return {
    available: freeBalance(exchange.state, account, currency).minus(fees),
    hold: heldBalance(account, currency).plus(fees),
  };
}

/** Whether a buy's cost with its fee is more than is available; an amount to spend holds its fee. */
export function lacksFee(
  exchange: Exchange,
  name: string,
  market: SimMarket,
  side: string,
  terms: OrderTerms,
): boolean {
  if (side !== 'buy') return false;
  const { price, quantity } = terms;
  const { available } = walletFunds(exchange, name, market.instrument.quote);
  if (terms.quantityUnit === 'quote') return quantity.gt(available);
  const cost = price === null ? takeable(market, 'buy', null, quantity).cost : quantity.times(price);
  const { takerBps } = exchange.feesOf(name, 'spot');
  return cost.plus(feeReserve(cost, takerBps)).gt(available);
}
