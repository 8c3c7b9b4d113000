/** The keys that a start makes are ones that each simulated exchange takes, and a worker finds in its environment. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readCredentials } from '../../src/config/credentials.ts';
import { venueNames } from '../../src/sim/protocols/registry.ts';
import { keyVariables, simulatedCredentials } from '../../src/stack/home/account-keys.ts';
import { neededCredentials } from '../../src/venues/account/account-rules.ts';
import { createVenueDiagnostics } from '../../src/venues/diagnostics.ts';
import { startSim, type RunningSim } from '../support/services.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const accounts = venueNames.map((venue) => ({ name: `${venue}-main`, venue }));
const made = simulatedCredentials(temporaryHome(), accounts);

let sim: RunningSim;
before(async () => {
  const nowMs = Date.now();
  const venues = accounts.map(({ name, venue }) => [venue, { accounts: [{ name, ...made[name] }] }]);
  const anchor = { wallMs: nowMs, marketMs: nowMs, scale: 1, tapeEndMs: null };
  sim = await startSim({ config: { tape: null, venues: Object.fromEntries(venues) }, anchor });
});
after(() => sim.stop());

for (const { name, venue } of accounts) {
  test(`${venue} takes them`, async () => {
    const env = keyVariables(name, made[name] ?? assert.fail());
    const credentials = readCredentials({ env, account: name, needed: neededCredentials(venue) });
    const { rest, ws } = sim.venues[venue] ?? assert.fail();
    const clock = { nowMs: () => Date.now() };
    const diagnostics = createVenueDiagnostics({ account: name, venue, credentials, endpoint: { rest, ws }, clock });
    try {
      assert.equal((await diagnostics.reach()).kind, 'told');
      const permissions = await diagnostics.permissions();
      assert.equal(permissions.kind, 'told', JSON.stringify(permissions));
    } finally {
      await diagnostics.close();
    }
  });
}
