/** Requests are paced, and a pause earns a burst. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPacer } from '../../src/venues/calls/pacer.ts';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a burst goes at once, then the pace holds, in order', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 0;
  const pacer = createPacer({ unitsPerSecond: 10, burstUnits: 3 }, () => nowMs);
  const gone: number[] = [];
  const all = [1, 2, 3, 4, 5].map((id) => pacer(1).then(() => gone.push(id)));
  await settle();
  assert.deepEqual(gone, [1, 2, 3]);
  nowMs += 100;
  t.mock.timers.tick(100);
  await settle();
  assert.deepEqual(gone, [1, 2, 3, 4]);
  nowMs += 100;
  t.mock.timers.tick(100);
  await Promise.all(all);
  assert.deepEqual(gone, [1, 2, 3, 4, 5]);
});

test('idle time is counted: a request after a pause does not pay for the one before', async () => {
  let nowMs = 0;
  const pacer = createPacer({ unitsPerSecond: 10, burstUnits: 1 }, () => nowMs);
  await pacer(1);
  nowMs += 100;
  // It would never resolve if it had to wait: the clock of this test stands still.
  await pacer(1);
});

test('a request that costs more than the burst goes when the bucket is full', async () => {
  let nowMs = 0;
  const pacer = createPacer({ unitsPerSecond: 10, burstUnits: 2 }, () => nowMs);
  await pacer(5);
  nowMs += 500;
  await pacer(1);
});

test('a request that was given up while it waited spends nothing, and those behind it go in its place', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 0;
  const pacer = createPacer({ unitsPerSecond: 10, burstUnits: 10 }, () => nowMs);
  await pacer(10);
  // Twenty that nobody waits for any more would keep the next one waiting for twenty seconds.
  const giveUp = new AbortController();
  const stale = Array.from({ length: 20 }, () =>
    pacer(10, { signal: giveUp.signal }).then(
      () => 'gone',
      () => 'given up',
    ),
  );
  const last = pacer(10).then(() => 'gone');
  await settle();
  giveUp.abort(new Error('its deadline has passed'));
  nowMs += 1_000;
  t.mock.timers.tick(1_000);
  assert.equal(await last, 'gone');
  assert.deepEqual([...new Set(await Promise.all(stale))], ['given up']);
});

test('the more urgent goes first, also when it comes while another waits; equals go in order', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 0;
  const pacer = createPacer({ unitsPerSecond: 10, burstUnits: 1 }, () => nowMs);
  const gone: string[] = [];
  const ask = (name: string, urgency: number): void => void pacer(1, { urgency }).then(() => gone.push(name));
  ask('at once', 0);
  ask('open a', 0);
  ask('open b', 0);
  await settle();
  ask('close', 1);
  ask('close again', 2);
  for (let slot = 0; slot < 4; slot += 1) {
    nowMs += 100;
    t.mock.timers.tick(100);
    await settle();
  }
  assert.deepEqual(gone, ['at once', 'close again', 'close', 'open a', 'open b']);
});

test('a turn that comes too late is left to the next one', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 0;
  const pacer = createPacer({ unitsPerSecond: 10, burstUnits: 1 }, () => nowMs);
  await pacer(1);
  const check = (): void => {
    throw new Error('too late');
  };
  const late = Array.from({ length: 20 }, () => assert.rejects(pacer(1, { check }), /too late/));
  const last = pacer(1);
  await settle();
  nowMs += 100;
  t.mock.timers.tick(100);
  await Promise.all([...late, last]);
});

test('what is reserved is left for urgent requests, which go at once while others wait', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 0;
  const pacer = createPacer({ unitsPerSecond: 1, burstUnits: 10, reservedUnits: 6 }, () => nowMs);
  const gone: string[] = [];
  const usual = Array.from({ length: 5 }, (_, index) => pacer(1).then(() => gone.push(`usual ${index}`)));
  await settle();
  assert.deepEqual(gone, ['usual 0', 'usual 1', 'usual 2', 'usual 3'], '10 less 6');
  await Promise.all(Array.from({ length: 6 }, () => pacer(1, { urgency: 2 }).then(() => gone.push('urgent'))));
  assert.equal(gone.length, 10);
  // Seven seconds fill what is reserved, and one more for the fifth.
  for (let second = 1; second <= 7; second += 1) {
    assert.equal(gone.length, 10, `after ${second - 1} s`);
    nowMs += 1_000;
    t.mock.timers.tick(1_000);
    await settle();
  }
  await Promise.all(usual);
  assert.equal(gone.at(-1), 'usual 4');
});
