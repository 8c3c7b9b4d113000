/** Who may ask coinbase, for what, and how often. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rows } from '../../support/json.ts';
import type { Coinbase, Reply, SignedOptions } from './support.ts';
import { legacyHeaders, limit, orderOf, startCoinbase } from './support.ts';

const standing = 1_700_000_000_000;
const standingSeconds = standing / 1000;

async function statuses(count: number, ask: () => Promise<Reply>): Promise<number[]> {
  const found: number[] = [];
  for (let index = 0; index < count; index += 1) found.push((await ask()).status);
  return found.filter((status) => status !== 200);
}

describe('a signed request', () => {
  it('has a token of a known key for this very request, which is current', async (t) => {
    const coinbase = await startCoinbase(t, { wallMs: () => standing });
    const ask = async (given: SignedOptions): Promise<number> => (await coinbase.get('accounts', given)).status;
    const times = (nbf: number, exp: number): SignedOptions => ({
      claims: { nbf: standingSeconds + nbf, exp: standingSeconds + exp },
    });
    assert.equal(await ask({}), 200);
    assert.equal(await ask(times(-100, 1)), 200);
    const refused: readonly SignedOptions[] = [
      times(-121, 0),
      times(1, 100),
      times(0, 121),
      { claims: { nbf: 'now', exp: 'later' } },
      { claims: { iss: 'somebody' } },
      { claims: { sub: 'somebody' } },
      { head: { kid: 'nobody' }, claims: { sub: 'nobody' } },
      { head: { alg: 'none' } },
      { claims: { uri: 'POST api.coinbase.com/api/v3/brokerage/orders' } },
      { claims: { uri: 'GET elsewhere.com/api/v3/brokerage/accounts' } },
      { headers: {} },
      { headers: { authorization: 'Bearer x.y.z' } },
      { headers: { authorization: `Bearer ${coinbase.token()}` } },
    ];
    for (const given of refused) assert.equal(await ask(given), 401, JSON.stringify(given));
    const { headers } = await coinbase.get('accounts', { headers: {} });
    assert.equal(headers.get('content-type'), 'text/plain; charset=utf-8');
  });

  it('is not signed with the key of another account', async (t) => {
    const accounts = [{ name: 'main' }, { name: 'other' }];
    const coinbase = await startCoinbase(t, { venue: { accounts } });
    const { apiKey } = coinbase.simulator.address('coinbase').credentials;
    const forged = { account: 'other', head: { kid: apiKey }, claims: { sub: apiKey } };
    assert.equal((await coinbase.get('accounts', forged)).status, 401);
  });

  it('may have the older headers, whose time is at most thirty seconds off', async (t) => {
    const accounts = [{ name: 'main', apiKey: 'key', secret: 'secret' }];
    const coinbase = await startCoinbase(t, { venue: { accounts }, wallMs: () => standing });
    const ask = async (offset: number, secret = 'secret', key = 'key'): Promise<Reply> => {
      const signed = 'GET/api/v3/brokerage/accounts';
      const headers = legacyHeaders(key, secret, standingSeconds + offset, signed);
      return await coinbase.get('accounts?limit=1', { headers });
    };
    assert.deepEqual([(await ask(-30)).status, (await ask(30)).status], [200, 200]);
    for (const offset of [-31, 31]) {
      const { status, body } = await ask(offset);
      assert.deepEqual([status, rows(body['errors'])[0]?.['message']], [401, 'request timestamp expired']);
    }
    assert.deepEqual([(await ask(0, 'x')).status, (await ask(0, 'secret', 'nobody')).status], [401, 401]);
  });

  it('needs the permission, which the key tells of truthfully', async (t) => {
    const accounts = [
      { name: 'main' },
      { name: 'reader', permissions: ['read'] },
      { name: 'mute', permissions: ['trade'] },
    ];
    const coinbase = await startCoinbase(t, { venue: { accounts } });
    const denied = [403, 'PERMISSION_DENIED'];
    const order = orderOf(limit('100', '0.9'));
    const told = ({ status, body }: Reply): unknown[] => [status, body['error']];
    assert.deepEqual(told(await coinbase.post('orders', order, { account: 'reader' })), denied);
    assert.deepEqual(told(await coinbase.post('orders/batch_cancel', {}, { account: 'reader' })), denied);
    assert.deepEqual(told(await coinbase.get('accounts', { account: 'mute' })), denied);
    const { body } = await coinbase.get('key_permissions', { account: 'reader' });
    assert.deepEqual([body['can_view'], body['can_trade'], body['can_transfer']], [true, false, false]);
    assert.equal((await coinbase.post('orders', order, { account: 'mute' })).status, 200);
  });
});

describe('requests beyond a limit', () => {
  const limited = { rateLimits: true };

  it('of an account are refused after thirty in a second, and told when to come again', async (t) => {
    let wallMs = standing;
    const coinbase = await startCoinbase(t, { venue: limited, wallMs: () => wallMs });
    const ask = (): Promise<Reply> => coinbase.get('accounts');
    assert.deepEqual(await statuses(30, ask), []);
    const { status, headers, body } = await ask();
    assert.deepEqual(
      [status, headers.get('retry-after'), rows(body['errors'])[0]?.['id']],
      [429, '1', 'rate_limit_exceeded'],
    );
    // An order over the limit is no order.
    assert.equal((await coinbase.post('orders', orderOf(limit('100', '0.9')))).status, 429);
    wallMs += 1000;
    assert.deepEqual(rows((await coinbase.get('orders/historical/batch')).body['orders']), []);
    assert.deepEqual(await statuses(30, ask), [429]);
  });

  it('of an address are refused after ten in a second', async (t) => {
    const coinbase = await startCoinbase(t, { venue: limited, wallMs: () => standing });
    assert.deepEqual(await statuses(11, () => coinbase.open('market/products')), [429]);
    // The account's own are counted apart, and the older version by the hour.
    assert.deepEqual(await statuses(1, () => coinbase.get('accounts')), []);
    assert.deepEqual(await statuses(20, () => coinbase.open('/v2/time')), []);
  });
});

describe('a request that is delivered late', () => {
  const fault = { kind: 'late', delayMs: 20, venue: 'coinbase', path: '/api/v3/brokerage/orders' };

  it('is refused once its token has expired: nothing else ends it', async (t) => {
    let wallMs = standing;
    const coinbase = await startCoinbase(t, { wallMs: () => wallMs });
    const late = async (clientOrderId: string, options: object): Promise<void> => {
      await coinbase.simulator.control('POST', '/faults', { ...fault, ...options });
      const order = orderOf(limit('100', '0.9'), { client_order_id: clientOrderId });
      await assert.rejects(coinbase.post('orders', order));
    };
    await late('expired', {});
    wallMs += 120_000;
    await late('in time', {});
    assert.deepEqual(await firstClientIds(coinbase), ['in time']);
  });
});

async function firstClientIds(coinbase: Coinbase): Promise<unknown[]> {
  for (;;) {
    const { body } = await coinbase.get('orders/historical/batch');
    const ids = rows(body['orders']).map((order) => order['client_order_id']);
    if (ids.length > 0) return ids;
  }
}
