/** What coins are worth in dollars. */
import type { Decimal } from '../../../domain/decimal.ts';
import { one, zero } from '../../../domain/decimal.ts';
import type { ProtocolContext } from '../protocol.ts';

/** USDT counts as one dollar, other coins as what they cost in USDT; zero when nothing here is priced in them. */
export function usdPrice(context: ProtocolContext, currency: string): Decimal {
  if (currency === 'USDT') return one;
  for (const market of context.exchange.state.markets.values()) {
    if (market.instrument.base === currency) return context.exchange.indexPrice(market) ?? zero;
  }
  return zero;
}
