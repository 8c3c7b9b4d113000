/**
 * One order is sent and something happens to it on the way. Whatever it is, exactly one request left, and only
 * what is proven is called accepted, rejected or not sent.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { RejectionCategory, SubmitOutcome } from '../../src/domain/order.ts';
import { connect, fakes, order, type FakeName } from './support/connect.ts';
import { breakages, deadlineFor, type Breakage } from './support/fake-venue.ts';

type WithoutReason<T> = T extends unknown ? Omit<T, 'reason'> : never;

interface Story {
  readonly name: string;
  readonly breakage: Breakage;
  /** The outcome without its words. */
  readonly outcome: WithoutReason<SubmitOutcome>;
}

const unknown = { kind: 'unknown' } as const;
function rejected(category: RejectionCategory, code: string, retryAfterMs: number | null = null): Story['outcome'] {
  return { kind: 'rejected', category, code, retryAfterMs };
}

/** The same on every venue. */
const transport: readonly Story[] = [
  { name: 'no answer', breakage: breakages.hang, outcome: unknown },
  { name: 'connection reset', breakage: breakages.reset, outcome: unknown },
  { name: 'reset in the middle of the body', breakage: breakages.resetMidBody, outcome: unknown },
  { name: 'headers, then a stalled body', breakage: breakages.stalledBody, outcome: unknown },
  { name: 'truncated JSON', breakage: breakages.text(200, '{"orderId":12'), outcome: unknown },
  { name: 'empty 200', breakage: breakages.text(200, ''), outcome: unknown },
  { name: 'empty object', breakage: breakages.json(200, {}), outcome: unknown },
  { name: 'a list instead of an order', breakage: breakages.json(200, []), outcome: unknown },
  { name: 'null', breakage: breakages.text(200, 'null'), outcome: unknown },
  { name: 'HTML with 200', breakage: breakages.text(200, '<html>ok</html>'), outcome: unknown },
  ...[400, 403, 404, 405, 409, 418, 429, 451, 500, 502, 503, 504].map((status) => ({
    name: `HTML with ${status}`,
    breakage: breakages.text(status, '<html>no</html>', { 'retry-after': '3' }),
    outcome: unknown,
  })),
  {
    name: 'a redirect',
    breakage: breakages.text(302, '', { location: 'http://127.0.0.1:1/elsewhere' }),
    outcome: unknown,
  },
];

function binance(status: number, code: number, msg: string, headers?: Record<string, string>): Breakage {
  return breakages.json(status, { code, msg }, headers);
}

const binanceStories: readonly Story[] = [
  {
    name: '-2019 margin',
    breakage: binance(400, -2019, 'Margin is insufficient.'),
    outcome: rejected('insufficient_balance', '-2019'),
  },
  {
    name: '-2018 balance',
    breakage: binance(400, -2018, 'Balance is insufficient.'),
    outcome: rejected('insufficient_balance', '-2018'),
  },
  {
    name: '-2022 reduce-only',
    breakage: binance(400, -2022, 'ReduceOnly Order is rejected.'),
    outcome: rejected('reduce_only_rejected', '-2022'),
  },
  {
    name: '-1013 filter',
    breakage: binance(400, -1013, 'Filter failure: LOT_SIZE'),
    outcome: rejected('order_rejected', '-1013'),
  },
  {
    name: '-1111 precision',
    breakage: binance(400, -1111, 'Precision is over the maximum defined for this asset.'),
    outcome: rejected('order_rejected', '-1111'),
  },
  {
    name: '-5022 post-only',
    breakage: binance(400, -5022, 'Post Only order will be rejected.'),
    outcome: rejected('order_rejected', '-5022'),
  },
  {
    name: '-2015 key',
    breakage: binance(401, -2015, 'Invalid API-key, IP, or permissions for action.'),
    outcome: rejected('unauthorised', '-2015'),
  },
  {
    name: '-1021 late',
    breakage: binance(400, -1021, 'Timestamp for this request is outside of the recvWindow.'),
    outcome: rejected('expired', '-1021', 250),
  },
  {
    name: '-5028 late at the engine',
    breakage: binance(400, -5028, 'outside of the ME recvWindow'),
    outcome: rejected('expired', '-5028', 250),
  },
  {
    name: '429 with its code',
    breakage: binance(429, -1003, 'Too many requests', { 'retry-after': '7' }),
    outcome: rejected('rate_limited', '-1003', 7_000),
  },
  {
    name: '418 with its code',
    breakage: binance(418, -1003, 'Way too much request weight used; IP banned until 1.', { 'retry-after': '120' }),
    outcome: rejected('rate_limited', '-1003', 120_000),
  },
  {
    name: '-1015 without a Retry-After',
    breakage: binance(400, -1015, 'Too many new orders'),
    outcome: rejected('rate_limited', '-1015', 1_000),
  },
  {
    name: '-1007 backend timeout',
    breakage: binance(
      408,
      -1007,
      'Timeout waiting for response from backend server. Send status unknown; execution status unknown.',
    ),
    outcome: unknown,
  },
  {
    name: '-1007 with 400',
    breakage: binance(400, -1007, 'Send status unknown; execution status unknown.'),
    outcome: unknown,
  },
  { name: '-1006 with 503', breakage: binance(503, -1006, 'Execution status unknown.'), outcome: unknown },
  {
    name: '-1008 with 503',
    breakage: binance(503, -1008, 'Request throttled by system-level protection.'),
    outcome: unknown,
  },
  { name: 'a definite code with 500', breakage: binance(500, -2019, 'Margin is insufficient.'), outcome: unknown },
  { name: '-4116 duplicate', breakage: binance(400, -4116, 'ClientOrderId is duplicated'), outcome: unknown },
  { name: '-2010 duplicate in words', breakage: binance(400, -2010, 'Duplicate order sent.'), outcome: unknown },
  { name: '-2013 about another matter', breakage: binance(400, -2013, 'Order does not exist.'), outcome: unknown },
  { name: 'a code nobody listed', breakage: binance(400, -9999, 'brand new error'), outcome: unknown },
  {
    name: 'a code that is also a name of objects',
    breakage: breakages.json(400, { code: 'constructor', msg: '' }),
    outcome: unknown,
  },
  {
    name: 'an order without an id',
    breakage: breakages.json(200, { symbol: 'USDCUSDT', status: 'NEW' }),
    outcome: unknown,
  },
  {
    name: 'the reply of another order',
    breakage: breakages.json(200, { symbol: 'USDCUSDT', orderId: 5, clientOrderId: 'other', status: 'NEW' }),
    outcome: unknown,
  },
];

