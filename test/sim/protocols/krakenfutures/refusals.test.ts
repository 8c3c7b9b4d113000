/** What kraken futures refuses, in its own words, and that nothing a client sends breaks it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { row, rows } from '../../support/json.ts';
import { closers } from '../../support/simulator.ts';
import type { Fields, KrakenFutures } from './support.ts';
import { openIds, placed, resting, startKrakenFutures } from './support.ts';

describe('an order that kraken futures refuses', () => {
  const suite = closers();
  let exchange: KrakenFutures;
  let taken = '';
  let done = '';
  before(async () => {
    exchange = await startKrakenFutures(suite);
    taken = await placed(exchange, { cliOrdId: 'taken' });
    done = await placed(exchange, { cliOrdId: 'done' });
    await exchange.post('cancelorder', { order_id: done });
  });
  after(() => suite.closeAll());

  /** Served, and refused by its status. */
  const statuses: readonly [what: string, change: Fields, status: string][] = [
    ['an unknown type', { orderType: 'iceberg' }, 'invalidOrderType'],
    ['an unknown side', { side: 'both' }, 'invalidSide'],
    ['a size of zero', { size: 0 }, 'invalidSize'],
    ['a negative size', { size: -1 }, 'invalidSize'],
    ['a size that is no number', { size: 'many' }, 'invalidSize'],
    ['a size off the step', { size: 0.5 }, 'invalidSize'],
    ['a size above the maximum', { size: 10_000_001 }, 'invalidSize'],
    ['a price of zero', { limitPrice: 0 }, 'invalidPrice'],
    ['a price off the tick', { limitPrice: 0.90001 }, 'invalidPrice'],
    ['a price that is no number', { limitPrice: 'low' }, 'invalidPrice'],
    // Ten times 100,000 is there; 1,200,000 · 0.9 asks for 108,000
    ['more than its margin', { size: 1_200_000 }, 'insufficientAvailableFunds'],
    ['a client id in use', { cliOrdId: 'taken' }, 'clientOrderIdAlreadyExist'],
    ['the client id of an order that is done', { cliOrdId: 'done' }, 'clientOrderIdAlreadyExist'],
    ['a client id that is too long', { cliOrdId: 'x'.repeat(101) }, 'clientOrderIdTooLong'],
    ['post-only and would take', { orderType: 'post', limitPrice: 1.01 }, 'postWouldExecute'],
    ['to execute at once and finds nobody', { orderType: 'ioc' }, 'iocWouldNotExecute'],
    ['to fill whole and cannot', { orderType: 'fok' }, 'iocWouldNotExecute'],
    ['reduce-only without a position', { reduceOnly: true }, 'wouldNotReducePosition'],
    ['come too late', { processBefore: '2020-01-01T00:00:00.000Z' }, 'wouldProcessAfterSpecifiedTime'],
  ];
  for (const [what, change, status] of statuses) {
    it(`has ${what}`, async () => {
      const answer = await exchange.send({ ...resting, ...change });
      assert.deepEqual([answer['status'], answer['order_id'], answer['orderEvents']], [status, undefined, []]);
    });
  }

  /** Not served at all. */
  const errors: readonly [what: string, change: Fields, error: string][] = [
    ['no symbol', { symbol: '' }, 'requiredArgumentMissing'],
    ['no size', { size: '' }, 'requiredArgumentMissing'],
    ['no price', { limitPrice: '' }, 'requiredArgumentMissing'],
    ['an unknown contract', { symbol: 'PF_NOPEUSD' }, 'contractNotFound'],
    ['a flag that is none', { reduceOnly: 'maybe' }, 'invalidArgument: reduceOnly'],
    ['a time that is none', { processBefore: 'soon' }, 'invalidArgument: processBefore'],
  ];
  for (const [what, change, error] of errors) {
    it(`has ${what}`, async () => {
      const answer = await exchange.post('sendorder', { ...resting, ...change });
      assert.deepEqual([answer.status, answer.error, answer.body['result']], [200, error, 'error']);
    });
  }

  it('leaves nothing behind', async () => {
    assert.deepEqual(await openIds(exchange), [taken]);
  });

  it('is unknown when it is to be cancelled, and known as filled when it is', async () => {
    const ask = async (name: Fields): Promise<unknown> =>
      row((await exchange.post('cancelorder', name)).body['cancelStatus'])['status'];
    const { order_id: filled } = await exchange.send({ ...resting, orderType: 'ioc', limitPrice: 1.01 });
    assert.equal(await ask({ order_id: String(filled) }), 'filled');
    for (const name of [{ order_id: done }, { cliOrdId: 'done' }, { order_id: 'x' }, { cliOrdId: '__proto__' }]) {
      assert.equal(await ask(name), 'notFound', JSON.stringify(name));
    }
    assert.equal((await exchange.post('cancelorder')).error, 'requiredArgumentMissing');
    assert.equal(await ask({ cliOrdId: 'taken' }), 'cancelled');
  });

  it('is told apart in a batch', async () => {
    const { cliOrdId: _none, ...order } = { ...resting, cliOrdId: '' };
    const batchOrder = [
      { order: 'send', order_tag: '1', ...order },
      { order: 'send', order_tag: '2', ...order, limitPrice: 0.90001 },
      { order: 'cancel', order_id: 'x' },
    ];
    const { body } = await exchange.post('batchorder', { json: JSON.stringify({ batchOrder }) });
    const lines = rows(body['batchStatus']);
    assert.deepEqual(
      lines.map(({ status, order_tag: tag }) => [status, tag]),
      [
        ['placed', '1'],
        ['invalidPrice', '2'],
        ['notFound', undefined],
      ],
    );
    assert.equal((await exchange.post('batchorder', { json: '{' })).error, 'Json Parse Error');
    assert.equal(
      (await exchange.post('batchorder', { json: '{"batchOrder":[]}' })).error,
      'invalidArgument: batchOrder',
    );
    const { status, cancelledOrders } = row((await exchange.post('cancelallorders')).body['cancelStatus']);
    assert.deepEqual([status, rows(cancelledOrders).length], ['cancelled', 1]);
    assert.equal(row((await exchange.post('cancelallorders')).body['cancelStatus'])['status'], 'noOrdersToCancel');
  });
});

