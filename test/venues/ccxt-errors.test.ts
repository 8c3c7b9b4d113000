/** A read fails: the caller learns what to do about it, and nothing secret. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { scrub } from '../../src/venues/ccxt-errors.ts';
import { VenueError, type VenueErrorKind } from '../../src/ports/venue.ts';
import { connect, plantedKey, plantedSecret } from './support/connect.ts';
import { breakages, deadlineFor, type Breakage } from './support/fake-venue.ts';

const perpetual = 'USDC/USDT:USDT';

async function failureOf(read: Promise<unknown>): Promise<VenueError> {
  const error = await read.then(
    () => assert.fail('the read succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof VenueError, String(error));
  return error;
}

suite('a failed read of a signed address', { concurrency: 4 }, () => {
  const stories: readonly (readonly [string, Breakage, VenueErrorKind, (number | null)?])[] = [
    ['no answer', breakages.hang, 'unavailable'],
    ['a stalled body', breakages.stalledBody, 'unavailable'],
    ['a reset', breakages.reset, 'unavailable'],
    ['a reset in the middle of the body', breakages.resetMidBody, 'unavailable'],
    ['HTML with 200', breakages.text(200, '<html/>'), 'malformed_reply'],
    ['empty 200', breakages.text(200, ''), 'malformed_reply'],
    ['truncated JSON', breakages.text(200, '{"assets":[{'), 'malformed_reply'],
    ['an object without what was asked for', breakages.json(200, {}), 'malformed_reply'],
    ['HTML with 503', breakages.text(503, '<html/>'), 'unavailable'],
    ['500', breakages.json(500, { code: -1000, msg: 'unknown' }), 'unavailable'],
    ['429', breakages.json(429, { code: -1003, msg: 'slow down' }, { 'retry-after': '7' }), 'rate_limited', 7_000],
    ['418 with HTML', breakages.text(418, '<html/>', { 'retry-after': '60' }), 'rate_limited', 60_000],
    ['a wrong clock', breakages.json(400, { code: -1021, msg: 'outside of the recvWindow' }), 'clock_skew'],
    ['a wrong key', breakages.json(401, { code: -2015, msg: 'Invalid API-key' }), 'unauthorised'],
    ['a wrong parameter', breakages.json(400, { code: -1102, msg: 'Mandatory parameter' }), 'bad_request'],
    ['an unknown symbol', breakages.json(400, { code: -1121, msg: 'Invalid symbol.' }), 'bad_symbol'],
  ];
  for (const [name, breakage, kind, retryAfterMs = null] of stories) {
    test(`${name}: ${kind}`, async (t) => {
      const { venue, fake } = await connect(t, 'binanceusdm', deadlineFor(breakage));
      fake.breakEndpoint('GET', '/fapi/v3/account', breakage);
      const error = await failureOf(venue.reading([perpetual]));
      assert.deepEqual([error.kind, error.retryAfterMs], [kind, retryAfterMs], error.message);
      assert.doesNotMatch(`${error.message} ${error.stack}`, /PLANTED|signature=[0-9a-f]|https?:\/\/\S*\?/);
    });
  }

  for (const code of [10003, 10004, 10005, 10010]) {
    test(`${code} at bybit: unauthorised`, async (t) => {
      const { venue, fake } = await connect(t, 'bybit');
      await venue.reading(['USDC/USDT']);
      fake.breakEndpoint('GET', '/v5/account/wallet-balance', breakages.json(200, { retCode: code, retMsg: 'no' }));
      assert.equal((await failureOf(venue.reading(['USDC/USDT']))).kind, 'unauthorised');
    });
  }

  test('-2015 after requests that were accepted is no rate limit', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    await venue.reading([perpetual]);
    fake.breakEndpoint('GET', '/fapi/v3/account', breakages.json(401, { code: -2015, msg: 'Invalid API-key' }));
    assert.equal((await failureOf(venue.reading([perpetual]))).kind, 'unauthorised');
  });

  test('a ban says until when', async (t) => {
    const { venue, fake } = await connect(t, 'binanceusdm');
    const bannedUntilMs = Date.now() + 90_000;
    const body = { code: -1003, msg: `Way too much request weight used; IP banned until ${bannedUntilMs}.` };
    fake.breakEndpoint('GET', '/fapi/v3/account', breakages.json(418, body));
    const { retryAfterMs } = await failureOf(venue.reading([perpetual]));
    assert.ok(retryAfterMs !== null && retryAfterMs > 80_000 && retryAfterMs <= 90_000, String(retryAfterMs));
  });
});

suite('scrubbing', () => {
  const credentials = { apiKey: plantedKey, secret: plantedSecret, password: 'PLANTED-PASSWORD' };
  const secrets = [
    plantedKey,
    plantedSecret,
    'PLANTED-PASSWORD',
    `https://fapi.binance.com/fapi/v1/order?symbol=X&signature=${'0f'.repeat(32)}`,
    `signature=${'0f'.repeat(32)}`,
    `"X-BAPI-SIGN":"${'ab'.repeat(32)}"`,
    `X-MBX-APIKEY: SOMEKEY-PLANTED`,
    `{"apiKey":"PLANTED-ELSEWHERE"}`,
    'ab'.repeat(32),
  ];
  for (const secret of secrets) {
    test(`removes ${secret.slice(0, 32)}`, () => {
      const clean = scrub(`before ${secret} after`, credentials);
      assert.doesNotMatch(clean, /PLANTED|(0f){8}|(ab){8}|\?symbol/);
      assert.match(clean, /^before .*after$/);
    });
  }

  test('keeps what a person needs, and not more', () => {
    assert.equal(
      scrub('binance {"code":-2019,"msg":"Margin is insufficient."}', credentials),
      'binance {"code":-2019,"msg":"Margin is insufficient."}',
    );
    assert.ok(scrub('x'.repeat(10_000), credentials).length < 300);
  });
});
