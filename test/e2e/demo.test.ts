/** The demo as a user runs it: recorded prices, real protocols, and a summary that is computed. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { z } from 'zod';
import { decimal, sum } from '../../src/domain/decimal.ts';
import { serviceHome, type ServiceProcess } from '../support/service-process.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { eventually } from '../support/trading-service.ts';

const home = serviceHome();
after(() => home.remove());

/** All of the last line, and nothing else: scripts rely on it. */
const summarySchema = z.strictObject({
  opened: z.number(),
  closed: z.number(),
  open: z.number(),
  aborted: z.number(),
  realisedPnlUsd: z.number(),
  orders: z.number(),
  fills: z.number(),
  oneLegged: z.number(),
  ledgerMatchesVenue: z.boolean(),
  alerts: z.array(
    z.strictObject({
      event: z.string(),
      severity: z.enum(['info', 'warning', 'critical']),
      message: z.string(),
      raisedAtMs: z.number(),
      resolvedAtMs: z.number().nullable(),
      count: z.number(),
    }),
  ),
  report: z.object({
    equity: z.record(z.string(), z.string()),
    ratios: z.record(z.string(), z.object({ value: z.number().nullable(), days: z.number(), n: z.number() })),
    trades: z.object({ attribution: z.record(z.string(), z.string()) }),
    by: z.literal('exit'),
    groups: z.array(z.object({ name: z.string(), attribution: z.record(z.string(), z.string()) })),
  }),
});

/** The demo's own configuration at half its pace, for machines that run other tests meanwhile. */
function slowerDemo(): string {
  const yaml = readFileSync('config/demo.yaml', 'utf8').replace(/scale: \d+/, 'scale: 900');
  // Outside of the home, which a run from the beginning puts away.
  const file = join(temporaryHome(), 'demo.yaml');
  writeFileSync(file, yaml);
  return file;
}

/** The crash is over after 200 s. */
const longestRun = '230s';
/** A busy machine misses gaps that last a few seconds: the tape is played again for it. */
const tries = 2;

/** `short funding_flip`: what a line of a closed position says. */
function closes(lines: readonly string[]): { readonly sides: Set<string>; readonly reasons: Set<string> } {
  const found = lines.flatMap((line) => {
    const [, side, reason] = / closed {2,}.* (long|short) spot, .*perpetual {2}([a-z_]+)/.exec(line) ?? [];
    return side === undefined || reason === undefined ? [] : [{ side, reason }];
  });
  return { sides: new Set(found.map(({ side }) => side)), reasons: new Set(found.map(({ reason }) => reason)) };
}

function hasSeenAll(service: ServiceProcess): boolean {
  const { sides, reasons } = closes(service.lines());
  return sides.size === 2 && reasons.size >= 3;
}

/** Until everything was seen, or the run is over. */
async function run(...options: string[]) {
  const service = home.start(
    '--config',
    slowerDemo(),
    '--for',
    longestRun,
    '--json',
    '--port-base',
    '17230',
    ...options,
  );
  const ended = service.end();
  let isOver = false;
  void ended.then(() => (isOver = true));
  await eventually(
    async () => isOver || hasSeenAll(service),
    () => `it goes on and on:\n${service.lines().slice(-60).join('\n')}`,
    330_000,
  );
  if (!isOver) process.kill(service.pid, 'SIGINT');
  return { service, ...(await ended) };
}

test(
  'the engine trades both sides of the October tape and leaves for three reasons; the run ends with alerts and a report',
  {
    timeout: 900_000,
  },
  async () => {
    let { service, code, lastLine } = await run();
    for (let played = 1; played < tries && code === 0 && !hasSeenAll(service); played += 1)
      ({ service, code, lastLine } = await run('--fresh'));
    assert.equal(code, 0, service.lines().slice(-30).join('\n'));
    const summary = summarySchema.parse(JSON.parse(lastLine));
    const seen = `${lastLine}\n${service.lines().slice(-60).join('\n')}`;
    assert.ok(hasSeenAll(service), seen);
    assert.ok(summary.opened >= 3 && summary.closed >= 3, seen);
    assert.ok(summary.open >= 0 && summary.opened >= summary.closed, seen);
    assert.equal(summary.oneLegged, 0, seen);
    assert.equal(summary.ledgerMatchesVenue, true, seen);
    // Two legs in and two legs out of whatever closed.
    assert.ok(summary.orders >= summary.closed * 4, seen);
    assert.deepEqual(home.children(), {}, 'nothing is left running');

    // Openings and ends are alerts; of the last end it may not be written yet. An end that nobody hoped for is a warning.
    const told = (event: string): number => summary.alerts.filter((alert) => alert.event === event).length;
    assert.ok(told('opened') >= 3 && told('closed') >= 2, seen);
    const flipped = summary.alerts.filter(({ message }) => message.includes('funding_flip'));
    assert.ok(
      flipped.every(({ severity }) => severity === 'warning'),
      JSON.stringify(flipped),
    );
    const { equity, groups, trades, ratios } = summary.report;
    const of = (name: string) => decimal(equity[name] ?? assert.fail(name));
    assert.equal(of('tradingUsd').plus(of('heldUsd')).toFixed(), of('changeUsd').toFixed());
    assert.equal(of('realisedUsd').plus(of('unrealisedUsd')).toFixed(), of('tradingUsd').toFixed());
    assert.ok(groups.length >= 3, seen);
    const realised = sum(groups.map(({ attribution }) => decimal(attribution['realisedUsd'] ?? '0')));
    assert.equal(realised.toFixed(), trades.attribution['realisedUsd']);
    assert.equal(Number(realised.toFixed(6)), summary.realisedPnlUsd);
    assert.ok((ratios['totalReturn']?.n ?? 0) > 24, 'marked every market hour');
    assert.ok(existsSync(join(home.dir, 'report.html')));
  },
);
