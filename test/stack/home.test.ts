/** What a home keeps: its clock's anchor, and its past in the archive. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { marketTimeMs } from '../../src/domain/market-clock.ts';
import { homeAnchor, readAnchor } from '../../src/stack/home/anchor-file.ts';
import { archiveHome } from '../../src/stack/home/archive-home.ts';
import { HomeBusyError } from '../../src/stack/home/home-lock.ts';
import { shortLogLine } from '../../src/stack/processes/log-line.ts';
import { createSupervisor } from '../../src/stack/processes/supervisor.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const marketStartMs = Date.UTC(2025, 9, 1);
const clock = { scale: 60, marketStartMs, tapeEndMs: Date.UTC(2025, 9, 20) };

test('the anchor is made once: later starts, even with another clock, keep it', () => {
  const homeDir = temporaryHome();
  assert.equal(readAnchor(homeDir), null);
  const first = homeAnchor(homeDir, clock);
  const second = homeAnchor(homeDir, { ...clock, scale: 1 });
  assert.equal(first.isNew, true);
  assert.deepEqual(second, { anchor: first.anchor, isNew: false });
  assert.equal(marketTimeMs(first.anchor, Date.now()), marketStartMs, 'market time waits for the workers');
});

test('on a live market, market time is wall time', () => {
  const { anchor } = homeAnchor(temporaryHome(), { scale: 1, marketStartMs: null, tapeEndMs: null });
  assert.equal(marketTimeMs(anchor, anchor.wallMs + 5000), anchor.wallMs + 5000);
});

test('an archived home begins anew, its past stays in one piece', async () => {
  const homeDir = temporaryHome();
  assert.equal(await archiveHome(homeDir), null, 'nothing to archive');
  homeAnchor(homeDir, clock);
  writeFileSync(join(homeDir, 'temporal.db'), 'past');

  const folder = await archiveHome(homeDir, Date.UTC(2025, 10, 2, 3, 4, 5));

  assert.equal(folder, join(homeDir, 'archive', '2025-11-02T03-04-05.000Z'));
  assert.equal(readFileSync(join(folder, 'temporal.db'), 'utf8'), 'past');
  assert.equal(readAnchor(folder)?.marketMs, marketStartMs);
  assert.equal(existsSync(join(homeDir, 'temporal.db')), false);
  assert.equal(readAnchor(homeDir), null);
});

test('a home in use is not archived', async (context) => {
  const homeDir = temporaryHome();
  const supervisor = await createSupervisor({ homeDir, log: () => undefined });
  context.after(() => supervisor.stop());
  writeFileSync(join(homeDir, 'temporal.db'), 'present');
  await assert.rejects(archiveHome(homeDir), HomeBusyError);
  assert.equal(readFileSync(join(homeDir, 'temporal.db'), 'utf8'), 'present');
});

test('a log line of a child is short: level and fields, and anything else as it is', () => {
  assert.equal(shortLogLine('{"level":30,"time":1,"pid":2,"hostname":"h","msg":"ready"}'), 'ready');
  assert.equal(shortLogLine('{"level":50,"msg":"lost","positionKey":"p","n":2}'), 'ERROR lost positionKey=p n=2');
  assert.equal(shortLogLine('{"level":"warn","msg":"slow","ts":"x"}'), 'WARN slow');
  assert.equal(shortLogLine('{"broken'), '{"broken');
  assert.equal(shortLogLine('LOG:  database system is ready'), 'LOG:  database system is ready');
});
