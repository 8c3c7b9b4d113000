/** Where a position stands in the queue of auto-deleveraging: the most profitable and most leveraged go first. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, divide, zero } from '../../../domain/decimal.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { leverageOf, positionOf } from '../../exchange/funds.ts';
import { unrealised } from '../../exchange/position.ts';
import type { SimAccount, SimMarket } from '../../exchange/state.ts';

const lights = 5;

/** 0 (last, or flat) to 4 (first): the fifth of the positions of its side that it lies in. */
export function adlQuantile(exchange: Exchange, account: SimAccount, market: SimMarket): number {
  const mine = positionOf(account, market.instrument.id).quantity;
  if (mine.eq(zero)) return 0;
  const scores: Decimal[] = [];
  for (const other of exchange.state.accounts.values()) {
    const { quantity } = positionOf(other, market.instrument.id);
    if (!quantity.eq(zero) && quantity.gt(zero) === mine.gt(zero)) scores.push(scoreOf(exchange, other, market));
  }
  const score = scoreOf(exchange, account, market);
  const behind = scores.filter((other) => other.lt(score)).length;
  return Math.floor((lights * behind) / scores.length);
}

/** Return on the entry times leverage for a profit, divided by it for a loss. */
function scoreOf(exchange: Exchange, account: SimAccount, market: SimMarket): Decimal {
  const { quantity, entryNotional } = positionOf(account, market.instrument.id);
  const mark = exchange.markPrice(market) ?? zero;
  if (entryNotional.eq(zero)) return zero;
  const fraction = divide(unrealised(quantity, entryNotional, mark), entryNotional.abs());
  const leverage = decimal(String(leverageOf(account, market.instrument.id)));
  return fraction.gt(zero) ? fraction.times(leverage) : divide(fraction, leverage);
}
