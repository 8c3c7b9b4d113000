/** What kraken refuses, in its own words, and that nothing a client sends breaks it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { row, rows } from '../../support/json.ts';
import { closers } from '../../support/simulator.ts';
import type { Fields, Kraken } from './support.ts';
import { placed, resting, startKraken } from './support.ts';

const argument = (name: string): string => `EGeneral:Invalid arguments:${name}`;

describe('an order that kraken refuses', () => {
  const suite = closers();
  let kraken: Kraken;
  let done = '';
  before(async () => {
    kraken = await startKraken(suite);
    await placed(kraken, { cl_ord_id: 'taken' });
    done = await placed(kraken, { cl_ord_id: 'done' });
    await kraken.done('CancelOrder', { txid: done });
  });
  after(() => suite.closeAll());

  const cases: readonly [what: string, change: Fields, error: string][] = [
    ['an unknown pair', { pair: 'NOPE' }, 'EQuery:Unknown asset pair'],
    ['a pair that is not listed', { pair: 'XBTUSD' }, 'EQuery:Unknown asset pair'],
    ['no pair', { pair: '' }, argument('pair')],
    ['no side', { type: '' }, argument('type')],
    ['an unknown type', { ordertype: 'stop-loss' }, argument('ordertype')],
    ['an unknown time in force', { timeinforce: 'GTX' }, argument('timeinforce')],
    ['no volume', { volume: '' }, argument('volume')],
    ['a negative volume', { volume: '-1' }, argument('volume')],
    ['a volume in exponents', { volume: '1e3' }, argument('volume')],
    ['a volume off the step', { volume: '100.000000001' }, argument('volume')],
    ['a volume below the minimum', { volume: '4.99' }, 'EOrder:Order minimum not met'],
    ['too small a value', { volume: '5', price: '0.0999' }, 'EOrder:Cost minimum not met'],
    ['a price of zero', { price: '0' }, 'EOrder:Invalid price'],
    ['a price off the tick', { price: '0.90001' }, 'EOrder:Tick size check failed'],
    ['more than the account has', { volume: '200000' }, 'EOrder:Insufficient funds'],
    [
      'more to sell than the account has',
      { type: 'sell', volume: '100001', price: '1.1' },
      'EOrder:Insufficient funds',
    ],
    ['a client id in use', { cl_ord_id: 'taken' }, argument('cl_ord_id not unique')],
    ['an illegal client id', { cl_ord_id: 'a b' }, argument('cl_ord_id')],
    ['two names', { cl_ord_id: 'a', userref: 1 }, argument('cl_ord_id')],
    ['a user reference beyond 32 bits', { userref: 2 ** 31 }, argument('userref')],
    ['post-only and would take', { price: '1.01', oflags: 'post' }, 'EOrder:Post only order'],
    ['post-only and not to rest', { oflags: 'post', timeinforce: 'IOC' }, argument('timeinforce')],
    ['a fee in both coins', { oflags: 'fcib,fciq' }, argument('oflags')],
    ['reduce-only', { reduce_only: true }, 'EOrder:Reduce only:No position exists'],
    ['leverage', { leverage: '2' }, argument('leverage')],
    ['a trigger', { price2: '0.8' }, argument('price2')],
    ['a conditional close', { 'close[ordertype]': 'limit' }, argument('close')],
    ['a deadline that is no time', { deadline: 'soon' }, argument('deadline')],
  ];
  for (const [what, change, error] of cases) {
    it(`has ${what}`, async () => {
      assert.equal((await kraken.signed('AddOrder', { ...resting, ...change })).error, error);
      assert.equal((await kraken.signed('AddOrder', { ...resting, ...change, validate: true })).error, error);
    });
  }

  it('leaves nothing behind, and none of them was taken in part', async () => {
    const { open } = await kraken.done('OpenOrders');
    assert.deepEqual(
      Object.values(row(open)).map((order) => row(order)['cl_ord_id']),
      ['taken'],
    );
    const { ZUSD: usd } = await kraken.done('BalanceEx');
    assert.deepEqual(usd, { balance: '100000.0000', hold_trade: '90.2340' });
  });

  it('is not refused for the client id of an order that is done: those are free again', async () => {
    const again = await placed(kraken, { cl_ord_id: 'done' });
    assert.notEqual(again, done);
    assert.deepEqual(await kraken.done('CancelOrder', { cl_ord_id: 'done' }), { count: 1 });
  });

  it('is unknown when it is to be cancelled or found', async () => {
    const never = 'OAAAAA-AAAAA-AAAAAA';
    for (const name of [{ txid: done }, { txid: never }, { cl_ord_id: 'never' }, { txid: '77' }]) {
      assert.equal((await kraken.signed('CancelOrder', name)).error, 'EOrder:Unknown order', JSON.stringify(name));
    }
    assert.equal((await kraken.signed('QueryOrders', { txid: never })).error, 'EOrder:Unknown order');
    assert.equal((await kraken.signed('CancelOrder', {})).error, argument('txid'));
    assert.equal((await kraken.signed('CancelOrder', { txid: 'x' })).error, argument('txid'));
  });

  it('is told apart in a batch, and a malformed one refuses the whole batch', async () => {
    const batch = async (...orders: readonly object[]): Promise<ReturnType<Kraken['signed']>> => {
      const nonce = '1005000';
      const body = JSON.stringify({ nonce, pair: 'USDCUSD', orders });
      return await kraken.signed('AddOrderBatch', {}, { nonce, body });
    };
    const { pair: _pair, ...order } = resting;
    const { result } = await batch({ ...order, cl_ord_id: 'b1' }, { ...order, price: '0.90001' });
    const [first, second] = rows(result['orders']);
    assert.match(String(first?.['txid']), /^O/);
    assert.deepEqual(second, { error: 'EOrder:Tick size check failed' });
    assert.equal((await batch({ ...order, cl_ord_id: 'b2' }, { ...order, volume: 'x' })).error, argument('volume'));
    assert.equal((await batch(order)).error, argument('orders'));
    assert.deepEqual(await kraken.done('CancelAll'), { count: 2 });
  });
});

describe('requests that no client should send', () => {
  const suite = closers();
  let kraken: Kraken;
  before(async () => {
    kraken = await startKraken(suite);
  });
  after(() => suite.closeAll());

  it('are answered in the envelope', async () => {
    for (const name of ['Nope', '__proto__', 'constructor', 'AddOrder/x']) {
      assert.equal((await kraken.open(name)).error, 'EGeneral:Unknown method', name);
      assert.equal((await kraken.signed(name)).error, 'EGeneral:Unknown method', name);
    }
    for (const body of ['{', '[]x', '{"nonce":[]}', `{"nonce":${'['.repeat(100_000)}`]) {
      const { error } = await kraken.signed('Balance', {}, { body });
      assert.match(error, /^EGeneral:Invalid arguments|^EAPI:Invalid nonce/, body.slice(0, 20));
    }
    for (const query of [{ pair: 'NOPE' }, { pair: 'USDCUSD,NOPE' }, {}]) {
      assert.match((await kraken.open('Depth', query)).error, /^EQuery:Unknown asset pair|^EGeneral:Invalid arguments/);
    }
    assert.equal((await kraken.open('OHLC', { pair: 'USDCUSD', interval: 7 })).error, argument('interval'));
    assert.equal((await kraken.open('Trades', { pair: 'USDCUSD', since: 'x' })).error, argument('since'));
    assert.equal((await kraken.signed('ClosedOrders', { ofs: -1 })).error, argument('ofs'));
    assert.equal((await kraken.signed('ClosedOrders', { start: 'yesterday' })).error, argument('start'));
    assert.equal((await kraken.signed('TradesHistory', { type: 'gift' })).error, argument('type'));
  });

  it('whatever a field holds, an order gets a definite answer and none is left by a refused one', async () => {
    const anything = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.constantFrom('__proto__', '1e999', '0x10', '-0', '٣', '9'.repeat(60), 'NaN', 'null'),
    );
    const names = ['pair', 'type', 'ordertype', 'volume', 'price', 'timeinforce', 'cl_ord_id', 'oflags', 'deadline'];
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), anything, async (name, value) => {
        const { error, result } = await kraken.signed('AddOrder', { ...resting, [name]: value });
        if (error === '') accepted += 1;
        else assert.match(error, /^(EOrder|EQuery|EGeneral|EService):/);
        assert.equal(Array.isArray(result['txid']), error === '');
      }),
      { numRuns: 100 },
    );
    const { open } = await kraken.done('OpenOrders');
    const { count } = await kraken.done('ClosedOrders');
    assert.equal(Object.keys(row(open)).length + Number(count), accepted);
  });
});
