/** What a venue charges for a liquidation: booked once, and a part of what the struck position came to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiquidationCharge } from '../../src/domain/liquidation-charge.ts';
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
