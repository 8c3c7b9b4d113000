/** Fills and plans for P&L tests. */
import type { VenueFill } from '../../src/domain/fill.ts';
import type { PnlInput } from '../../src/domain/pnl.ts';
import type { PositionPlan } from '../../src/domain/position.ts';
import { examplePlan } from './plans.ts';
import type { Direction } from '../../src/domain/direction.ts';

export type PnlFill = PnlInput['fills'][number];

let made = 0;

/** A fill of the example plan's leg: `fill('spot', 'buy', '10010', '1.0000', '10 USDC')`. */
export function fill(
  leg: 'spot' | 'perp',
  side: VenueFill['side'],
  quantityBase: string,
  price: string,
  fee: `${string} ${string}`,
  executedAtMs = 0,
  positionKey = 'one',
): PnlFill {
  made += 1;
  const [amount = '', feeCurrency = ''] = fee.split(' ');
  return {
    account: leg === 'spot' ? 'bybit' : 'binance',
    positionKey,
    symbol: leg === 'spot' ? 'USDC/USDT' : 'USDC/USDT:USDT',
    venueOrderId: `order-${made}`,
    tradeId: `trade-${made}`,
    side,
    price,
    quantityBase,
    fee: amount,
    feeCurrency,
    role: 'taker',
    executedAtMs,
  };
}

export function planOf(direction: Direction, spotReferencePrice: string, perpReferencePrice: string): PositionPlan {
  return examplePlan({ key: 'one', direction, spotReferencePrice, perpReferencePrice });
}

export function inputOf(plan: PositionPlan, fills: readonly PnlFill[], rest: Partial<PnlInput> = {}): PnlInput {
  const accountFills = fills.filter(({ account }) => account === 'binance');
  return { plan, fills, accountFills, funding: [], besidePerpBase: '0', closePrices: null, ...rest };
}

export function payment(amount: string, settledAtMs: number): PnlInput['funding'][number] {
  return { paymentId: `at-${settledAtMs}`, symbol: 'USDC/USDT:USDT', amount, currency: 'USDT', settledAtMs };
}
