/** Funding that an armed position has been paid so far: its share of the account's payments since it was hedged. */
import { decimal, divide, sum, toText, zero, type DecimalText } from '../../src/domain/decimal.ts';
import type { VenueFundingPayment } from '../../src/domain/fill.ts';
import type { Watch } from '../../src/domain/watch.ts';

/**
 * In the settle currency. Positions that share the account's perpetual share each payment by the quantity they hold;
 * the exact shares are booked when a position closes.
 */
export function fundingToDate(
  watch: Watch,
  armed: readonly Watch[],
  payments: readonly VenueFundingPayment[],
): DecimalText {
  const { symbol } = watch.plan.perp.instrument;
  const sharing = armed.filter(
    ({ plan }) => plan.perp.account === watch.plan.perp.account && plan.perp.instrument.symbol === symbol,
  );
  const own = decimal(watch.perpQuantityBase);
  let total = zero;
  for (const payment of payments) {
    if (payment.symbol !== symbol || payment.settledAtMs <= watch.hedgedAtMs) continue;
    const held = sum(
      sharing
        .filter(({ hedgedAtMs }) => payment.settledAtMs > hedgedAtMs)
        .map(({ perpQuantityBase }) => decimal(perpQuantityBase)),
    );
    total = total.plus(divide(decimal(payment.amount).times(own), held, 12));
  }
  return toText(total);
}
