import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeSimConfig } from '../../src/stack/sim-config.ts';

const accounts = [
  { name: 'spot', venue: 'bybit' },
  { name: 'perp', venue: 'binanceusdm' },
];
const credentials = { spot: { apiKey: 'k1', secret: 's1' }, perp: { apiKey: 'k2', secret: 's2' } };
const ports = { bybit: 4001, binanceusdm: 4002 };

test('each account gets its keys and each venue its port; all else stays as written', () => {
  const bybit = {
    funding: { kind: 'constant' },
    accounts: [{ name: 'spot', balances: { USDT: '5' } }, { name: 'other' }],
  };
  const config = { tape: 'tape.csv', venues: { bybit, binanceusdm: { port: 9 } } };
  assert.deepEqual(completeSimConfig(config, accounts, credentials, ports), {
    tape: 'tape.csv',
    venues: {
      bybit: {
        port: 4001,
        funding: { kind: 'constant' },
        accounts: [{ name: 'other' }, { name: 'spot', balances: { USDT: '5' }, apiKey: 'k1', secret: 's1' }],
      },
      binanceusdm: { port: 9, accounts: [{ name: 'perp', apiKey: 'k2', secret: 's2' }] },
    },
  });
  assert.deepEqual(
    bybit.accounts[0],
    { name: 'spot', balances: { USDT: '5' } },
    'the caller’s own object is left alone',
  );
});
