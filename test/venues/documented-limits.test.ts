/** The most that a connector can ask of an exchange within a documented window is no more than the exchange allows. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import ccxt from 'ccxt';
import { dialects } from '../../src/venues/dialects.ts';

interface Limit {
  readonly venue: string;
  readonly use: 'orders' | 'reads';
  /** Of ccxt's table of costs. */
  readonly endpoint: string;
  readonly requests: number;
  readonly seconds: number;
}

const okx = (use: Limit['use'], endpoint: string, requests: number): Limit => ({
  venue: 'okx',
  use,
  endpoint,
  requests,
  seconds: 2,
});
const bybit = (use: Limit['use'], endpoint: string, requests: number): Limit => ({
  venue: 'bybit',
  use,
  endpoint: `private.${endpoint}`,
  requests,
  seconds: 1,
});

/** Limits that one endpoint has for itself. */
const limits: readonly Limit[] = [
  okx('orders', 'private.post.trade/order', 60),
  okx('orders', 'private.post.trade/cancel-order', 60),
  okx('reads', 'private.get.trade/order', 60),
  okx('reads', 'private.get.trade/orders-history', 40),
  okx('reads', 'private.get.account/balance', 10),
  okx('reads', 'private.get.account/positions', 10),
  okx('reads', 'private.get.trade/fills-history', 10),
  okx('reads', 'private.get.account/bills-archive', 5),
  okx('reads', 'public.get.public/time', 10),
  okx('reads', 'public.get.public/funding-rate', 10),
  okx('reads', 'public.get.market/books', 40),
  // 20 of spot.
  bybit('orders', 'post.v5/order/create', 10),
  bybit('orders', 'post.v5/order/cancel', 10),
  bybit('reads', 'get.v5/order/realtime', 50),
  bybit('reads', 'get.v5/order/history', 50),
  bybit('reads', 'get.v5/execution/list', 50),
  bybit('reads', 'get.v5/position/list', 50),
  { venue: 'binanceusdm', use: 'orders', endpoint: 'fapiPrivate.post.order', requests: 300, seconds: 10 },
  { venue: 'binanceusdm', use: 'orders', endpoint: 'fapiPrivate.post.order', requests: 1_200, seconds: 60 },
  { venue: 'binance', use: 'orders', endpoint: 'private.post.order', requests: 100, seconds: 10 },
];

function costOf(venue: string, endpoint: string): number {
  const Exchange: unknown = Reflect.get(ccxt, venue);
  assert.ok(typeof Exchange === 'function');
  const instance: unknown = Reflect.construct(Exchange, [{}]);
  const [access = '', method = '', path = ''] = endpoint.split('.');
  const entry: unknown = [access, method, path].reduce<unknown>(
    (found, name) => (typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined),
    typeof instance === 'object' && instance !== null ? Reflect.get(instance, 'api') : undefined,
  );
  const cost: unknown = typeof entry === 'object' && entry !== null ? Reflect.get(entry, 'cost') : entry;
  assert.ok(typeof cost === 'number' && cost > 0, `${venue} ${endpoint}`);
  return cost;
}

/** Units, after a pause. */
function mostWithin(venue: string, use: Limit['use'], seconds: number): number {
  const pace = dialects.get(venue)?.pace[use] ?? assert.fail(venue);
  return pace.burstUnits + pace.unitsPerSecond * seconds;
}

describe('of one endpoint', () => {
  for (const { venue, use, endpoint, requests, seconds } of limits) {
    test(`${endpoint} of ${venue} is asked at most ${requests} times in ${seconds} s`, () => {
      const most = Math.floor(mostWithin(venue, use, seconds) / costOf(venue, endpoint) + 1e-9);
      assert.ok(most <= requests, `${most} times`);
    });
  }
});

describe('of an account, orders and reads together,', () => {
  const together = (venue: string, seconds: number, unitsOfOrder: number, unitsOfRead: number): number =>
    mostWithin(venue, 'orders', seconds) * unitsOfOrder + mostWithin(venue, 'reads', seconds) * unitsOfRead;

  test('krakenfutures is asked for 500 units in 10 s: an order is 10, the dearest of the usual reads 2', () => {
    const most = together('krakenfutures', 10, 10, 2);
    assert.ok(most <= 500, `${most} units`);
  });

  test('coinbase is asked 30 times in a second', () => {
    const most = together('coinbase', 1, 1, 1);
    assert.ok(most <= 30, `${most} times`);
  });

  test('kraken counts to 20 calls, one less each second, of reads alone', () => {
    const { burstUnits, unitsPerSecond } = dialects.get('kraken')?.pace.reads ?? assert.fail('no pace');
    const unitsOfCall = costOf('kraken', 'private.post.OpenOrders');
    assert.ok(burstUnits / unitsOfCall <= 20 && unitsPerSecond / unitsOfCall <= 1);
  });
});
