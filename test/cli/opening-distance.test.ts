/** What the doctor says of a leverage, once the exchange has said its own maintenance margin. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openingDistance, type CheckedAccount } from '../../src/cli/doctor/judge-account.ts';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { parseConfig } from '../../src/config/load.ts';

const symbol = 'USDE/USDC:USDC';

function account(liquidationDistancePct: DecimalText): CheckedAccount {
  const { accounts } = parseConfig(
    `
mode: sandbox
accounts:
  bybit: { venue: bybit, fees: { takerBps: 10, makerBps: 10 } }
  main: { venue: hyperliquid, leverage: 3, fees: { takerBps: 5, makerBps: 2 } }
pairs:
  - asset: USDE
    spot: { account: bybit, symbol: USDE/USDC }
    perp: { account: main, symbol: ${symbol} }
strategy: { depeg: off }
sizing: { bootstrapUsd: 10000 }
`,
    { marketKinds: () => ['spot', 'perpetual'] },
  );
  const terms = accounts['main'] ?? assert.fail();
  const symbols = [symbol];
  return {
    name: 'main',
    venue: 'hyperliquid',
    terms,
    symbols,
    perpetuals: symbols,
    generated: [],
    liquidationDistancePct,
  };
}

test('three times is far enough with a maintenance margin of 10 %, and not with 20 %', () => {
  // (1/3 − 0.1) / 1.1 = 0.2121…; (1/3 − 0.2) / 1.2 = 0.1111…
  const far = openingDistance(account('12'), symbol, { kind: 'told', value: '0.1' });
  assert.deepEqual([far.status, far.finding], ['ok', `${symbol} opens 21.2 % from its liquidation at 3x`]);
  const near = openingDistance(account('12'), symbol, { kind: 'told', value: '0.2' });
  assert.equal(near.status, 'warning');
  assert.equal(
    near.finding,
    `${symbol} opens 11.1 % from its liquidation at 3x, and is reduced under 12 %: its maintenance margin is 20.0 %`,
  );
});

test('where nothing is reduced any leverage is far enough', () => {
  assert.equal(openingDistance(account('0'), symbol, { kind: 'told', value: '0.2' }).status, 'ok');
});

test('what the exchange does not say is assumed by the configuration, and said to be', () => {
  const untold = openingDistance(account('12'), symbol, { kind: 'cannot_tell', reason: 'okx says none' });
  assert.deepEqual([untold.status, untold.finding], ['cannot_be_told', 'okx says none']);
  assert.match(untold.advice ?? '', /2\.5 % is assumed/);
});
