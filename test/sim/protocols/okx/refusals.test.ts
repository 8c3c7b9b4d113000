/** What okx refuses, in which codes, and what it records instead of refusing. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Row } from '../../support/json.ts';
import { closers } from '../../support/simulator.ts';
import type { Okx } from './support.ts';
import { pair, pick, startOkx, swap } from './support.ts';

const limit = { side: 'buy', ordType: 'limit', sz: '10', px: '0.9' } as const;

describe('an order that okx refuses', () => {
  const suite = closers();
  let okx: Okx;
  before(async () => {
    okx = await startOkx(suite);
    await okx.order({ ...swap, ...limit, clOrdId: 'taken' });
  });
  after(() => suite.closeAll());

  const cases: readonly [string, Row, spotCode: string, swapCode: string][] = [
    ['no side', { side: undefined }, '50014', '50014'],
    ['an unknown side', { side: 'long' }, '51000', '51000'],
    ['no type', { ordType: undefined }, '50014', '50014'],
    ['an unknown type', { ordType: 'stop' }, '51000', '51000'],
    ['no mode', { tdMode: undefined }, '50014', '50014'],
    ['isolated margin', { tdMode: 'isolated' }, '50072', '50072'],
    ['an unknown instrument', { instId: 'NO-SUCH' }, '51001', '51001'],
    ['no size', { sz: undefined }, '50014', '50014'],
    ['a size of zero', { sz: '0' }, '51000', '51000'],
    ['a negative size', { sz: '-1' }, '51000', '51000'],
    ['a size in exponents', { sz: 1e30 }, '51000', '51000'],
    ['a size off the lot', { sz: '1.0000001' }, '51121', '51121'],
    ['a size below the minimum', { sz: '0.5' }, '51020', '51121'],
    ['a size above the maximum', { sz: '9000001' }, '51005', '51005'],
    ['no price', { px: undefined }, '51204', '51204'],
    ['a price of zero', { px: '0' }, '51000', '51000'],
    ['a price off the tick', { px: '0.90001' }, '51150', '51150'],
    ['more than the account has', { sz: '400000' }, '51008', '51008'],
    ['a client id in use', { clOrdId: 'taken' }, '51016', '51016'],
    ['a client id of other signs', { clOrdId: 'a-b' }, '51000', '51000'],
    ['a client id that is too long', { clOrdId: 'a'.repeat(33) }, '51000', '51000'],
    ['a side of a position', { posSide: 'long' }, '51000', '51000'],
    ['nothing to reduce', { reduceOnly: true }, '51133', '51169'],
    ['orders attached to it', { attachAlgoOrds: [{ tpTriggerPx: '1' }] }, '51000', '51000'],
  ];
  for (const [what, change, spotCode, swapCode] of cases) {
    it(`has ${what}`, async () => {
      const orders = await okx.list('trade/orders-pending');
      for (const [market, code] of [
        [pair, spotCode],
        [swap, swapCode],
      ] as const) {
        const { sCode, ordId, sMsg } = await okx.order({ ...market, ...limit, ...change });
        assert.deepEqual([sCode, ordId], [code, ''], String(sMsg));
      }
      assert.deepEqual(await okx.list('trade/orders-pending'), orders);
    });
  }

  it('would reduce in the direction of the position', async () => {
    await okx.order({ ...swap, side: 'sell', ordType: 'market', sz: '5' });
    assert.equal((await okx.order({ ...swap, ...limit, side: 'sell', reduceOnly: true }))['sCode'], '51170');
  });

  it('tells short balances from short margin by a code of its own', async () => {
    assert.equal((await okx.order({ ...pair, ...limit, sz: '400000' }))['subCode'], '1000');
    assert.equal((await okx.order({ ...swap, ...limit, sz: '400000' }))['subCode'], '1001');
  });
});

describe('an order that okx takes and cancels at once', () => {
  it('is post-only and would take, cannot fill whole, or finds nobody', async (t) => {
    const okx = await startOkx(t);
    for (const [ordType, px, source] of [
      ['post_only', '1.1', '31'],
      ['fok', '0.9', '13'],
      ['ioc', '0.9', '14'],
    ] as const) {
      const clOrdId = `id${source}`;
      assert.equal((await okx.order({ ...swap, ...limit, ordType, px, clOrdId }))['sCode'], '0');
      const [order] = await okx.list('trade/order', { instId: swap.instId, clOrdId });
      assert.deepEqual(pick(order, 'state', 'cancelSource', 'accFillSz', 'ordType'), [
        'canceled',
        source,
        '0',
        ordType,
      ]);
    }
    const done = await okx.list('trade/orders-history', { instType: 'SWAP', state: 'canceled' });
    assert.deepEqual(
      done.map(({ clOrdId }) => clOrdId),
      ['id14', 'id13', 'id31'],
    );
  });
});

describe('client order ids', () => {
  it('are free again once their order is done; a look-up finds the newest', async (t) => {
    const okx = await startOkx(t);
    const named = { ...pair, ...limit, clOrdId: 'again' };
    const first = await okx.order(named);
    assert.equal((await okx.order(named))['sCode'], '51016');
    await okx.post('trade/cancel-order', { instId: pair.instId, clOrdId: 'again' });
    const second = await okx.order(named);
    assert.equal(second['sCode'], '0');
    const [found] = await okx.list('trade/order', { instId: pair.instId, clOrdId: 'again' });
    assert.deepEqual(pick(found, 'ordId', 'state'), [second['ordId'], 'live']);
    const [earlier] = await okx.list('trade/order', { instId: pair.instId, ordId: String(first['ordId']) });
    assert.equal(earlier?.['state'], 'canceled');
  });
});

describe('orders that are not there', () => {
  it('are neither found nor cancelled', async (t) => {
    const okx = await startOkx(t);
    const { instId } = pair;
    const cancel = async (fields: Row): Promise<unknown> =>
      (await okx.post('trade/cancel-order', { instId, ...fields })).data[0]?.['sCode'];
    assert.equal((await okx.get('trade/order', { instId, ordId: '1' })).code, '51603');
    assert.equal((await okx.get('trade/order', { instId })).code, '51003');
    assert.equal(await cancel({ ordId: '1' }), '51400');
    assert.equal(await cancel({ clOrdId: 'nobody' }), '51400');
    assert.equal(await cancel({}), '51003');
    const rests = await okx.order({ ...pair, ...limit, clOrdId: 'rests' });
    assert.equal(await cancel({ instId: swap.instId, ordId: rests['ordId'] }), '51400');
    assert.equal(await cancel({ ordId: rests['ordId'] }), '0');
    assert.equal(await cancel({ ordId: rests['ordId'] }), '51401');
    await okx.order({ ...pair, ...limit, ordType: 'ioc', px: '1.1', clOrdId: 'filled' });
    assert.equal(await cancel({ clOrdId: 'filled' }), '51402');
  });
});

describe('several orders at once', () => {
  it('have an outcome each: code 0 for all, 2 for some, 1 for none', async (t) => {
    const okx = await startOkx(t);
    const good = { ...pair, ...limit };
    const bad = { ...good, px: '0' };
    const outcomes = async (batch: Row[]): Promise<[string, unknown[]]> => {
      const { code, data } = await okx.post('trade/batch-orders', batch);
      return [code, data.map(({ sCode }) => sCode)];
    };
    assert.deepEqual(await outcomes([good, good]), ['0', ['0', '0']]);
    assert.deepEqual(await outcomes([good, bad]), ['2', ['0', '51000']]);
    assert.deepEqual(await outcomes([bad, bad]), ['1', ['51000', '51000']]);
    assert.deepEqual(await outcomes(Array.from({ length: 21 }, () => good)), ['51111', []]);
    const open = await okx.list('trade/orders-pending', { instType: 'SPOT' });
    assert.equal(open.length, 3);
    const { code, data } = await okx.post(
      'trade/cancel-batch-orders',
      [...open, { ordId: '1' }].map(({ ordId }) => ({ instId: pair.instId, ordId })),
    );
    assert.deepEqual([code, data.map(({ sCode }) => sCode)], ['2', ['0', '0', '0', '51400']]);
  });

  it('on the spot market: a buy at market spends quote unless it says otherwise', async (t) => {
    const okx = await startOkx(t);
    const buy = { ...pair, side: 'buy', ordType: 'market' };
    await okx.order({ ...buy, sz: '999.65', clOrdId: 'spends' });
    await okx.order({ ...buy, sz: '1000', tgtCcy: 'base_ccy', clOrdId: 'buys' });
    // Both buy 1,000 at 0.99965, and pay 15 bps of the coins bought.
    for (const [clOrdId, sz, tgtCcy] of [
      ['spends', '999.65', 'quote_ccy'],
      ['buys', '1000', 'base_ccy'],
    ] as const) {
      const [order] = await okx.list('trade/order', { instId: pair.instId, clOrdId });
      assert.deepEqual(pick(order, 'state', 'sz', 'tgtCcy', 'accFillSz', 'avgPx', 'fee', 'feeCcy'), [
        'filled',
        sz,
        tgtCcy,
        '1000',
        '0.99965',
        '-1.5',
        'USDC',
      ]);
    }
  });
});
