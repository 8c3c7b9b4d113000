/** Requests of one key, for venues that take nonces only in their order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSignedTurns } from '../../src/venues/calls/signed-turns.ts';

test('one at a time, orders before reads that wait, and each in its own order', async () => {
  const turns = createSignedTurns();
  const log: string[] = [];
  const first = Promise.withResolvers<void>();
  const running = [
    turns.run(false, async () => {
      log.push('read 1 begins');
      await first.promise;
      log.push('read 1 ends');
    }),
    turns.run(false, () => Promise.resolve(log.push('read 2'))),
    turns.run(true, () => Promise.resolve(log.push('order 1'))),
    turns.run(true, () => Promise.resolve(log.push('order 2'))),
  ];
  first.resolve();
  await Promise.all(running);
  assert.deepEqual(log, ['read 1 begins', 'read 1 ends', 'order 1', 'order 2', 'read 2']);
});

test('a request that fails lets the next one go, and its failure through', async () => {
  const turns = createSignedTurns();
  const failed = turns.run(true, () => Promise.reject(new Error('reset')));
  const next = turns.run(false, () => Promise.resolve('answered'));
  await assert.rejects(failed, /reset/);
  assert.equal(await next, 'answered');
  assert.equal(await turns.run(true, () => Promise.resolve('and later ones')), 'and later ones');
});

test('nonces grow within a millisecond and while the clock goes back', () => {
  const turns = createSignedTurns();
  assert.deepEqual(
    [100, 100, 100, 90, 105].map((nowMs) => turns.nonce(nowMs)),
    [100, 101, 102, 103, 105],
  );
});
