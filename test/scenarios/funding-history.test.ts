/** What the exchange has settled is collected by the watcher, and is what `basis scan` expects the carry from. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { startServices } from '../../src/cli/start/bootstrap.ts';
import { eventually, startTradingService, type TradingService } from '../support/trading-service.ts';

const hourMs = 3_600_000;
const symbol = 'USDC/USDT:USDT';
let service: TradingService;
before(async () => {
  // Half a market day in a wall second, and more than a week of them before the watcher starts.
  service = await startTradingService({ scale: 43_200 });
  const { client, config, anchor } = service;
  await eventually(() => Promise.resolve((Date.now() - anchor.wallMs) * anchor.scale > 8 * 24 * hourMs));
  await startServices(client, config, anchor);
  await client.workflow.getHandle('engine/default').signal('pause', { reason: 'test' });
});
after(() => service.stop());

/** Such as a scan has them, a side each. */
async function forecasts(): Promise<string[]> {
  const args = ['src/cli/main.ts', 'scan', '--json', '--home', service.sim.homeDir];
  const stdout = await new Promise<string>((done) => {
    execFile(process.execPath, args, { env: { ...process.env, ...service.env } }, (_error, written) => done(written));
  });
  const { rows } = z.object({ rows: z.array(z.object({ funding: z.string() })).min(1) }).parse(JSON.parse(stdout));
  return rows.map(({ funding }) => funding);
}

const expected = /^0\.300 bps each 8 h, returning to 0\.300, the mean of \d+\.\d days, by ρ 0\.67$/;

test('the ledger holds every settlement of the first week, and the carry returns to their mean', async () => {
  const known = () => service.ledger.fundingRates('binanceusdm', symbol, 0);
  await eventually(async () => (await known()).length >= 24);
  const rates = await known();
  for (const [index, { rate, settledAtMs }] of rates.entries()) {
    assert.equal(rate, '0.00003', 'the demo has a constant model');
    assert.equal(settledAtMs - (rates[index - 1]?.settledAtMs ?? settledAtMs - 8 * hourMs), 8 * hourMs, 'no gap');
  }
  // A slow machine's first look may come when the week is out of the window; the next settlements are read by then.
  let seen: string[] = [];
  const isExpected = async (): Promise<boolean> => {
    seen = await forecasts();
    return seen.every((words) => expected.test(words));
  };
  await eventually(isExpected, () => seen.join('\n'), 120_000);
});
