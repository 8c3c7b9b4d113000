/** What coinbase refuses, in its own words, and that nothing a client sends breaks it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Row } from '../../support/json.ts';
import { row, rows } from '../../support/json.ts';
import { closers } from '../../support/simulator.ts';
import type { Coinbase, Reply } from './support.ts';
import { limit, orderOf, placed, startCoinbase, wallet } from './support.ts';

const tooSmall = ['UNKNOWN_FAILURE_REASON', 'PREVIEW_INVALID_BASE_SIZE_TOO_SMALL'] as const;
const unsupported = ['UNSUPPORTED_ORDER_CONFIGURATION', 'UNKNOWN_PREVIEW_FAILURE_REASON'] as const;
const noFunds = ['INSUFFICIENT_FUND', 'PREVIEW_INSUFFICIENT_FUND'] as const;

async function openCount(coinbase: Coinbase): Promise<number> {
  return rows((await coinbase.get('orders/historical/batch?order_status=OPEN')).body['orders']).length;
}

describe('an order that coinbase does not create', () => {
  const suite = closers();
  let coinbase: Coinbase;
  before(async () => {
    coinbase = await startCoinbase(suite);
  });
  after(() => suite.closeAll());

  /** Served: `success: false`, with two reasons. */
  const cases: readonly [what: string, configuration: Row, error: string, preview: string, fields?: Row][] = [
    ['a size of zero', limit('0', '0.9'), ...tooSmall],
    ['a size below the minimum', limit('0.001', '0.9'), 'INVALID_SIZE_PRECISION', 'PREVIEW_INVALID_SIZE_PRECISION'],
    ['a size off the step', limit('100.001', '0.9'), 'INVALID_SIZE_PRECISION', 'PREVIEW_INVALID_SIZE_PRECISION'],
    [
      'too large a size',
      limit('9000001', '0.9'),
      'UNKNOWN_FAILURE_REASON',
      'PREVIEW_INVALID_BASE_SIZE_TOO_LARGE',
      { side: 'SELL' },
    ],
    ['too small a value', limit('0.01', '0.9'), 'UNKNOWN_FAILURE_REASON', 'PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL'],
    ['a price of zero', limit('100', '0'), 'INVALID_LIMIT_PRICE', 'PREVIEW_INVALID_LIMIT_PRICE'],
    ['a price off the tick', limit('100', '0.900001'), 'INVALID_PRICE_PRECISION', 'PREVIEW_INVALID_PRICE_PRECISION'],
    ['more than the account has', limit('200000', '0.9'), ...noFunds],
    // 100,000 is there; 111,000 · 0.9 = 99,900 and its fee of 599.4 is not
    ['a fee that the account does not have', limit('111000', '0.9'), ...noFunds],
    ['more to sell than the account has', limit('100001', '1.1'), ...noFunds, { side: 'SELL' }],
    [
      'post-only and would take',
      limit('100', '1.01', true),
      'INVALID_LIMIT_PRICE_POST_ONLY',
      'PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY',
    ],
    ['no kind', {}, ...unsupported],
    ['two kinds', { ...limit('100', '0.9'), market_market_ioc: { base_size: '1' } }, ...unsupported],
    ['an unknown kind', { stop_limit_stop_limit_gtc: {} }, ...unsupported],
    ['no size', { limit_limit_gtc: { limit_price: '0.9' } }, ...unsupported],
    ['both sizes', { market_market_ioc: { base_size: '1', quote_size: '1' } }, ...unsupported],
    ['an amount of quote to sell', { market_market_ioc: { quote_size: '1' } }, ...unsupported, { side: 'SELL' }],
    ['a size in exponents', limit('1e3', '0.9'), ...unsupported],
    ['a negative price', limit('100', '-0.9'), ...unsupported],
    [
      'an unknown product',
      limit('100', '0.9'),
      'INVALID_PRODUCT_ID',
      'UNKNOWN_PREVIEW_FAILURE_REASON',
      { product_id: 'NOPE-USD' },
    ],
    ['an unknown side', limit('100', '0.9'), 'INVALID_SIDE', 'UNKNOWN_PREVIEW_FAILURE_REASON', { side: 'buy' }],
  ];
  for (const [what, configuration, error, preview, fields] of cases) {
    it(`has ${what}`, async () => {
      const { status, body } = await coinbase.post('orders', orderOf(configuration, fields));
      const reason = row(body['error_response']);
      assert.deepEqual(
        [status, body['success'], body['order_id'], reason['error'], reason['preview_failure_reason']],
        [200, false, '', error, preview],
      );
    });
  }

  it('leaves nothing behind', async () => {
    assert.equal(await openCount(coinbase), 0);
    assert.deepEqual(await wallet(coinbase, 'USD'), ['100000', '0']);
  });

  /** Not served: what is no order request at all. */
  const malformed: readonly [what: string, body: unknown, error: string][] = [
    ['no JSON', '{', 'unknown'],
    ['a list', [], 'unknown'],
    ['an unknown field', { ...orderOf(limit('1', '0.9')), stop: '1' }, 'unknown'],
    ['an unknown field of its kind', orderOf({ limit_limit_gtc: { base_size: '1', stop: '1' } }), 'unknown'],
    ['a size that is a number', orderOf({ limit_limit_gtc: { base_size: 1, limit_price: '0.9' } }), 'unknown'],
    ['a configuration that is text', { ...resting(), order_configuration: 'x' }, 'unknown'],
    ['no client id', { ...resting(), client_order_id: '' }, 'INVALID_ARGUMENT'],
    ['too long a client id', { ...resting(), client_order_id: 'x'.repeat(129) }, 'INVALID_ARGUMENT'],
  ];
  for (const [what, body, error] of malformed) {
    it(`is ${what}`, async () => {
      const { status, body: answer } = await coinbase.post('orders', body);
      assert.deepEqual([status, answer['error']], [400, error]);
    });
  }

  it('is the first one when its client id was used before, whatever else it says, for good', async () => {
    const id = await placed(coinbase, limit('100', '0.9'), { client_order_id: 'once' });
    assert.equal(await placed(coinbase, limit('200', '0.8'), { client_order_id: 'once' }), id);
    assert.equal(await openCount(coinbase), 1);
    await coinbase.post('orders/batch_cancel', { order_ids: [id] });
    assert.equal(await placed(coinbase, limit('300', '0.8'), { client_order_id: 'once' }), id);
    assert.equal(await openCount(coinbase), 0);
  });

  it('is unknown when it is to be cancelled or found', async () => {
    const { body } = await coinbase.post('orders/batch_cancel', { order_ids: ['x', '__proto__'] });
    assert.deepEqual(
      rows(body['results']).map(({ success, failure_reason: reason }) => [success, reason]),
      [
        [false, 'UNKNOWN_CANCEL_ORDER'],
        [false, 'UNKNOWN_CANCEL_ORDER'],
      ],
    );
    const { status, body: answer } = await coinbase.get('orders/historical/x');
    assert.deepEqual([status, answer['message']], [404, 'order with this orderID was not found']);
    for (const ids of [[], 'x', [1], Array.from({ length: 101 }, () => 'x')]) {
      assert.equal((await coinbase.post('orders/batch_cancel', { order_ids: ids })).status, 400);
    }
  });
});

