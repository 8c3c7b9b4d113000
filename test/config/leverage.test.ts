/** A leverage at which positions would be reduced as soon as they are open is refused, with the highest that is allowed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, parseConfig, type ConfigIssue } from '../../src/config/load.ts';

function issuesOf(leverage: string, strategy = 'depeg: off', account = 'binance'): readonly ConfigIssue[] {
  const terms = (name: string) => (name === account ? `, leverage: ${leverage}` : '');
  const written = `
mode: sandbox
accounts:
  bybit: { venue: bybit, fees: { takerBps: 10, makerBps: 10 }${terms('bybit')} }
  binance: { venue: binanceusdm, fees: { takerBps: 5, makerBps: 2 }${terms('binance')} }
pairs:
  - asset: USDC
    spot: { account: bybit, symbol: USDC/USDT }
    perp: { account: binance, symbol: USDC/USDT:USDT }
strategy: { ${strategy} }
sizing: { bootstrapUsd: 10000 }
`;
  try {
    parseConfig(written, { marketKinds: (venue) => (venue === 'bybit' ? ['spot'] : ['perpetual']) });
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.issues;
  }
  return [];
}

test('at ten times a position opens 7.3 % from its liquidation, under the 10 % at which it is reduced', () => {
  // (1/10 − 0.025) / 1.025 = 0.0731…; 15 % take 1/leverage of 0.025 + 1.025 · 0.15 = 0.17875: at most 5.59… times.
  assert.deepEqual(issuesOf('10'), [
    {
      path: 'accounts.binance.leverage',
      message:
        'a position would open 7.3 % from its liquidation, and it is reduced under 10 % (liquidationDistancePct): at most 5.5',
    },
  ]);
});

test('five points over the distance are room enough, whatever the distance is', () => {
  assert.deepEqual(issuesOf('5.5'), []);
  assert.equal(issuesOf('5.6').length, 1);
  assert.equal(issuesOf('125', 'depeg: off, liquidationDistancePct: 2')[0]?.message.endsWith('at most 10.3'), true);
  // 0.025 + 1.025 · 0.55 = 0.58875: the default of three times is refused too.
  assert.match(issuesOf('3', 'depeg: off, liquidationDistancePct: 50')[0]?.message ?? '', /at most 1\.6$/);
  assert.match(issuesOf('1', 'depeg: off, liquidationDistancePct: 95')[0]?.message ?? '', /none is low enough$/);
});

test('it is no matter where nothing is reduced, and where no perpetual is traded', () => {
  assert.deepEqual(issuesOf('125', 'depeg: off, liquidationDistancePct: 0'), []);
  assert.deepEqual(issuesOf('10', 'depeg: off', 'bybit'), []);
});

test('the default counts as if it was written', () => {
  const issues = issuesOf('3', 'depeg: off, liquidationDistancePct: 40', 'nobody');
  assert.deepEqual(
    issues.map(({ path }) => path),
    ['accounts.binance.leverage'],
  );
});
