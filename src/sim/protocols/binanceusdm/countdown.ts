/** Dead-man timers: all open orders of a symbol are cancelled when the account does not renew its timer. Wall time. */
import type { ProtocolContext } from '../protocol.ts';
import type { BinanceHandler } from './parameters.ts';
import { integerOrNull, required, requiredMarket } from './parameters.ts';
import { accountOf } from '../../state.ts';

export interface Countdowns {
  readonly handlers: Readonly<Record<string, BinanceHandler>>;
  tick(wallMs: number): void;
}

/** Timers are not journalled: a restart forgets them. */
export function createCountdowns(context: ProtocolContext): Countdowns {
  const deadlines = new Map<string, { account: string; instrument: string; atMs: number }>();
  return {
    handlers: {
      'POST countdownCancelAll': (call) => {
        const { instrument } = requiredMarket(context, call);
        required(call, 'countdownTime');
        const countdownMs = integerOrNull(call, 'countdownTime') ?? 0;
        const key = `${call.account} ${instrument.id}`;
        if (countdownMs === 0) deadlines.delete(key);
        else deadlines.set(key, { account: call.account, instrument: instrument.id, atMs: call.wallMs + countdownMs });
        return { symbol: instrument.id, countdownTime: String(countdownMs) };
      },
    },
    tick(wallMs) {
      for (const [key, { account, instrument, atMs }] of deadlines) {
        if (wallMs < atMs) continue;
        deadlines.delete(key);
        for (const order of accountOf(context.exchange.state, account).openOrders) {
          if (order.instrument.id === instrument) context.exchange.cancel(account, order.id);
        }
      }
    },
  };
}
