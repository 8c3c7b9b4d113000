/** Dead-man timers: open orders are cancelled when an account does not renew its timer. Wall time; not journalled. */
import type { ProtocolContext } from './protocol.ts';
import { accountOf } from '../exchange/state.ts';

export interface DeadMan {
  /** Sets or, with null, stops the timer of an account, for one instrument or (null) for all. */
  arm(account: string, instrument: string | null, deadlineWallMs: number | null): void;
  tick(wallMs: number): void;
}

export function createDeadMan({ exchange }: Pick<ProtocolContext, 'exchange'>): DeadMan {
  const timers = new Map<string, { account: string; instrument: string | null; deadlineWallMs: number }>();
  return {
    arm(account, instrument, deadlineWallMs) {
      const key = JSON.stringify([account, instrument]);
      if (deadlineWallMs === null) timers.delete(key);
      else timers.set(key, { account, instrument, deadlineWallMs });
    },
    tick(wallMs) {
      for (const [key, { account, instrument, deadlineWallMs }] of timers) {
        if (wallMs < deadlineWallMs) continue;
        timers.delete(key);
        for (const order of accountOf(exchange.state, account).openOrders) {
          if (instrument === null || order.instrument.id === instrument)
            exchange.cancel(account, order.id, 'dead_man_switch');
        }
      }
    },
  };
}
