import type { Delivery } from '../../../src/ports/alert-outbox.ts';

/** 26 November 2026, 12:13:05 UTC. */
export const raisedAtMs = Date.UTC(2026, 10, 26, 12, 13, 5);
export const origin = { mode: 'live', book: 'default' } as const;

export function delivery(change: Partial<Delivery> = {}): Delivery {
  return {
    id: '11',
    alertId: '7',
    phase: 'raised',
    key: 'stuck/USDC-bybit-binanceusdm-long-01K74W8Z9V5T6RQJXK3M2N1P0A',
    severity: 'critical',
    message: 'stuck in closing: no liquidity within 20 bps',
    positionKey: 'USDC-bybit-binanceusdm-long-01K74W8Z9V5T6RQJXK3M2N1P0A',
    raisedAtMs,
    resolvedAtMs: null,
    count: 1,
    attempts: 0,
    ...change,
  };
}
