/** Who may ask kraken, for what, how often and until when. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { row } from '../../support/json.ts';
import type { Kraken } from './support.ts';
import { placed, resting, startKraken } from './support.ts';

/** A whole second, as deadlines are written. */
const standing = 1_700_000_000_000;

async function errorsOf(count: number, ask: () => ReturnType<Kraken['signed']>): Promise<string[]> {
  const errors: string[] = [];
  for (let index = 0; index < count; index += 1) errors.push((await ask()).error);
  return errors;
}

const none = (count: number): string[] => Array.from({ length: count }, () => '');

describe('a signed request', () => {
  it('has a known key, a nonce and the right signature, in this order', async (t) => {
    const kraken = await startKraken(t);
    const ask = async (options: Parameters<Kraken['signed']>[2]): Promise<string> =>
      (await kraken.signed('Balance', {}, options)).error;
    assert.equal(await ask({}), '');
    assert.equal(await ask({ headers: { 'api-key': 'nobody', 'api-sign': 'x' }, body: 'nonce=x' }), 'EAPI:Invalid key');
    assert.equal(await ask({ headers: { 'api-sign': 'x' }, body: 'nonce=x' }), 'EAPI:Invalid nonce');
    assert.equal(await ask({ headers: { 'api-sign': 'x' }, body: '' }), 'EAPI:Invalid nonce');
    assert.equal(await ask({ headers: { 'api-sign': 'AAAA' } }), 'EAPI:Invalid signature');
    assert.equal(await ask({ body: 'nonce=1000002&changed=1', nonce: '1000003' }), 'EAPI:Invalid signature');
  });

  it('has a nonce that is at most ten seconds of milliseconds below the highest', async (t) => {
    const kraken = await startKraken(t);
    const ask = async (nonce: number): Promise<string> =>
      (await kraken.signed('Balance', {}, { nonce: String(nonce) })).error;
    assert.deepEqual(
      [
        await ask(50_000),
        await ask(50_000),
        await ask(40_001),
        await ask(40_000),
        await ask(50_001),
        await ask(40_001),
      ],
      ['', '', '', 'EAPI:Invalid nonce', '', 'EAPI:Invalid nonce'],
    );
    // A request that was refused for its signature has used no nonce.
    const forged = { nonce: '90000', headers: { 'api-sign': 'AAAA' } };
    assert.equal((await kraken.signed('Balance', {}, forged)).error, 'EAPI:Invalid signature');
    assert.equal(await ask(50_002), '');
  });

  it('needs the permission, which the key tells of truthfully', async (t) => {
    const accounts = [
      { name: 'main' },
      { name: 'reader', permissions: ['read'] },
      { name: 'mute', permissions: ['trade'] },
    ];
    const kraken = await startKraken(t, { venue: { accounts } });
    const denied = 'EGeneral:Permission denied';
    const ask = async (account: string, name: string): Promise<string> =>
      (await kraken.signed(name, resting, { account })).error;
    for (const name of ['AddOrder', 'CancelAll', 'CancelAllOrdersAfter'])
      assert.equal(await ask('reader', name), denied);
    for (const name of ['Balance', 'OpenOrders', 'GetWebSocketsToken']) assert.equal(await ask('mute', name), denied);
    assert.deepEqual([await ask('reader', 'Balance'), await ask('mute', 'AddOrder')], ['', '']);
    const { result } = await kraken.signed('GetApiKeyInfo', {}, { account: 'mute' });
    assert.deepEqual([result['permissions'], result['nonceWindow']], [['modify-trades', 'close-trades'], 10_000]);
  });
});

describe('requests beyond a limit', () => {
  it("fill a key's counter of 20, by one or two, which falls by one a second", async (t) => {
    let wallMs = standing;
    const kraken = await startKraken(t, { venue: { rateLimits: true }, wallMs: () => wallMs });
    const exceeded = 'EAPI:Rate limit exceeded';
    assert.deepEqual(await errorsOf(9, () => kraken.signed('TradesHistory')), none(9));
    assert.deepEqual(await errorsOf(3, () => kraken.signed('Balance')), ['', '', exceeded]);
    assert.equal((await kraken.signed('TradesHistory')).error, exceeded);
    wallMs += 1000;
    assert.deepEqual(await errorsOf(2, () => kraken.signed('Balance')), ['', exceeded]);
    // Orders are counted apart.
    assert.equal((await kraken.signed('AddOrder', resting)).error, '');
  });

  it("fill a pair's counter of 180 with orders, and faster with orders cancelled young", async (t) => {
    let wallMs = standing;
    const kraken = await startKraken(t, { venue: { rateLimits: true }, wallMs: () => wallMs });
    // Each adds 1 and, cancelled within five seconds, 8 more.
    for (let index = 0; index < 20; index += 1) {
      await kraken.done('CancelOrder', { txid: await placed(kraken) });
    }
    assert.equal((await kraken.signed('AddOrder', resting)).error, 'EOrder:Rate limit exceeded');
    wallMs += 1000;
    // 3.75 a second
    assert.deepEqual(await errorsOf(4, () => kraken.signed('AddOrder', resting)), [
      ...none(3),
      'EOrder:Rate limit exceeded',
    ]);
    // Whoever cancels reduces risk.
    const { open } = await kraken.done('OpenOrders');
    for (const txid of Object.keys(row(open))) await kraken.done('CancelOrder', { txid });
  });

  it('from one address are counted by pair where they are of a pair', async (t) => {
    const kraken = await startKraken(t, { venue: { rateLimits: true }, wallMs: () => standing });
    const book = (): ReturnType<Kraken['open']> => kraken.open('Depth', { pair: 'USDCUSD' });
    assert.deepEqual(await errorsOf(31, book), [...none(30), 'EGeneral:Too many requests']);
    assert.deepEqual(await errorsOf(31, () => kraken.open('Time')), [...none(30), 'EGeneral:Too many requests']);
  });
});

