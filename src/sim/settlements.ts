/** What a venue pays and collects by the clock: funding. */
import type { Decimal } from '../domain/decimal.ts';
import { roundTo, toText, zero } from '../domain/decimal.ts';
import { positionOf } from './funds.ts';
import { markPriceOf } from './mark-price.ts';
import type { MatchingContext } from './matching.ts';
import { moneyPlaces } from './position.ts';
import type { SimMarket } from './state.ts';

/** Payment = −(signed quantity) · mark price · rate, rounded; nothing is recorded when nobody holds a position. */
export function settleFunding(context: MatchingContext, market: SimMarket, rate: Decimal): void {
  const markPrice = markPriceOf(market);
  if (markPrice === null) return;
  const payments = [];
  for (const account of context.state.accounts.values()) {
    const { quantity } = positionOf(account, market.instrument.id);
    if (quantity.eq(zero)) continue;
    const amount = roundTo(quantity.neg().times(markPrice).times(rate), moneyPlaces, 'half_up');
    payments.push({
      account: account.name,
      paymentId: String(context.state.incomeCount + payments.length + 1),
      amount: toText(amount),
    });
  }
  if (payments.length === 0) return;
  context.emit({
    kind: 'funding_settled',
    instrument: market.instrument.id,
    rate: toText(rate),
    markPrice: toText(markPrice),
    payments,
  });
}
