/** Who may ask bybit, for what, and how often. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { row, rows } from '../../support/json.ts';
import type { Reply } from './support.ts';
import { pair, perpetual, startBybit } from './support.ts';

const order = { ...pair, side: 'Buy', orderType: 'Limit', qty: '10', price: '0.9' } as const;
const standing = 1_700_000_000_000;

function limits({ headers }: Reply): (string | null)[] {
  return ['x-bapi-limit', 'x-bapi-limit-status', 'x-bapi-limit-reset-timestamp'].map((name) => headers.get(name));
}

describe('a signed request', () => {
  it('has a known key, a fresh time and the right signature, in this order', async (t) => {
    const bybit = await startBybit(t);
    const ask = async (headers: Record<string, string>): Promise<number> =>
      (await bybit.send('GET', '/v5/account/info', '', headers)).code;
    assert.equal(await ask({}), 0);
    assert.equal(await ask({ 'x-bapi-api-key': 'nobody', 'x-bapi-timestamp': '1' }), 10003);
    assert.equal(await ask({ 'x-bapi-timestamp': String(Date.now() - 6000) }), 10002);
    assert.equal(await ask({ 'x-bapi-timestamp': String(Date.now() + 2000) }), 10002);
    assert.equal(await ask({ 'x-bapi-timestamp': 'soon' }), 10001);
    assert.equal(await ask({ 'x-bapi-sign': '00' }), 10004);
    assert.equal(await ask({ 'x-bapi-recv-window': '4000' }), 10004);
  });

  it('needs the permission, which the key tells of truthfully', async (t) => {
    const venue = { accounts: [{ name: 'main', permissions: ['read', 'withdraw'] }] };
    const bybit = await startBybit(t, { venue });
    const { result } = await bybit.get('/v5/user/query-api');
    assert.equal(result['readOnly'], 1);
    assert.deepEqual(row(result['permissions'])['Wallet'], ['AccountTransfer', 'Withdraw']);
    assert.equal((await bybit.post('/v5/order/create', order)).code, 10005);
    assert.equal((await bybit.post('/v5/position/set-leverage', perpetual)).code, 10005);
    assert.deepEqual(await bybit.list('/v5/order/realtime', pair), []);
    const trader = await startBybit(t);
    const usual = (await trader.get('/v5/user/query-api')).result;
    assert.deepEqual([usual['readOnly'], row(usual['permissions'])['Wallet']], [0, []]);
  });
});

describe('requests beyond a limit', () => {
  it('are refused with 10006 and the time at which it ends, until then', async (t) => {
    let wallMs = standing;
    const bybit = await startBybit(t, { venue: { rateLimits: true }, wallMs: () => wallMs });
    const replies: Reply[] = [];
    for (let index = 0; index < 21; index += 1) replies.push(await bybit.post('/v5/order/create', order));
    assert.deepEqual(
      replies.map(({ code }) => code),
      [...Array.from({ length: 20 }, () => 0), 10006],
    );
    assert.deepEqual(replies.slice(0, 1).map(limits), [['20', '19', String(standing)]]);
    assert.deepEqual(replies.slice(-1).map(limits), [['20', '0', String(standing + 1000)]]);
    // Contracts are counted apart, ten a second.
    assert.deepEqual(limits(await bybit.post('/v5/order/cancel', { ...perpetual, orderId: '1' })), [
      '10',
      '9',
      String(standing),
    ]);
    wallMs += 1000;
    assert.equal((await bybit.post('/v5/order/create', order)).code, 0);
    assert.equal((await bybit.list('/v5/order/realtime', { ...pair, limit: 50 })).length, 21);
  });

  it('let through as many orders of a batch as are left', async (t) => {
    const bybit = await startBybit(t, { venue: { rateLimits: true }, wallMs: () => standing });
    const one = { symbol: 'USDCUSDT', side: 'Buy', orderType: 'Limit', qty: '10', price: '0.9' };
    const { result, extInfo } = await bybit.post('/v5/order/create-batch', {
      category: 'linear',
      request: Array.from({ length: 12 }, (_, index) => ({ ...one, orderLinkId: `b-${index}` })),
    });
    assert.deepEqual(
      rows(extInfo['list']).map(({ code }) => code),
      [...Array.from({ length: 10 }, () => 0), 10006, 10006],
    );
    assert.deepEqual(
      rows(result['list'])
        .slice(9, 11)
        .map((line) => [line['orderLinkId'], line['orderId'] === '']),
      [
        ['b-9', false],
        ['b-10', true],
      ],
    );
  });

  it('from one address are refused with 403 after 600 in five seconds', async (t) => {
    const bybit = await startBybit(t, { venue: { rateLimits: true }, wallMs: () => standing });
    const ask = (): Promise<Reply> => bybit.send('GET', '/v5/market/time', '');
    for (let index = 0; index < 60; index += 1) {
      const answers = await Promise.all(Array.from({ length: 10 }, ask));
      assert.ok(answers.every(({ code }) => code === 0));
    }
    const { status, code } = await ask();
    assert.deepEqual([status, code], [403, 10018]);
  });
});
