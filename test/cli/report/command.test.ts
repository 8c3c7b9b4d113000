/** `basis report` as a person types it, on the simulated exchanges. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { startServices } from '../../../src/cli/start/bootstrap.ts';
import { decimal, sum } from '../../../src/domain/decimal.ts';
import { eventually, startTradingService, type TradingService } from '../../support/trading-service.ts';

let service: TradingService;
before(async () => {
  service = await startTradingService({ scale: 900 });
  await startServices(service.client, service.config, service.anchor);
  await service.client.workflow.getHandle('engine/default').signal('pause', { reason: 'test' });
  for (const direction of ['short_spot_long_perp', 'long_spot_short_perp'] as const) {
    const handle = await service.openPosition(direction);
    await service.untilStatus(handle, 'hedged');
    await handle.signal('forceClose', { reason: 'test' });
    await handle.result();
  }
  await eventually(async () => (await service.ledger.unmarkedCloses('default', 0)).length === 0);
});
after(() => service.stop());

function report(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const all = ['src/cli/main.ts', 'report', ...args, '--home', service.sim.homeDir];
  return new Promise((done) => {
    execFile(process.execPath, all, { env: { ...process.env, ...service.env } }, (error, stdout, stderr) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

const attribution = z.record(z.string(), z.string());
const documentSchema = z.object({
  book: z.literal('default'),
  isHeadline: z.literal(false),
  equity: z.object({
    startUsd: z.string(),
    endUsd: z.string(),
    transfersUsd: z.literal('0'),
    changeUsd: z.string(),
    tradingUsd: z.string(),
    heldUsd: z.string(),
    realisedUsd: z.string(),
    unrealisedUsd: z.string(),
  }),
  ratios: z.record(z.string(), z.object({ value: z.number().nullable(), days: z.number(), n: z.number() })),
  trades: z.object({ attribution }),
  groups: z.array(z.object({ name: z.string(), positions: z.number(), attribution })),
  curve: z.array(z.object({ atMs: z.number(), index: z.number() })),
});

test('the document adds up: causes to P&L, groups to all, equity to its change', async () => {
  const { code, stdout } = await report('--json', '--by', 'side');
  assert.equal(code, 0);
  const { trades, groups, equity, curve, ratios } = documentSchema.parse(JSON.parse(stdout));
  for (const { realisedUsd = '', ...causes } of [trades.attribution, ...groups.map((group) => group.attribution)])
    assert.equal(sum(Object.values(causes).map(decimal)).toFixed(), realisedUsd);
  assert.deepEqual(
    groups.map(({ name, positions }) => [name, positions]),
    [
      ['long', 1],
      ['short', 1],
    ],
  );
  const positions = await service.ledger.positions({});
  const realised = sum(positions.map((position) => decimal(position.attribution?.realisedUsd ?? '0')));
  assert.equal(trades.attribution['realisedUsd'], realised.toFixed());
  const change = decimal(equity.endUsd).minus(decimal(equity.startUsd));
  assert.equal(change.toFixed(), equity.changeUsd);
  assert.equal(decimal(equity.realisedUsd).plus(decimal(equity.unrealisedUsd)).toFixed(), equity.tradingUsd);
  assert.equal(decimal(equity.tradingUsd).plus(decimal(equity.heldUsd)).toFixed(), equity.changeUsd);
  assert.ok(curve.length >= 3, `${curve.length} marks`);
  assert.ok((ratios['totalReturn']?.value ?? 0) < 0, 'two round trips at once cost their fees');
});

test('the tables fit 80 columns and the page is one file', async () => {
  const page = join(service.sim.homeDir, 'report.html');
  const { code, stdout } = await report('--since', '7d', '--by', 'exit', '--html', page);
  assert.equal(code, 0);
  assert.deepEqual(
    stdout.split('\n').filter((line) => line.length > 80 && !line.startsWith('written to')),
    [],
  );
  assert.match(stdout, /^force_close +\d/m);
  assert.ok(stdout.trimEnd().endsWith(`written to ${page}`));
  assert.match(readFileSync(page, 'utf8'), /^<!doctype html>[\s\S]*<svg [\s\S]*<svg [\s\S]*<\/html>\n$/);
});

test('answers while Temporal is down', async () => {
  const { TEMPORAL_ADDRESS: _real, ...env } = service.env;
  const down = { ...process.env, ...env, TEMPORAL_ADDRESS: '127.0.0.1:1' };
  const ran = await new Promise<string>((done) => {
    const args = ['src/cli/main.ts', 'report', '--json', '--home', service.sim.homeDir];
    execFile(process.execPath, args, { env: down }, (_error, stdout) => done(stdout));
  });
  assert.ok(documentSchema.parse(JSON.parse(ran)));
});

test('says what is wrong with bad input, and what is allowed', async () => {
  for (const [args, message] of [
    [['--since', 'monday'], /write how long ago, such as 7d or 12h, or a date/],
    [['--since', '2026-02-30'], /is no time/],
    [['--by', 'colour'], /venue-pair, asset, side, kind, exit/],
    [['--rf-apr', 'five'], /write percent a year as a plain number, such as 4\.5/],
    [['--html', join(service.sim.homeDir, 'nowhere', 'report.html')], /cannot be written/],
  ] as const) {
    const { code, stdout } = await report(...args, '--json');
    const { error } = z
      .object({ error: z.object({ kind: z.string(), message: z.string() }) })
      .parse(JSON.parse(stdout));
    assert.deepEqual([code, error.kind], [2, 'bad_input'], error.message);
    assert.match(error.message, message);
  }
});
