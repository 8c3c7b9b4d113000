/** A leverage at which positions would be reduced as soon as they are open is refused, with the highest that is allowed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, parseConfig, type ConfigIssue } from '../../src/config/load.ts';

function issuesOf(
  leverage: string,
  strategy = 'depeg: off',
  account = 'binance',
  atBybit: readonly ('spot' | 'perpetual')[] = ['spot'],
): readonly ConfigIssue[] {
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
    parseConfig(written, { marketKinds: (venue) => (venue === 'bybit' ? atBybit : ['perpetual']) });
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.issues;
  }
  return [];
}

test('at ten times a position opens 7.3 % from its liquidation, under the 10 % at which it is reduced', () => {
  // (1/10 − 0.025) / 1.025 = 0.0731…; 10 % take 1/leverage of 0.025 + 1.025 · 0.1 = 0.1275: at most 7.84… times.
  assert.deepEqual(issuesOf('10'), [
    {
      path: 'accounts.binance.leverage',
      message:
        'on an account that holds no more than its margin a position would open 7.3 % from its liquidation, and it is reduced under 10 % (liquidationDistancePct): at most 7.8, with a maintenance margin of 2.5 %, which is assumed',
    },
  ]);
});

test('as far as the distance is far enough, whatever the distance is', () => {
  assert.deepEqual(issuesOf('7.8'), []);
  assert.equal(issuesOf('7.9').length, 1);
  assert.match(issuesOf('125', 'depeg: off, liquidationDistancePct: 2')[0]?.message ?? '', /at most 21\.9,/);
  // 0.025 + 1.025 · 0.5 = 0.5375: the default of three times is refused too.
  assert.match(issuesOf('3', 'depeg: off, liquidationDistancePct: 50')[0]?.message ?? '', /at most 1\.8,/);
  // Even at once: 0.975 / 1.025.
  const none = issuesOf('1', 'depeg: off, liquidationDistancePct: 96')[0]?.message;
  assert.match(none ?? '', /liquidationDistancePct at most 95\.1,/);
});

test('an account of which no pair has the perpetual is as it may be, though its exchange lists some', () => {
  assert.deepEqual(issuesOf('2', 'depeg: off, liquidationDistancePct: 30', 'binance', ['spot', 'perpetual']), []);
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
