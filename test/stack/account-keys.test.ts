/** No process sees another's exchange keys. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  accountPrefix,
  checkAccountNames,
  simulatedCredentials,
  withoutForeignKeys,
} from '../../src/stack/home/account-keys.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const env = {
  PATH: '/bin',
  BASIS_HOME: '/home',
  BASIS_A_API_KEY: 'key of a',
  BASIS_A_B_API_KEY: 'key of a-b',
  BASIS_A_B_SECRET_FILE: '/run/secrets/a-b',
};

test('each worker keeps its own keys and loses all others', () => {
  assert.deepEqual(Object.keys(withoutForeignKeys(env, ['a', 'a-b'], 'a')), [
    'BASIS_A_B_API_KEY',
    'BASIS_A_B_SECRET_FILE',
  ]);
  assert.deepEqual(Object.keys(withoutForeignKeys(env, ['a', 'a-b'], 'a-b')), ['BASIS_A_API_KEY']);
  assert.equal(Object.keys(withoutForeignKeys(env, ['a', 'a-b'], null)).length, 3);
});

test('accounts whose variables would collide are refused', () => {
  assert.equal(accountPrefix('binance-main.2'), 'BASIS_BINANCE_MAIN_2_');
  assert.throws(() => checkAccountNames(['a-b', 'a_b']), /accounts a-b and a_b share BASIS_A_B_\*/);
  checkAccountNames(['a', 'a-b']);
});

test('simulated keys are random, private and stay with the home', () => {
  const homeDir = temporaryHome();
  const venue = 'bybit';
  const first = simulatedCredentials(
    homeDir,
    ['a', 'b'].map((name) => ({ name, venue })),
  );
  assert.notEqual(first['a']!.secret, first['b']!.secret);
  assert.match(first['a']!.secret, /^[0-9a-f]{64}$/);
  assert.equal(statSync(join(homeDir, 'credentials.json')).mode & 0o777, 0o600);
  const second = simulatedCredentials(
    homeDir,
    ['a', 'b', 'c'].map((name) => ({ name, venue })),
  );
  assert.deepEqual({ a: second['a'], b: second['b'] }, first);
});
