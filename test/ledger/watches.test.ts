import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Mark, Watch } from '../../src/domain/watch.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { nowMs, plan, reading, request } from './support/requests.ts';
import { withLedger } from './support/with-ledger.ts';

function watch(name: string, change: Partial<Watch> = {}): Watch {
  const { key } = plan(name);
  return {
    key,
    workflowId: `position/${key}`,
    plan: plan(name),
    anchor: { wallMs: nowMs, marketMs: nowMs, scale: 1, tapeEndMs: null },
    spotQuantityBase: '999.95',
    perpQuantityBase: '999',
    spotOpenPrice: '0.9997',
    perpOpenPrice: '1.0004',
    openFeesUsd: '0.1',
    hedgedAtMs: nowMs,
    ...change,
  };
}

async function hedged(ledger: Ledger, name: string): Promise<string> {
  await ledger.writeReading(reading('bybit', '100000'));
  await ledger.writeReading(reading('binance', '100000'));
  await ledger.reserve(request(plan(name)));
  await ledger.updatePosition({ key: plan(name).key, status: 'hedged', nowWallMs: nowMs, openedAtMarketMs: nowMs });
  return plan(name).key;
}

/** Counts callbacks; `reaches` waits for the effect, not for a time. */
function counter(): { readonly count: () => void; reaches(target: number): Promise<void> } {
  let seen = 0;
  const waiting: { target: number; resolve: () => void }[] = [];
  return {
    count: () => {
      seen += 1;
      for (const one of waiting) if (seen >= one.target) one.resolve();
    },
    reaches: (target) =>
      seen >= target ? Promise.resolve() : new Promise((resolve) => void waiting.push({ target, resolve })),
  };
}

test('a watch lives on its shard from arming to disarming, and arming again begins anew', () =>
  withLedger(async ({ ledger }) => {
    const key = await hedged(ledger, 'A');
    await hedged(ledger, 'B');
    await ledger.armWatch(watch('A'), '0');
    await ledger.armWatch(watch('B'), '1');
    assert.deepEqual(await ledger.armedWatches('0'), [watch('A')]);
    assert.equal(await ledger.evaluatedAtMs(key), null);
    await ledger.stampEvaluated([key, watch('B').key], nowMs + 1);
    assert.equal(await ledger.evaluatedAtMs(key), nowMs + 1);

    await ledger.armWatch(watch('A', { openFeesUsd: '0.2' }), '1');
    assert.deepEqual(await ledger.armedWatches('0'), []);
    assert.deepEqual(
      (await ledger.armedWatches('1')).map(({ openFeesUsd }) => openFeesUsd),
      ['0.2', '0.1'],
    );
    assert.equal(await ledger.evaluatedAtMs(key), null, 'the new watch was not evaluated yet');

    await ledger.disarmWatch(key);
    await ledger.disarmWatch(key);
    assert.equal((await ledger.armedWatches('1')).length, 1);
    assert.equal(await ledger.evaluatedAtMs(key), null);
  }));

test('a repeated arming that comes after the close began arms nothing', () =>
  withLedger(async ({ ledger }) => {
    const key = await hedged(ledger, 'A');
    await ledger.armWatch(watch('A'), '0');
    await ledger.disarmWatch(key);
    await ledger.updatePosition({ key, status: 'closing', nowWallMs: nowMs, exitReason: 'convergence' });
    await ledger.updatePosition({ key, status: 'hedged', nowWallMs: nowMs });
    await ledger.armWatch(watch('A'), '0');
    assert.equal((await ledger.position(key))?.status, 'closing');
    assert.deepEqual(await ledger.armedWatches('0'), []);
  }));

test('a repeated arming that comes just before the end is over with it', () =>
  withLedger(async ({ ledger }) => {
    const key = await hedged(ledger, 'A');
    await ledger.armWatch(watch('A'), '0');
    await ledger.disarmWatch(key);
    await ledger.armWatch(watch('A'), '0');
    await ledger.updatePosition({ key, status: 'closed', nowWallMs: nowMs, closedAtMarketMs: nowMs });
    await ledger.armWatch(watch('A'), '0');
    assert.deepEqual(await ledger.armedWatches('0'), []);
  }));

test('a listener hears every arming and disarming, also after its connection was cut', () =>
  withLedger(async ({ ledger, query }) => {
    const key = await hedged(ledger, 'A');
    const stop = new AbortController();
    const heard = counter();
    const listening = ledger.listenForWatches(heard.count, stop.signal);
    await heard.reaches(1);
    await ledger.armWatch(watch('A'), '0');
    await heard.reaches(2);
    for (let cut = 0; cut < 3; cut += 1) {
      await query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'basiskeeper-watches'`,
      );
      await heard.reaches(3 + cut);
    }
    await ledger.disarmWatch(key);
    await heard.reaches(6);
    stop.abort();
    await listening;
  }));

test('a listener that was stopped before it began returns at once', () =>
  withLedger(async ({ ledger }) => {
    await ledger.listenForWatches(() => assert.fail('nobody listens'), AbortSignal.abort());
  }));

test('marks are written in batches, and the latest of each position is found', () =>
  withLedger(async ({ ledger }) => {
    const keys = [await hedged(ledger, 'A'), await hedged(ledger, 'B')];
    const marks = keys.flatMap((key, position) =>
      Array.from({ length: 6_000 }, (_, index): Mark => ({
        key,
        atWallMs: nowMs + index,
        atMarketMs: nowMs + index * 60,
        closeBasisBps: '-0.000000000000000001',
        unrealisedPnlUsd: `${index}.${position + 1}`,
        fundingUsd: '12345678901234567890.123456789',
        // A worker of an older version writes none.
        ...(position === 0 ? { netUsd: '-0.000000000000000002' } : {}),
        ratioPct: '0',
      })),
    );
    await ledger.writeMarks(marks);
    await ledger.writeMarks(marks.slice(0, 10));
    await ledger.writeMarks([]);
    assert.deepEqual(await ledger.latestMarks([...keys, 'unknown', keys[0]!]), [marks[5_999], marks[11_999]]);
    assert.deepEqual(await ledger.latestMarks([]), []);
  }));