function bybit(retCode: number, retMsg: string, status = 200, headers?: Record<string, string>): Breakage {
  return breakages.json(status, { retCode, retMsg, result: {}, retExtInfo: {}, time: 1 }, headers);
}

const bybitStories: readonly Story[] = [
  {
    name: '170131 balance',
    breakage: bybit(170131, 'Insufficient balance.'),
    outcome: rejected('insufficient_balance', '170131'),
  },
  {
    name: '110007 balance',
    breakage: bybit(110007, 'ab not enough for new order'),
    outcome: rejected('insufficient_balance', '110007'),
  },
  {
    name: '170134 decimals',
    breakage: bybit(170134, 'Order price has too many decimals.'),
    outcome: rejected('order_rejected', '170134'),
  },
  {
    name: '170193 price band',
    breakage: bybit(170193, 'Buy order price cannot be higher than 1.1USDT.'),
    outcome: rejected('order_rejected', '170193'),
  },
  {
    name: '110017 reduce-only',
    breakage: bybit(110017, 'Reduce-only rule not satisfied'),
    outcome: rejected('reduce_only_rejected', '110017'),
  },
  { name: '10003 key', breakage: bybit(10003, 'API key is invalid.'), outcome: rejected('unauthorised', '10003') },
  {
    name: '10002 late',
    breakage: bybit(10002, 'invalid request, please check your server timestamp or recv_window param'),
    outcome: rejected('expired', '10002', 250),
  },
  {
    name: '10006 rate limit',
    breakage: bybit(10006, 'Too many visits!'),
    outcome: rejected('rate_limited', '10006', 1_000),
  },
  {
    name: '10006 with Retry-After',
    breakage: bybit(10006, 'Too many visits!', 429, { 'retry-after': '2' }),
    outcome: rejected('rate_limited', '10006', 2_000),
  },
  { name: '10000 server timeout', breakage: bybit(10000, 'Server Timeout'), outcome: unknown },
  { name: '10016 internal error', breakage: bybit(10016, 'Internal system error.'), outcome: unknown },
  {
    name: '170007 backend timeout',
    breakage: bybit(170007, 'Timeout waiting for response from backend server.'),
    outcome: unknown,
  },
  { name: '170146 creation timeout', breakage: bybit(170146, 'Order creation timeout'), outcome: unknown },
  { name: '110072 duplicate', breakage: bybit(110072, 'OrderLinkedID is duplicate'), outcome: unknown },
  { name: '170141 duplicate', breakage: bybit(170141, 'Duplicate clientOrderId'), outcome: unknown },
  { name: 'a code nobody listed', breakage: bybit(999999, 'brand new error'), outcome: unknown },
  { name: 'a definite code with 502', breakage: bybit(170131, 'Insufficient balance.', 502), outcome: unknown },
  { name: 'success without an id', breakage: bybit(0, 'OK'), outcome: unknown },
];

function tell(name: FakeName, stories: readonly Story[]): void {
  suite(`an order to ${name}`, { concurrency: 4 }, () => {
    for (const story of stories) {
      test(story.name, async (t) => {
        const { venue, fake } = await connect(t, name, deadlineFor(story.breakage));
        fake.breakEndpoint('POST', fakes[name].orderPath, story.breakage);
        const outcome = await venue.submit(order(name));
        const { reason, ...rest } = { reason: '', ...outcome };
        assert.deepEqual(rest, story.outcome, reason);
        assert.equal(fake.to('POST', fakes[name].orderPath).length, 1, 'exactly one request');
      });
    }
  });
}

tell('binanceusdm', [...transport, ...binanceStories]);
tell('bybit', [...transport, ...bybitStories]);
