/** What is looked at before an account at Hyperliquid trades: nothing of it is signed. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { VenueDiagnostics } from '../../src/ports/venue-diagnostics.ts';
import type { VenueCredentials } from '../../src/venues/exchange.ts';
import { createVenueDiagnostics } from '../../src/venues/diagnostics.ts';
import { agentKey, owner, perpetual, startFakeHyperliquid, type FakeHyperliquid } from './support/fake-hyperliquid.ts';

async function look(
  t: TestContext,
  credentials: VenueCredentials | null,
): Promise<{ fake: FakeHyperliquid; diagnostics: VenueDiagnostics }> {
  const fake = await startFakeHyperliquid();
  const diagnostics = createVenueDiagnostics({
    account: 'hyperliquid-main',
    venue: 'hyperliquid',
    credentials,
    endpoint: { rest: fake.address, ws: fake.address.replace('http', 'ws') },
    clock: { nowMs: () => Date.now() },
  });
  t.after(async () => {
    await diagnostics.close();
    await fake.close();
  });
  assert.equal((await diagnostics.reach()).kind, 'told');
  return { fake, diagnostics };
}

test('an account tells its fees, leverage, modes, permissions, balances and funding', async (t) => {
  const { fake, diagnostics } = await look(t, { walletAddress: owner, privateKey: agentKey });
  fake.info.set('userFees', ({ user }) => ({ user, userCrossRate: '0.00035', userAddRate: '0.0001' }));
  fake.info.set('activeAssetData', ({ user, coin }) => ({
    user,
    coin,
    leverage: { type: 'cross', value: user === owner && ['USDE', 'kPEPE'].includes(String(coin)) ? 2 : 0 },
    maxTradeSzs: ['0.0', '0.0'],
    availableToTrade: ['0.0', '0.0'],
  }));
  const clock = await diagnostics.clock();
  assert.ok(clock.kind === 'told' && Math.abs(clock.value.aheadMs) < 2_000);
  assert.deepEqual(await diagnostics.fees(perpetual), { kind: 'told', value: { takerBps: '3.5', makerBps: '1' } });
  assert.deepEqual(await diagnostics.leverage(perpetual), { kind: 'told', value: '2' });
  // The venue writes kPEPE, where the symbol is in capitals.
  assert.deepEqual(await diagnostics.leverage('KPEPE/USDC:USDC'), { kind: 'told', value: '2' });
  assert.deepEqual(await diagnostics.positionMode(perpetual), { kind: 'told', value: 'one_way' });
  assert.deepEqual(await diagnostics.marginMode(perpetual), { kind: 'told', value: 'cross' });
  assert.deepEqual(await diagnostics.fundingIntervalHours(perpetual), { kind: 'told', value: 1 });
  // Half of the margin at the highest leverage, of 10.
  assert.deepEqual(await diagnostics.maintenanceRate('KPEPE/USDC:USDC'), { kind: 'told', value: '0.05' });
  assert.deepEqual(await diagnostics.permissions(), {
    kind: 'told',
    value: { trade: ['perpetual'], withdraw: false },
  });
  const reading = await diagnostics.reading([perpetual]);
  assert.ok(reading.kind === 'told');
  assert.deepEqual(reading.value.balances, [{ currency: 'USDC', total: '1000.5', free: '950.52' }]);
  assert.deepEqual(fake.actions(), []);
});

test('without keys it tells what is public, and names what is missing', async (t) => {
  const { diagnostics } = await look(t, null);
  assert.equal((await diagnostics.instrument(perpetual)).kind, 'told');
  const permissions = await diagnostics.permissions();
  assert.ok(permissions.kind === 'failed' && permissions.error === 'unauthorised');
});
