/** What a venue pays and collects by the clock: funding. */
import type { Decimal } from '../../domain/decimal.ts';
import { decimal, divide, one, roundTo, toText, zero } from '../../domain/decimal.ts';
import type { OrderFilled } from './events.ts';
import { lastSettlementMs, nextSettlementMs } from './funding.ts';
import { positionOf } from './funds.ts';
import { markPriceOf } from './mark-price.ts';
import { moneyPlaces } from './position.ts';
import type { SimMarket, SimOrder, SimPosition } from './state.ts';
import { accountOf, marketOf } from './state.ts';
import type { MatchingContext } from './matching-context.ts';

const partPlaces = 12;

/** Payment = −(signed quantity) · mark price · rate, rounded; nothing is recorded when nobody holds a position. */
export function settleFunding(context: MatchingContext, market: SimMarket, rate: Decimal): void {
  const markPrice = markPriceOf(market);
  if (markPrice === null) return;
  const payments = [];
  for (const account of context.state.accounts.values()) {
    const position = positionOf(account, market.instrument.id);
    if (position.quantity.eq(zero)) continue;
    const part = context.rules.fundingOnTrades === true ? accruedPart(context, market, position) : one;
    const amount = paymentOf(position, markPrice, rate.times(part));
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

/** What a fill realises of the position before it, where the venue's trades do. */
export function accruedFunding(context: MatchingContext, order: SimOrder): Pick<OrderFilled, 'funding'> {
  if (context.rules.fundingOnTrades !== true || order.instrument.kind === 'spot') return {};
  const market = marketOf(context.state, order.instrument.id);
  const position = positionOf(accountOf(context.state, order.account), order.instrument.id);
  const series = context.fundingSeriesOf(market);
  const markPrice = markPriceOf(market);
  if (series === null || markPrice === null || position.quantity.eq(zero)) return {};
  const rate = series.rateAt(nextSettlementMs(series, position.fundedToMs));
  const amount = paymentOf(position, markPrice, rate.times(accruedPart(context, market, position)));
  if (amount.eq(zero)) return {};
  return { funding: { amount: toText(amount), rate: toText(rate), markPrice: toText(markPrice) } };
}

function paymentOf({ quantity }: SimPosition, markPrice: Decimal, rate: Decimal): Decimal {
  return roundTo(quantity.neg().times(markPrice).times(rate), moneyPlaces, 'half_up');
}

/** Of the interval that it is paid for next: what has passed since it was paid. */
function accruedPart({ atMs, fundingSeriesOf }: MatchingContext, market: SimMarket, position: SimPosition): Decimal {
  const series = fundingSeriesOf(market);
  if (series === null) return zero;
  const endMs = nextSettlementMs(series, position.fundedToMs);
  const startMs = lastSettlementMs(series, endMs - 1);
  const elapsedMs = Math.min(atMs, endMs) - Math.max(startMs, position.fundedToMs);
  return divide(decimal(String(elapsedMs)), decimal(String(endMs - startMs)), partPlaces);
}
