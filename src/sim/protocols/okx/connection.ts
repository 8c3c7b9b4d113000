/** One websocket connection and what it has subscribed. */
import type { WebSocket } from 'ws';
import type { Transaction } from '../../exchange/events.ts';
import type { Credentials } from '../protocol.ts';
import type { FixedWindows } from '../rate-limit.ts';

export const routes = ['public', 'private', 'business'] as const;
/** The last part of the address: `/ws/v5/{route}`. */
export type Route = (typeof routes)[number];

/** What names a subscription; its own fields only, as the client sent them. */
export type ChannelArgument = Readonly<Record<string, string>>;

export interface Subscription {
  readonly argument: ChannelArgument;
  /** Sends what has changed since the last time; the first time the snapshot. Market and wall time. */
  push(nowMs: number, wallMs: number): void;
  /** Sends what a transaction changed; absent where only the market is told of. */
  tell?(transaction: Omit<Transaction, 'sequence'>): void;
}

/** @param channel what faults match */
export type SendTo = (message: Readonly<Record<string, unknown>>, channel: string) => void;

export interface Connection {
  readonly id: string;
  readonly socket: WebSocket;
  readonly route: Route;
  /** Null until it has logged in. */
  credentials: Credentials | null;
  readonly subscriptions: Map<string, Subscription>;
  /** Logins, subscriptions and their ends. */
  readonly requests: FixedWindows;
  /** Whether anything was sent or received since the last tick. */
  isActive: boolean;
  /** Wall time since which nothing was. */
  quietSinceMs: number;
}
