/** Orders without a limit: sized on fresh order books just before they are written. */
import { ActivityFailure, sleep } from '@temporalio/workflow';
import type { Move } from '../src/domain/execution/decide.ts';
import type { SizedMove } from '../src/strategy/market-size.ts';
import { ledgerActivities, marketActivities } from './activity-proxies.ts';
import type { OrderDesk } from './order-loop.ts';

const noPricesRetryMs = 5_000;

/** Waits for order books, and alerts, for as long as it takes: without them nothing bounds what a market order costs. */
export async function sizeToDepth({ plan }: OrderDesk, moves: readonly Move[]): Promise<readonly SizedMove[]> {
  for (;;) {
    try {
      return await marketActivities('close', 'size the orders on fresh order books').sizeToDepth({ plan, moves });
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      const message = `${plan.key}: the order books cannot be read, so its market orders wait: ${error.cause?.message ?? error.message}`;
      await ledgerActivities('close', 'alert: no prices').raiseAlert({
        key: `no_prices/${plan.key}`,
        severity: 'critical',
        message,
        positionKey: plan.key,
      });
      await sleep(noPricesRetryMs, { summary: 'wait for market data' });
    }
  }
}
