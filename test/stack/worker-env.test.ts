/** The worker that sends alerts has their secrets and no account's keys; every other one the reverse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workerEnv } from '../../src/stack/workers/worker-env.ts';

const env = {
  PATH: '/bin',
  BASIS_BYBIT_API_KEY: 'key of bybit',
  BASIS_BINANCE_SECRET_FILE: '/run/secrets/binance',
  BASIS_ALERT_PHONE_TOKEN: 'token',
  BASIS_ALERT_TEAM_URL_FILE: '/run/secrets/team',
};
const accounts = ['bybit', 'binance'];

/** What is left of the environment, by name. */
function left(...[role, simulated]: [Parameters<typeof workerEnv>[1], Parameters<typeof workerEnv>[3]]): string[] {
  const changed = { ...env, ...workerEnv(env, role, accounts, simulated) };
  return Object.entries(changed).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
}

test('each role is left what it needs', () => {
  assert.deepEqual(left({ kind: 'basis', bundle: null }, null), [
    'PATH=/bin',
    'BASIS_ALERT_PHONE_TOKEN=token',
    'BASIS_ALERT_TEAM_URL_FILE=/run/secrets/team',
  ]);
  assert.deepEqual(left({ kind: 'market' }, null), ['PATH=/bin']);
  assert.deepEqual(left({ kind: 'venue', account: 'bybit' }, null), ['PATH=/bin', 'BASIS_BYBIT_API_KEY=key of bybit']);
});

test('simulated accounts have simulated keys, whatever is set', () => {
  const simulated = { bybit: { apiKey: 'simulated', secret: 'too', password: 'and this' } };
  assert.deepEqual(left({ kind: 'venue', account: 'bybit' }, simulated), [
    'PATH=/bin',
    'BASIS_BYBIT_API_KEY=simulated',
    'BASIS_BYBIT_SECRET=too',
    'BASIS_BYBIT_PASSPHRASE=and this',
  ]);
});