function resting(): Row {
  return orderOf(limit('100', '0.9'));
}

describe('requests that no client should send', () => {
  const suite = closers();
  let coinbase: Coinbase;
  before(async () => {
    coinbase = await startCoinbase(suite);
  });
  after(() => suite.closeAll());

  it('are answered in the envelope of their version', async () => {
    const v3 = ({ status, body }: Reply): unknown[] => [status, body['error']];
    for (const path of ['nope', '__proto__', 'market/products/x/y', '/', '/api/v3']) {
      assert.deepEqual(v3(await coinbase.open(path)), [404, 'NOT_FOUND'], path);
    }
    const v2 = ({ status, body }: Reply): unknown[] => [status, rows(body['errors'])[0]?.['id']];
    assert.deepEqual(v2(await coinbase.open('/v2/nope')), [404, 'not_found']);
    assert.deepEqual(v2(await coinbase.open('/v2/exchange-rates?currency=NOPE')), [400, 'invalid_request']);
    assert.deepEqual(v3(await coinbase.open('market/products/NOPE-USD')), [404, 'NOT_FOUND']);
    const wrong = [
      'market/product_book',
      'market/products/USDT-USD/candles?granularity=ONE_WEEK&start=1&end=2',
      'market/products/USDT-USD/candles?granularity=ONE_HOUR&start=0&end=9000000000',
      'market/products/USDT-USD/ticker?limit=x',
    ];
    for (const path of wrong) assert.deepEqual(v3(await coinbase.open(path)), [400, 'INVALID_ARGUMENT'], path);
    for (const query of ['cursor=x', 'limit=-1', 'start_date=yesterday']) {
      const reply = await coinbase.get(`orders/historical/batch?${query}`);
      assert.deepEqual(v3(reply), [400, 'INVALID_ARGUMENT'], query);
    }
  });

  it('whatever a field holds, an order gets a definite answer and none is left by a refused one', async () => {
    const anything = fc.oneof(
      fc.string(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.object({ maxDepth: 2 }),
      fc.constantFrom('__proto__', '1e999', '0x10', '-0', '٣', '9'.repeat(60)),
    );
    const names = ['base_size', 'limit_price', 'post_only', 'product_id', 'side', 'client_order_id'] as const;
    const inTerms = new Set<string>(['base_size', 'limit_price', 'post_only']);
    const accepted = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), anything, async (name, value) => {
        const terms = { base_size: '100', limit_price: '0.9', post_only: false };
        const changed = { limit_limit_gtc: inTerms.has(name) ? { ...terms, [name]: value } : terms };
        const { status, body } = await coinbase.post(
          'orders',
          orderOf(changed, inTerms.has(name) ? {} : { [name]: value }),
        );
        assert.ok(status === 400 || (status === 200 && typeof body['success'] === 'boolean'), JSON.stringify(body));
        if (body['success'] === true) accepted.add(String(row(body['success_response'])['order_id']));
      }),
      { numRuns: 100 },
    );
    const { body } = await coinbase.get('orders/historical/batch?limit=1000');
    assert.equal(rows(body['orders']).length, accepted.size);
  });
});
