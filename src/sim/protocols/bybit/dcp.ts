/**
 * Disconnection protection: when the last private connection that subscribed a `dcp` topic is gone for as long as the
 * account's window, the open orders of that product are cancelled. A connection that comes back in time stops it.
 * Settings are not journalled, like the timers. Lost heartbeats alone are not noticed, only closed connections.
 */
import type { ProtocolContext } from '../protocol.ts';
import { createDeadMan } from '../dead-man.ts';
import type { BybitCall, BybitHandler, Category } from './call.ts';
import { parameterError } from './errors.ts';
import { categoryOf } from './instruments.ts';
import { integerOrNull } from './parameters.ts';

const products = ['SPOT', 'DERIVATIVES', 'OPTIONS'] as const;
type Product = (typeof products)[number];

const categoryOfProduct: Readonly<Record<Product, Category>> = {
  SPOT: 'spot',
  DERIVATIVES: 'linear',
  OPTIONS: 'option',
};
const productOfTopic: ReadonlyMap<string, Product> = new Map([
  ['dcp.spot', 'SPOT'],
  ['dcp.future', 'DERIVATIVES'],
  ['dcp.option', 'OPTIONS'],
]);

export const dcpTopics: readonly string[] = [...productOfTopic.keys()];

/** Seconds. */
const shortestWindow = 3;
const longestWindow = 300;

export interface Dcp {
  readonly handlers: Readonly<Record<string, BybitHandler>>;
  /** Seconds of an account's widest window, or null when it has set none. */
  windowOf(account: string): number | null;
  /** Told of each connection that subscribed one of the `dcpTopics`, and when it is gone or has unsubscribed. */
  connected(account: string, topic: string): void;
  gone(account: string, topic: string, wallMs: number): void;
  tick(wallMs: number): void;
}

export function createDcp(context: ProtocolContext): Dcp {
  const deadMan = createDeadMan(context);
  /** Seconds, by account and product. */
  const windows = new Map<string, Map<Product, number>>();
  const watching = new Map<string, number>();
  const keyOf = (account: string, product: Product): string => JSON.stringify([account, product]);

  function arm(account: string, product: Product, deadlineWallMs: number | null): void {
    for (const { instrument } of context.exchange.state.markets.values()) {
      if (categoryOf(instrument) === categoryOfProduct[product]) deadMan.arm(account, instrument.id, deadlineWallMs);
    }
  }

  function setWindow(call: BybitCall): unknown {
    const product = products.find((candidate) => candidate === (call.params.get('product') ?? 'OPTIONS'));
    const seconds = integerOrNull(call.params, 'timeWindow');
    if (product === undefined) throw parameterError('params error: product is invalid');
    if (seconds === null || seconds < shortestWindow || seconds > longestWindow) {
      throw parameterError(`params error: timeWindow must be ${shortestWindow} to ${longestWindow}`);
    }
    const held = windows.get(call.account) ?? new Map<Product, number>();
    windows.set(call.account, held.set(product, seconds));
    return {};
  }

  return {
    handlers: {
      'POST /v5/order/disconnected-cancel-all': setWindow,
      'GET /v5/account/query-dcp-info': (call) => ({
        dcpInfos: [...(windows.get(call.account) ?? [])].map(([product, seconds]) => ({
          product,
          dcpStatus: 'ON',
          timeWindow: String(seconds),
        })),
      }),
    },
    windowOf(account) {
      const held = windows.get(account);
      return held === undefined ? null : Math.max(...held.values());
    },
    connected(account, topic) {
      const product = productOfTopic.get(topic);
      if (product === undefined) return;
      const key = keyOf(account, product);
      watching.set(key, (watching.get(key) ?? 0) + 1);
      arm(account, product, null);
    },
    gone(account, topic, wallMs) {
      const product = productOfTopic.get(topic);
      if (product === undefined) return;
      const key = keyOf(account, product);
      const left = (watching.get(key) ?? 1) - 1;
      watching.set(key, left);
      const seconds = windows.get(account)?.get(product);
      if (left === 0 && seconds !== undefined) arm(account, product, wallMs + seconds * 1000);
    },
    tick: (wallMs) => deadMan.tick(wallMs),
  };
}
