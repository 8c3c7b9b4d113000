/** How far a short opens from its liquidation, on an account that holds its margin and no more. */
import { decimal, divide, maximum, one, zero, type Decimal } from '../decimal.ts';

/** Exchanges have their own, by contract and size; this one covers most of what is traded here. */
export const assumedMaintenanceRate = decimal('0.025');

/** In percent over its opening: (1/leverage − m) / (1 + m). */
export function openingDistancePct(leverage: Decimal, maintenanceRate: Decimal): Decimal {
  const left = maximum(zero, divide(one, leverage).minus(maintenanceRate));
  return divide(left, one.plus(maintenanceRate)).times(decimal('100'));
}
