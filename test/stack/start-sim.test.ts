/** The simulated exchanges as other tests start them: they answer, die, and come back on the same home. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSim } from '../support/services.ts';

const nowMs = Date.UTC(2025, 9, 1);

test('a simulator answers at its addresses, and again after SIGKILL and a restart', async (context) => {
  const sim = await startSim({
    config: { tape: null, venues: { bybit: { accounts: [{ name: 'spot', apiKey: 'key', secret: 'secret' }] } } },
    anchor: { wallMs: nowMs, marketMs: nowMs, scale: 1, tapeEndMs: null },
  });
  context.after(() => sim.stop());
  const { rest, credentials } = sim.venues['bybit'] ?? assert.fail('no bybit');
  assert.equal(credentials['apiKey'], 'key');
  assert.ok(sim.control !== null);
  assert.equal((await fetch(`${rest}/v5/market/time`)).status, 200);

  await sim.kill('SIGKILL');
  await assert.rejects(fetch(`${rest}/v5/market/time`));

  const again = await sim.restart();
  context.after(() => again.stop());
  assert.equal((await fetch(`${again.venues['bybit']!.rest}/v5/market/time`)).status, 200);
});
