/** Who may ask okx, for what, until when, and how often. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Reply } from './support.ts';
import { hmac, pair, pick, startOkx, swap } from './support.ts';

const order = { ...pair, side: 'buy', ordType: 'limit', sz: '10', px: '0.9' } as const;
const standing = 1_700_000_000_000;

describe('a signed request', () => {
  it('has a known key, its passphrase, a fresh time and the right signature, in this order', async (t) => {
    const okx = await startOkx(t, { wallMs: () => standing });
    const ask = async (headers: Record<string, string>): Promise<string> => {
      const { status, code } = await okx.send('GET', 'account/balance', '', headers);
      assert.equal(status, code === '0' ? 200 : 401);
      return code;
    };
    const at = (offsetMs: number): string => new Date(standing + offsetMs).toISOString();
    assert.equal(await ask({}), '0');
    assert.equal(await ask({ 'OK-ACCESS-KEY': 'nobody', 'OK-ACCESS-PASSPHRASE': 'wrong' }), '50111');
    assert.equal(await ask({ 'OK-ACCESS-PASSPHRASE': 'wrong', 'OK-ACCESS-TIMESTAMP': at(-60_000) }), '50105');
    assert.equal(await ask({ 'OK-ACCESS-TIMESTAMP': at(-30_001) }), '50102');
    assert.equal(await ask({ 'OK-ACCESS-TIMESTAMP': at(30_001) }), '50102');
    assert.equal(await ask({ 'OK-ACCESS-TIMESTAMP': String(standing) }), '50112');
    assert.equal(await ask({ 'OK-ACCESS-TIMESTAMP': at(-1) }), '50113');
    assert.equal(await ask({ 'OK-ACCESS-SIGN': 'AA==' }), '50113');
    for (const [name, code] of [
      ['KEY', '50103'],
      ['PASSPHRASE', '50104'],
      ['SIGN', '50106'],
      ['TIMESTAMP', '50107'],
    ] as const) {
      assert.equal(await ask({ [`OK-ACCESS-${name}`]: '' }), code);
    }
  });

  it('signs its query and its body', async (t) => {
    const okx = await startOkx(t, { wallMs: () => standing });
    const { secret } = okx.simulator.address('okx').credentials;
    const time = new Date(standing).toISOString();
    const signed = { 'OK-ACCESS-SIGN': hmac(secret, `${time}GET/api/v5/account/balance?ccy=USDT`) };
    assert.equal((await okx.send('GET', 'account/balance?ccy=USDT', '', signed)).code, '0');
    assert.equal((await okx.send('GET', 'account/balance?ccy=USDC', '', signed)).code, '50113');
    const body = JSON.stringify(order);
    const posted = { 'OK-ACCESS-SIGN': hmac(secret, `${time}POST/api/v5/trade/order${body}`) };
    assert.equal((await okx.send('POST', 'trade/order', body.replace('0.9', '0.8'), posted)).code, '50113');
    assert.equal((await okx.send('POST', 'trade/order', body, posted)).code, '0');
  });

  it('needs the permission', async (t) => {
    const okx = await startOkx(t, { venue: { accounts: [{ name: 'main', permissions: ['read'] }] } });
    assert.equal((await okx.post('trade/order', order)).code, '50120');
    const leverage = { instId: swap.instId, lever: '3', mgnMode: 'cross' };
    assert.equal((await okx.post('account/set-leverage', leverage)).code, '50120');
    assert.deepEqual(await okx.list('trade/orders-pending'), []);
    assert.deepEqual(pick((await okx.list('account/config'))[0], 'perm', 'posMode', 'acctLv'), [
      'read_only',
      'net_mode',
      '3',
    ]);
  });

  it('has JSON as its body, and a path that exists', async (t) => {
    const okx = await startOkx(t);
    const code = async (body: string, headers = {}): Promise<string> =>
      (await okx.send('POST', 'trade/order', body, headers)).code;
    assert.equal(await code('{}', { 'Content-Type': 'text/plain' }), '50006');
    assert.equal(await code(''), '50000');
    for (const body of ['{', '[]', '[1]', '"x"', JSON.stringify([order])])
      assert.equal(await code(body), '50002', body);
    assert.equal((await okx.post('trade/batch-orders', order)).code, '50002');
    const { status } = await okx.get('no/such/path');
    assert.equal(status, 404);
    assert.equal((await okx.get('trade/cancel-order')).code, '50115');
  });
});

describe('an order with an expTime', () => {
  it('is refused once it has passed, and does not exist', async (t) => {
    const okx = await startOkx(t, { wallMs: () => standing });
    const late = await okx.order({ ...order, clOrdId: 'late' }, { expTime: String(standing - 1) });
    assert.deepEqual(pick(late, 'sCode', 'ordId'), ['50036', '']);
    assert.equal((await okx.get('trade/order', { instId: pair.instId, clOrdId: 'late' })).code, '51603');
    assert.equal((await okx.order({ ...order, clOrdId: 'intime' }, { expTime: String(standing) }))['sCode'], '0');
    assert.equal((await okx.post('trade/order', order, { expTime: 'soon' })).code, '51000');
    assert.equal((await okx.list('trade/orders-pending')).length, 1);
  });
});

describe('requests beyond a limit', () => {
  it('are refused with 50011 and 429 until the window ends, each instrument for itself', async (t) => {
    let wallMs = standing;
    const okx = await startOkx(t, { venue: { rateLimits: true }, wallMs: () => wallMs });
    const replies: Reply[] = [];
    for (let index = 0; index < 61; index += 1) replies.push(await okx.post('trade/order', order));
    assert.ok(replies.slice(0, 60).every(({ code }) => code === '0'));
    assert.deepEqual(
      replies.slice(60).map(({ status, code, data }) => [status, code, data]),
      [[429, '50011', []]],
    );
    assert.equal((await okx.post('trade/order', { ...swap, ...order, ...swap })).code, '0');
    wallMs += 2000;
    assert.equal((await okx.post('trade/order', order)).code, '0');
    assert.equal((await okx.list('trade/orders-pending')).length, 62);
  });

  it('count the orders of a batch, and all of an account beside', async (t) => {
    const okx = await startOkx(t, { venue: { rateLimits: true }, wallMs: () => standing });
    const batch = Array.from({ length: 20 }, () => order);
    const send = (instId: string): Promise<Reply> =>
      okx.post(
        'trade/batch-orders',
        batch.map((item) => ({ ...item, instId, tdMode: instId === swap.instId ? 'cross' : 'cash' })),
      );
    for (let index = 0; index < 15; index += 1) assert.equal((await send(pair.instId)).code, '0');
    assert.equal((await send(pair.instId)).status, 429);
    assert.equal((await send(swap.instId)).code, '0');
    assert.equal((await okx.post('trade/batch-orders', [...batch, order])).code, '50011');
  });
});

describe('the timer that cancels all', () => {
  it('cancels what rests when it is not renewed, and says so', async (t) => {
    let wallMs = standing;
    const okx = await startOkx(t, { wallMs: () => wallMs });
    const arm = (timeOut: string): Promise<Reply> => okx.post('trade/cancel-all-after', { timeOut });
    assert.equal((await arm('9')).code, '51000');
    assert.equal((await arm('121')).code, '51000');
    const [armed] = (await arm('10')).data;
    assert.equal(armed?.['triggerTime'], String(standing + 10_000));
    await okx.order({ ...order, clOrdId: 'rests' });
    wallMs += 9000;
    assert.equal((await arm('10')).code, '0');
    wallMs += 9000;
    assert.equal((await okx.list('trade/orders-pending')).length, 1);
    while ((await okx.list('trade/orders-pending')).length > 0) wallMs += 1000;
    const [cancelled] = await okx.list('trade/order', { instId: pair.instId, clOrdId: 'rests' });
    assert.deepEqual(pick(cancelled, 'state', 'cancelSource'), ['canceled', '20']);
  });

  it('is stopped with 0', async (t) => {
    let wallMs = standing;
    const okx = await startOkx(t, { wallMs: () => wallMs });
    await okx.post('trade/cancel-all-after', { timeOut: '10' });
    const [stopped] = (await okx.post('trade/cancel-all-after', { timeOut: '0' })).data;
    assert.equal(stopped?.['triggerTime'], '0');
    await okx.order(order);
    // A second timer is there to be seen to run.
    wallMs += 20_000;
    await okx.post('trade/cancel-all-after', { timeOut: '10' });
    assert.equal((await okx.list('trade/orders-pending')).length, 1);
  });
});
