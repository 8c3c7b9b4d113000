/** Waiting for order books that cannot be read: a person is told, and after a while the position is stuck. */
import { patched, sleep, type ActivityFailure } from '@temporalio/workflow';
import { alertKeys } from '../src/domain/alert-keys.ts';
import { ledgerActivities } from './activity-proxies.ts';

const retryMs = 5_000;
/** Wall time without order books after which a close is stuck: a person may then resolve it. */
const longestWaitMs = 60_000;

/**
 * Called with each failed read; returns when the next one is due. Positions that wait since before there was an end to it
 * go on waiting.
 * @param isRetry of a position that is stuck: it waits there, where a person can resolve it, and not here
 * @throws the failure when the wait has been too long
 */
export function priceWait(key: string, what: string, isRetry: boolean): (failure: ActivityFailure) => Promise<void> {
  const untilMs = Date.now() + (isRetry ? 0 : longestWaitMs);
  return async (failure) => {
    await ledgerActivities('close', 'alert: no prices').raiseAlert({
      key: alertKeys.no_prices(key),
      severity: 'critical',
      message: `${key}: the order books cannot be read, so ${what}: ${failure.cause?.message ?? failure.message}`,
      positionKey: key,
    });
    if (Date.now() >= untilMs && patched('no-prices-is-stuck')) throw failure;
    await sleep(retryMs, { summary: 'wait for market data' });
  };
}
