/** What a venue charges for a liquidation: booked once, and a part of what the struck position came to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimal, one } from '../../src/domain/decimal.ts';
import type { LiquidationCharge } from '../../src/domain/margin/liquidation-charge.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { hedged, perpetual, takenByVenue } from './support/hedged-position.ts';
import { nowMs } from './support/requests.ts';
import { withLedger } from './support/with-ledger.ts';

const charge: LiquidationCharge = {
  chargeId: '77',
  symbol: perpetual,
  amount: '-5',
  currency: 'USDT',
  chargedAtMs: nowMs + 20,
};

async function liquidated(ledger: Ledger): Promise<string> {
  const key = await hedged(ledger, 'A');
  const taken = takenByVenue('1000', { executedAtMs: nowMs + 20 });
  await ledger.bookVenueFills('binance', perpetual, [taken], { kind: 'perpetual', venueHeldBase: '0', first: null });
  return key;
}

const attribution = {
  basisUsd: '0',
  fundingUsd: '0',
  feesUsd: '-1',
  slippageUsd: '0',
  borrowUsd: '0',
  quoteCurrencyUsd: '0',
  realisedUsd: '-1',
};

test('a charge that comes after the end of its position puts its fees right, once', () =>
  withLedger(async ({ ledger }) => {
    const key = await liquidated(ledger);
    await ledger.updatePosition({ key, status: 'closed', nowWallMs: nowMs + 100, attribution });
    for (let time = 1; time <= 2; time += 1) await ledger.recordLiquidationCharges('binance', [charge]);
    const position = await ledger.position(key);
    assert.equal(position?.attribution?.feesUsd, '-6');
    assert.equal(position.attribution.realisedUsd, '-6');
    assert.deepEqual(await ledger.liquidationChargesOf('binance'), [{ ...charge, account: 'binance' }]);
    assert.deepEqual(await ledger.liquidationChargesOf('bybit'), []);
    // It is money that left the account.
    const flows = await ledger.accountFlows('binance', nowMs - 1, null);
    assert.equal(flows.paid.find(({ currency }) => currency === 'USDT')?.amount, '-5');
    assert.equal(await ledger.isAccountQuiet('binance', nowMs + 20, nowMs + 20), false);
  }));

test('of a position that has not ended it is left to its settlement, and another amount is refused', () =>
  withLedger(async ({ ledger }) => {
    const key = await liquidated(ledger);
    await ledger.recordLiquidationCharges('binance', [charge]);
    assert.equal((await ledger.position(key))?.attribution, null);
    await assert.rejects(
      ledger.recordLiquidationCharges('binance', [{ ...charge, amount: '-6' }]),
      /charge 77 of binance is booked as -5, the venue says -6/,
    );
  }));

test('a charge that was booked as nothing is put right by what the venue says of it later', () =>
  withLedger(async ({ ledger }) => {
    const key = await liquidated(ledger);
    await ledger.updatePosition({ key, status: 'closed', nowWallMs: nowMs + 100, attribution });
    await ledger.recordLiquidationCharges('binance', [{ ...charge, amount: '0' }]);
    for (let time = 1; time <= 2; time += 1) await ledger.recordLiquidationCharges('binance', [charge]);
    assert.equal((await ledger.position(key))?.attribution?.feesUsd, '-6');
    assert.deepEqual(await ledger.liquidationChargesOf('binance'), [{ ...charge, account: 'binance' }]);
  }));

/** `name`'s perpetual, struck `afterMs` after the moment of all these tests. */
async function struck(ledger: Ledger, name: string, afterMs: number): Promise<string> {
  const key = await hedged(ledger, name);
  const taken = takenByVenue('1000', { venueOrderId: name, tradeId: name, executedAtMs: nowMs + afterMs });
  await ledger.bookVenueFills('binance', perpetual, [taken], { kind: 'perpetual', venueHeldBase: '0', first: key });
  return key;
}

const end = (ledger: Ledger, key: string) =>
  ledger.updatePosition({ key, status: 'closed', nowWallMs: nowMs + 100, attribution });

async function chargedUsd(ledger: Ledger, ...keys: readonly string[]): Promise<(string | undefined)[]> {
  const rows = await Promise.all(keys.map((key) => ledger.position(key)));
  // Each paid 1 beside.
  return rows.map((row) => (row?.attribution ? decimal(row.attribution.feesUsd).plus(one).toFixed() : undefined));
}

test('two liquidations within a minute are paid for once, whichever position ends in between', () =>
  withLedger(async ({ ledger }) => {
    const first = await struck(ledger, 'A', 0);
    await ledger.recordLiquidationCharges('binance', [{ ...charge, chargeId: '1', chargedAtMs: nowMs }]);
    await end(ledger, first);
    assert.deepEqual(await chargedUsd(ledger, first), ['-5']);
    const second = await struck(ledger, 'B', 35_000);
    await ledger.recordLiquidationCharges('binance', [{ ...charge, chargeId: '2', chargedAtMs: nowMs + 35_000 }]);
    await end(ledger, second);
    assert.deepEqual(await chargedUsd(ledger, first, second), ['-5', '-5']);
  }));

test('a charge that was booked before all its fills is shared out again once they are', () =>
  withLedger(async ({ ledger }) => {
    const first = await struck(ledger, 'A', 0);
    await end(ledger, first);
    await ledger.recordLiquidationCharges('binance', [charge]);
    assert.deepEqual(await chargedUsd(ledger, first), ['-5']);
    const second = await struck(ledger, 'B', 40);
    assert.deepEqual(await chargedUsd(ledger, first, second), ['-2.5', undefined]);
    await end(ledger, second);
    await end(ledger, second);
    assert.deepEqual(await chargedUsd(ledger, first, second), ['-2.5', '-2.5'], 'settled twice, charged once');
  }));