describe('a deadline', () => {
  const at = (offsetMs: number): string => new Date(standing + offsetMs).toISOString();

  it('refuses the order that comes after it, and one too far ahead', async (t) => {
    const kraken = await startKraken(t, { wallMs: () => standing });
    const ask = async (deadline: string): Promise<string> =>
      (await kraken.signed('AddOrder', { ...resting, deadline })).error;
    assert.equal(await ask(at(-1)), 'EService:Deadline elapsed');
    assert.equal(await ask(at(60_001)), 'EGeneral:Invalid arguments:deadline');
    assert.deepEqual(row((await kraken.done('OpenOrders'))['open']), {});
    assert.deepEqual([await ask(at(0)), await ask(at(60_000))], ['', '']);
    assert.equal(Object.keys(row((await kraken.done('OpenOrders'))['open'])).length, 2);
  });

  it('is met by the time at which the order is executed: what arrives late is refused then', async (t) => {
    let wallMs = standing;
    const kraken = await startKraken(t, { wallMs: () => wallMs });
    const fault = { kind: 'late', delayMs: 50, venue: 'kraken', path: '/0/private/AddOrder' };
    await kraken.simulator.control('POST', '/faults', fault);
    await assert.rejects(kraken.signed('AddOrder', { ...resting, cl_ord_id: 'late', deadline: at(10) }));
    wallMs += 50;
    await kraken.simulator.control('POST', '/faults', { ...fault, ignoreExpiry: true });
    await assert.rejects(kraken.signed('AddOrder', { ...resting, cl_ord_id: 'later', deadline: at(10) }));
    let open: Record<string, unknown> = {};
    while (Object.keys(open).length === 0) open = { ...row((await kraken.done('OpenOrders'))['open']) };
    assert.deepEqual(
      Object.values(open).map((order) => row(order)['cl_ord_id']),
      ['later'],
    );
  });
});

describe('the dead-man timer', () => {
  it('cancels everything when it is not renewed, and nothing once it is stopped', async (t) => {
    let wallMs = standing;
    const accounts = [{ name: 'main' }, { name: 'other' }];
    const kraken = await startKraken(t, { venue: { accounts }, wallMs: () => wallMs });
    const arm = async (timeout: number, account = 'main'): Promise<unknown> =>
      (await kraken.signed('CancelAllOrdersAfter', { timeout }, { account })).result['triggerTime'];
    const openCount = async (account = 'main'): Promise<number> =>
      Object.keys(row((await kraken.signed('OpenOrders', {}, { account })).result['open'])).length;
    /** The timer of another account has gone off: that of the first one would have as well. */
    const timersHaveGoneOff = async (): Promise<void> => {
      await kraken.signed('AddOrder', resting, { account: 'other' });
      await arm(1, 'other');
      wallMs += 1000;
      while ((await openCount('other')) > 0);
    };
    await placed(kraken);
    await placed(kraken);
    assert.equal(await arm(60), new Date(standing + 60_000).toISOString().replace('.000', ''));
    wallMs += 50_000;
    await arm(60);
    wallMs += 50_000;
    await timersHaveGoneOff();
    assert.equal(await openCount(), 2);
    assert.equal(await arm(0), '0');
    wallMs += 3_600_000;
    await timersHaveGoneOff();
    assert.equal(await openCount(), 2);
    await arm(60);
    wallMs += 60_000;
    await timersHaveGoneOff();
    assert.equal(await openCount(), 0);
    for (const timeout of [-1, 86_401]) {
      const { error } = await kraken.signed('CancelAllOrdersAfter', { timeout });
      assert.equal(error, 'EGeneral:Invalid arguments:timeout');
    }
  });
});