describe('requests that no client should send', () => {
  const suite = closers();
  let exchange: KrakenFutures;
  before(async () => {
    exchange = await startKrakenFutures(suite);
  });
  after(() => suite.closeAll());

  it('are answered in the envelope', async () => {
    for (const path of ['nope', '__proto__', 'sendorder/x', '/derivatives', '/api/history/v9/orders']) {
      const { status, error } = await exchange.open(path);
      assert.deepEqual([status, error], [404, 'notFound'], path);
    }
    const wrong: readonly [path: string, query: Fields, error: string][] = [
      ['orderbook', { symbol: 'NOPE' }, 'contractNotFound'],
      ['orderbook', {}, 'requiredArgumentMissing'],
      ['history', { symbol: 'PF_USDCUSD', lastTime: 'soon' }, 'invalidArgument: lastTime'],
    ];
    for (const [path, query, error] of wrong) assert.equal((await exchange.open(path, query)).error, error, path);
    const signed: readonly [path: string, query: Fields, error: string][] = [
      ['fills', { lastFillTime: 'x' }, 'invalidArgument: lastFillTime'],
      ['/api/history/v3/orders', { sort: 'up' }, 'invalidArgument: sort'],
      ['/api/history/v3/orders', { count: 'x' }, 'invalidArgument: count'],
      ['/api/history/v3/orders', { continuationToken: 'x' }, 'invalidArgument: continuation_token'],
    ];
    for (const [path, query, error] of signed) assert.equal((await exchange.get(path, query)).error, error, path);
    for (const maxLeverage of ['0', '51', 'x']) {
      const { error } = await exchange.put('leveragepreferences', { symbol: 'PF_USDCUSD', maxLeverage });
      assert.equal(error, 'invalidArgument: maxLeverage');
    }
  });

  it('whatever a field holds, an order gets a definite answer and none is left by a refused one', async () => {
    const anything = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.constantFrom('__proto__', '1e999', '0x10', '-0', '٣', '9'.repeat(60), 'NaN', 'null'),
    );
    const names = ['symbol', 'side', 'orderType', 'size', 'limitPrice', 'cliOrdId', 'reduceOnly', 'processBefore'];
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), anything, async (name, value) => {
        const { status, error, body } = await exchange.post('sendorder', { ...resting, [name]: value });
        assert.equal(status, 200);
        if (error !== '') assert.match(error, /^(requiredArgumentMissing|invalidArgument|contractNotFound)/);
        else if (row(body['sendStatus'])['status'] === 'placed') accepted += 1;
      }),
      { numRuns: 100 },
    );
    const orders = rows((await exchange.get('/api/history/v3/orders')).body['elements']);
    assert.equal(orders.filter(({ event }) => 'OrderPlaced' in row(event)).length, accepted);
  });
});
