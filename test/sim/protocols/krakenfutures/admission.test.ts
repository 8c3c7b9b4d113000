/** Who may ask kraken futures, for what, how often and until when. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { row, rows } from '../../support/json.ts';
import { openIds, placed, resting, startKrakenFutures } from './support.ts';
import type { KrakenFutures, Reply } from './support.ts';

const standing = 1_700_000_000_000;

describe('a signed request', () => {
  it('has a known key and the right signature', async (t) => {
    const exchange = await startKrakenFutures(t);
    const ask = async (headers: Record<string, string>): Promise<[number, string]> => {
      const { status, error } = await exchange.get('accounts', {}, { headers });
      return [status, error];
    };
    assert.deepEqual(await ask({}), [200, '']);
    for (const headers of [
      { apikey: 'nobody' },
      { apikey: '' },
      { authent: 'AAAA' },
      { authent: '' },
      { nonce: '5' },
    ]) {
      assert.deepEqual(await ask(headers), [200, 'authenticationError'], JSON.stringify(headers));
    }
  });

  it('has a nonce that was not used, and is not below those of thirty seconds ago', async (t) => {
    let wallMs = standing;
    const exchange = await startKrakenFutures(t, { wallMs: () => wallMs });
    const ask = async (nonce: string): Promise<string> => (await exchange.get('accounts', {}, { nonce })).error;
    // They may overtake each other, but none comes twice.
    assert.deepEqual([await ask('50'), await ask('40'), await ask('40')], ['', '', 'nonceDuplicate']);
    wallMs += 30_001;
    assert.deepEqual(
      [await ask('60'), await ask('45'), await ask('50'), await ask('51')],
      ['', 'nonceBelowThreshold', 'nonceBelowThreshold', ''],
    );
    assert.equal(await ask('x'), 'invalidArgument: nonce');
  });

  it('needs the permission, which the key tells of truthfully', async (t) => {
    const accounts = [{ name: 'main' }, { name: 'reader', permissions: ['read'] }];
    const exchange = await startKrakenFutures(t, { venue: { accounts } });
    const reader = { account: 'reader' };
    for (const path of ['sendorder', 'cancelorder', 'cancelallorders', 'cancelallordersafter', 'batchorder']) {
      assert.equal((await exchange.post(path, resting, reader)).error, 'authenticationError', path);
    }
    assert.equal((await exchange.get('accounts', {}, reader)).error, '');
    const general = async (account: string): Promise<unknown> => {
      const { body } = await exchange.get('/api/auth/v1/api-keys/v3/check', {}, { account });
      return row(body['permissions'])['general'];
    };
    assert.deepEqual([await general('main'), await general('reader')], ['FULL_ACCESS', 'READ_ONLY']);
  });
});

describe('requests beyond a limit', () => {
  async function repeated(count: number, ask: () => Promise<Reply>): Promise<string[]> {
    const errors: string[] = [];
    for (let index = 0; index < count; index += 1) errors.push((await ask()).error);
    return errors.filter((error) => error !== '');
  }

  it('are refused once 500 are spent, of which an order costs 10, and told when to come again', async (t) => {
    let wallMs = standing;
    const exchange = await startKrakenFutures(t, { venue: { rateLimits: true }, wallMs: () => wallMs });
    const send = (): Promise<Reply> => exchange.post('sendorder', resting);
    assert.deepEqual(await repeated(50, send), []);
    const { status, error, headers } = await send();
    assert.deepEqual([status, error, headers.get('retry-after')], [429, 'apiLimitExceeded', '1']);
    // Fifty a second come back.
    wallMs += 1000;
    assert.deepEqual(await repeated(6, send), ['apiLimitExceeded']);
    assert.equal((await exchange.get('openorders')).error, 'apiLimitExceeded');
    wallMs += 1000;
    assert.equal((await openIds(exchange)).length, 55);
  });

  it('are counted apart for the history, and not at all in public', async (t) => {
    const exchange = await startKrakenFutures(t, { venue: { rateLimits: true }, wallMs: () => standing });
    const log = (): Promise<Reply> => exchange.get('/api/history/v3/account-log', { count: 1000 });
    // 100 in ten minutes; a thousand rows cost 3.
    assert.deepEqual(await repeated(34, log), ['apiLimitExceeded']);
    assert.equal((await exchange.get('accounts')).error, '');
    assert.deepEqual(await repeated(200, () => exchange.open('tickers')), []);
  });
});

describe('the dead-man timer', () => {
  it('cancels everything when it is not renewed, and nothing once it is stopped', async (t) => {
    let wallMs = standing;
    const accounts = [{ name: 'main' }, { name: 'other' }];
    const exchange = await startKrakenFutures(t, { venue: { accounts }, wallMs: () => wallMs });
    const arm = async (timeout: number, account = 'main'): Promise<unknown> => {
      const { body } = await exchange.post('cancelallordersafter', { timeout }, { account });
      return row(body['status'])['triggerTime'];
    };
    /** The timer of another account has gone off: that of the first one would have as well. */
    const timersHaveGoneOff = async (): Promise<void> => {
      await exchange.post('sendorder', resting, { account: 'other' });
      await arm(1, 'other');
      wallMs += 1000;
      while ((await openIds(exchange, 'other')).length > 0);
    };
    await placed(exchange);
    await placed(exchange);
    assert.equal(await arm(60), new Date(standing + 60_000).toISOString());
    wallMs += 50_000;
    await arm(60);
    wallMs += 50_000;
    await timersHaveGoneOff();
    assert.equal((await openIds(exchange)).length, 2);
    assert.equal(await arm(0), '0');
    wallMs += 3_600_000;
    await timersHaveGoneOff();
    assert.equal((await openIds(exchange)).length, 2);
    await arm(60);
    wallMs += 60_000;
    await timersHaveGoneOff();
    assert.deepEqual(await openIds(exchange), []);
    const told = rows((await exchange.get('/api/history/v3/orders')).body['elements']);
    const ends = told.flatMap(({ event }) => row(event)['OrderCancelled'] ?? []);
    assert.deepEqual(
      rows(ends).map(({ reason }) => reason),
      ['dead_man_switch', 'dead_man_switch'],
    );
    await refusesTimeouts(exchange);
  });
});

async function refusesTimeouts(exchange: KrakenFutures): Promise<void> {
  assert.equal((await exchange.post('cancelallordersafter')).error, 'requiredArgumentMissing');
  for (const timeout of ['-1', 'x', '999999999999999']) {
    assert.equal((await exchange.post('cancelallordersafter', { timeout })).error, 'invalidArgument: timeout');
  }
}
