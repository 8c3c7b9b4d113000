/**
 * Alerts of orders that were not settled in time, and are now. Two raise them: the workflow by its timer, and the activity
 * by its failures, which alone ends them when it gets through. An alert that was written after that, or whose order was
 * settled at the first try, after its worker had been away, would stand for ever.
 */
import { alertKeys } from '../../src/domain/alert-keys.ts';
import type { OrderState } from '../../src/domain/order.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Ledger } from '../../src/ports/ledger.ts';

const settled: readonly OrderState[] = ['done', 'rejected', 'absent'];
const prefix = alertKeys.unresolved('');

/** Of this account's orders. */
export async function endSettledAlerts(
  ledger: Pick<Ledger, 'openAlerts' | 'order'>,
  alerts: Pick<Alerts, 'resolve'>,
  account: string,
): Promise<void> {
  for (const { key } of await ledger.openAlerts()) {
    if (!key.startsWith(prefix)) continue;
    const clientOrderId = key.slice(prefix.length);
    const order = await ledger.order(clientOrderId);
    if (order !== null && order.account === account && settled.includes(order.state)) await alerts.resolve(key);
  }
}
