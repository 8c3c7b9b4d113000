/** What the ledger alone knows is told while Temporal is away: a person needs the keys of positions exactly then. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { testDatabase, type TestDatabase } from '../support/services.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { nowMs, plan, reading, request } from '../ledger/support/requests.ts';
import { runBasis } from './support/run-command.ts';

const oldest = '01K74W8Z9V5T6RQJXK3M2N1P0A';
const endedCount = 101;
let database: TestDatabase;
let ledger: Ledger;
const home = temporaryHome();

/** One that is open, and then more that have ended than a list shows. */
before(async () => {
  database = await testDatabase();
  ledger = createPostgresLedger({
    databaseUrl: database.databaseUrl,
    poolSize: 2,
    log: { warn: () => undefined },
  });
  for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '100000'));
  const hedged = await reserved(oldest);
  await ledger.updatePosition({ key: hedged, status: 'hedged', nowWallMs: nowMs, openedAtMarketMs: nowMs });
  await ledger.writeMarks([
    {
      key: hedged,
      atWallMs: nowMs,
      atMarketMs: nowMs,
      closeBasisBps: '8',
      unrealisedPnlUsd: '12',
      fundingUsd: '0',
      netUsd: '-18',
      ratioPct: '-0.18',
    },
  ]);
  for (let index = 0; index < endedCount; index += 1) {
    const key = await reserved(`01K74W8Z9V5T6RQJXK${String(index).padStart(8, '0')}`);
    await ledger.updatePosition({ key, status: 'aborted', nowWallMs: nowMs, abortReason: 'test' });
  }
});
after(async () => {
  await ledger.close();
  await database.drop();
});

async function reserved(ulid: string): Promise<string> {
  const of = plan(ulid);
  assert.equal((await ledger.reserve(request(of))).kind, 'reserved');
  return of.key;
}

const basis = (...args: string[]) =>
  runBasis([...args, '--home', home], { DATABASE_URL: database.databaseUrl, TEMPORAL_ADDRESS: '127.0.0.1:1' });
const listed = z.object({ positions: z.array(z.object({ key: z.string() })), hasOlder: z.boolean() });

test('what is open is listed however many have ended since, with what it would come to after fees', async () => {
  const { code, stdout, stderr } = await basis('positions', '--open');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^2N1P0A +hedged .* ~-18\.00 /m);
  assert.doesNotMatch(stdout, /aborted|older/);
});

test('a list of the newest says that there are older ones', async () => {
  const text = await basis('positions');
  assert.match(text.stdout, /\n… and older ones: --limit shows more/);
  const few = listed.parse(JSON.parse((await basis('positions', '--limit', '2', '--json')).stdout));
  assert.deepEqual([few.positions.length, few.hasOlder], [2, true]);
  const all = listed.parse(JSON.parse((await basis('positions', '--limit', '102', '--json')).stdout));
  assert.deepEqual([all.positions.length, all.hasOlder], [102, false]);
});

test('one is shown, by an ending of its key', async () => {
  const { code, stdout, stderr } = await basis('show', '2n1p0a');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^now: .* P&L -18\.00 USD after all fees \(-0\.180 %\)$/m);
});

test('an empty ending shows none', async () => {
  const { code, stderr } = await basis('show', '');
  assert.equal(code, 2);
  assert.match(stderr, /at least 4 characters/);
});

test('the status is what the ledger knows of it, and says what is not known', async () => {
  await ledger.recordHalt('default', 'bybit is in trouble', nowMs);
  await ledger.observeEquity('default', { equityUsd: '100000', transferredUsd: '90000' }, nowMs);
  // 500 of 100,000.
  await ledger.observeEquity('default', { equityUsd: '99500', transferredUsd: '90000' }, nowMs);
  const halted = await basis('status');
  assert.equal(halted.code, 0, halted.stderr);
  assert.match(halted.stdout, /^halted, nothing is opened: bybit is in trouble$/m);
  assert.match(halted.stdout, /^the engine does not answer: no Temporal server answers at 127\.0\.0\.1:1/m);
  assert.match(halted.stdout, /^drawdown: 0\.50 % \d+ s ago, \d+ % halts$/m);
  assert.match(halted.stdout, /^bybit was read \d+ s ago, over 30 s: nothing is opened there$/m);
  assert.match(halted.stdout, /^2N1P0A +hedged .* ~-18\.00 /m);
  assert.deepEqual(
    halted.stdout.split('\n').filter((line) => line.length > 80),
    [],
  );
  await ledger.recordHalt('default', null, nowMs);
  const unknown = await basis('status');
  assert.match(unknown.stdout, /^the engine does not answer; whether it is paused is not known: no Temporal/m);
});
