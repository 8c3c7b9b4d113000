/**
 * ccxt in JavaScript, unmodified, against every simulated exchange: each call that a trading service makes.
 * What an exchange lacks is told with its reason; `npm run test:conformance` runs this and the same in Python.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { closers } from '../sim/support/simulator.ts';
import type { RunningSimulator } from '../sim/support/simulator.ts';
import { venueCases } from './cases.ts';
import { accountChecks } from './checks/account.ts';
import { marketChecks } from './checks/market.ts';
import { orderChecks } from './checks/orders.ts';
import { perpetualChecks } from './checks/perpetuals.ts';
import { refusalChecks } from './checks/refusals.ts';
import { streamChecks } from './checks/streams.ts';
import type { Client } from './client.ts';
import { openClient } from './client.ts';
import type { Check } from './scene.ts';
import { startVenue } from './suite.ts';

for (const [venue, expected] of Object.entries(venueCases)) {
  for (const market of expected.markets) {
    describe(`ccxt ${venue} ${market.symbol}`, () => {
      const suite = closers();
      let simulator: RunningSimulator;
      let client: Client;
      before(async () => {
        simulator = await startVenue(suite, venue, expected);
        client = openClient(suite, venue, simulator.address(venue));
        await client.loadMarkets();
      });
      after(() => suite.closeAll());

      const checks: readonly Check[] = [
        ...marketChecks,
        ...accountChecks,
        ...orderChecks,
        ...refusalChecks,
        ...perpetualChecks,
        ...streamChecks,
      ];
      for (const check of checks) {
        if (check.perpetual === true && market.contractSize === undefined) continue;
        const { needs = [], feature = '' } = check;
        it(check.name, async (t) => {
          const lacks = { ...expected.lacks, ...market.lacks };
          const absent = needs.find((method) => lacks[method] !== undefined || !client.has[method]);
          const missing = absent ?? (lacks[feature] === undefined ? undefined : feature);
          if (missing === undefined) {
            await check.run({ venue, expected, market, client, simulator, closing: suite });
            return;
          }
          const reason = lacks[missing];
          assert.ok(reason !== undefined, `ccxt has no ${missing} for ${venue}, and no reason is stated`);
          t.diagnostic(`${venue} lacks ${missing}: ${reason}`);
        });
      }
    });
  }
}
