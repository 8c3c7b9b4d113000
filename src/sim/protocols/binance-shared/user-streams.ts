/** Who hears of an account, and what: events are made once a transaction and account, however many listen. */
import type { Transaction } from '../../exchange/events.ts';
import type { ProtocolContext } from '../protocol.ts';

export interface UserEvent {
  /** What faults match: `orders`, `fills`, `balances`, `positions`. */
  readonly channel: string;
  readonly body: Record<string, unknown>;
}

export type UserEvents = (account: string, transaction: Omit<Transaction, 'sequence'>) => readonly UserEvent[];

export interface UserListener {
  readonly account: string;
  hear(event: UserEvent): void;
}

export interface UserStreams {
  /** Returns what ends it. */
  listen(listener: UserListener): () => void;
}

export function createUserStreams(context: ProtocolContext, userEvents: UserEvents): UserStreams {
  const listeners = new Set<UserListener>();
  context.exchange.onTransaction((transaction) => {
    if (listeners.size === 0) return;
    const made = new Map<string, readonly UserEvent[]>();
    for (const listener of listeners) {
      const events = made.get(listener.account) ?? userEvents(listener.account, transaction);
      made.set(listener.account, events);
      for (const event of events) listener.hear(event);
    }
  });
  return {
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
