/** `centre: median` on the simulated exchanges: nothing before the centre is known, and an exit at the gap from it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { startServices } from '../../src/cli/start/bootstrap.ts';
import { firstShard } from '../../src/domain/names.ts';
import { eventually, startTradingService, type TradingService } from '../support/trading-service.ts';

const hourMs = 3_600_000;
const centred = (yaml: string): string => yaml.replace('entryBps: 5', 'entryBps: 5\n  centre: median');
let service: TradingService;
let configFile: string;
before(async () => {
  service = await startTradingService({ change: centred });
  configFile = join(service.sim.homeDir, 'centred.yaml');
  writeFileSync(configFile, centred(readFileSync('config/demo.yaml', 'utf8')));
  await startServices(service.client, service.config, service.anchor);
  await service.client.workflow.getHandle('engine/default').signal('pause', { reason: 'test' });
});
after(() => service.stop());

async function scan() {
  const args = ['src/cli/main.ts', 'scan', '--json', '--home', service.sim.homeDir, '--config', configFile];
  const stdout = await new Promise<string>((done) => {
    execFile(process.execPath, args, { env: { ...process.env, ...service.env } }, (_error, written) => done(written));
  });
  const rowSchema = z.object({ direction: z.string(), centreBps: z.string(), reasons: z.array(z.string()) });
  return z.object({ rows: z.array(rowSchema) }).parse(JSON.parse(stdout)).rows;
}

test('the gap is measured from the median of what is recorded, to the end of the position', async () => {
  // Short spot for a discount: B is −16 bps or so, on books one tick wide.
  await service.setPrices('1.0000', '0.9984');
  for (const { reasons } of await scan())
    assert.match(reasons.join(), /centre: the median basis is not known: fewer than 72 of 168 hours are recorded/);

  const lastHourMs = Math.floor(service.anchor.marketMs / hourMs) * hourMs - hourMs;
  const [pair] = service.config.pairs;
  assert.ok(pair);
  const pairId = `${pair.spot.symbol}@${pair.spot.account}~${pair.perp.symbol}@${pair.perp.account}`;
  await service.ledger.recordBases(
    Array.from({ length: 100 }, (_, index) => ({
      pairId,
      hourMs: lastHourMs - index * hourMs,
      midBasisBps: '-6.5',
    })),
  );
  const short = (await scan()).find(({ direction }) => direction === 'short_spot_long_perp');
  // Whatever the watcher has recorded of the hour that is on.
  assert.equal(short?.centreBps, '-6.50');

  // The flip is off: a short pays funding, and would be left for it once the gap has no more to give.
  const handle = await service.openPosition('short_spot_long_perp', (input) => {
    const exits = { ...input.plan.exits, fundingFlip: 'off' as const };
    return { ...input, plan: { ...input.plan, exits } };
  });
  const { plan } = await service.untilStatus(handle, 'hedged');
  assert.equal(plan.exits.centreBps, '-6.5');
  // It is in the ledger, for a watcher that takes over.
  await eventually(async () => {
    const [armed] = await service.ledger.armedWatches(firstShard);
    return armed?.plan.exits.centreBps === '-6.5';
  });

  // s·B_close is about 8.5 bps, far over the exit at 3; less the centre it is about 2.
  await service.setPrices('1.0000', '0.9992');
  const result = await handle.result();
  assert.equal(result.kind === 'closed' && result.exitReason, 'convergence');
});
