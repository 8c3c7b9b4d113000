/** How far apart two legs may be: what no venue would take an order for is dust. */
import { decimal, divide, maximum, one, type Decimal } from '../../../src/domain/decimal.ts';
import { coarserLot } from '../../../src/domain/execution/quantity.ts';
import type { PositionPlan } from '../../../src/domain/position.ts';

/** No price of a round is lower. */
const lowestPrice = decimal('0.98');

/** The coarser lot, or the smallest order that both venues take, in base units. */
export function leastOrder(plan: PositionPlan): Decimal {
  const minimums = [plan.spot, plan.perp].map(({ instrument }) =>
    maximum(decimal(instrument.minimumQuantity), divide(decimal(instrument.minimumNotional), lowestPrice)),
  );
  return maximum(coarserLot(plan.spot, plan.perp), ...minimums).plus(one);
}
