/** A worker reads the keys of the account that it serves, and looks at no other's. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ConfigError, loadConfig } from '../../src/config/load.ts';
import { buildVenue, commandSurroundings, readConfig } from '../../workers/wiring.ts';
import { startSim, type RunningSim } from '../support/services.ts';
import { temporaryHome } from '../support/temporary-home.ts';

let sim: RunningSim;
before(async () => {
  const nowMs = Date.now();
  const venues = { bybit: { accounts: [{ name: 'bybit' }] }, binanceusdm: { accounts: [{ name: 'binance' }] } };
  const anchor = { wallMs: nowMs, marketMs: nowMs, scale: 1, tapeEndMs: null };
  sim = await startSim({ config: { tape: null, venues }, anchor });
});
after(() => sim.stop());

/** Bybit's keys in private files, Binance's in one that everybody may read. */
function environment(): NodeJS.ProcessEnv {
  const dir = temporaryHome();
  const file = (name: string, content: unknown, mode: number): string => {
    writeFileSync(join(dir, name), `${typeof content === 'string' ? content : JSON.stringify(content)}\n`, { mode });
    return join(dir, name);
  };
  const { apiKey = '', secret = '' } = sim.venues['bybit']?.credentials ?? {};
  return {
    BASIS_ENDPOINTS: file('endpoints.json', sim.venues, 0o600),
    BASIS_BYBIT_API_KEY_FILE: file('bybit-key', apiKey, 0o400),
    BASIS_BYBIT_SECRET_FILE: file('bybit-secret', secret, 0o400),
    BASIS_BINANCE_API_KEY_FILE: file('binance-key', 'planted', 0o644),
    BASIS_BINANCE_SECRET: '',
  };
}

test('the worker of one account starts, whatever is wrong with the keys of another', async () => {
  const surroundings = commandSurroundings(loadConfig('config/demo.yaml'), environment(), null);
  const venue = await buildVenue(surroundings, 'bybit');
  const reading = await venue.reading(['USDC/USDT']);
  assert.deepEqual(
    reading.balances.map(({ currency }) => currency),
    ['USDT', 'USDC'],
  );
  await venue.close();
  await assert.rejects(buildVenue(surroundings, 'binance'), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.deepEqual(
      error.issues.map(({ path }) => path),
      ['BASIS_BINANCE_API_KEY_FILE', 'BASIS_BINANCE_SECRET'],
    );
    assert.ok(!error.message.includes('planted'));
    return true;
  });
});

test('every configuration in the repository is one that workers take', async () => {
  for (const file of ['config/demo.yaml', 'config/example.yaml']) assert.ok((await readConfig(file)).accounts['bybit']);
});
