/** Which orders go first when an account's pace lets only some of them go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { urgencyOf } from '../../activities/execution/sending.ts';
import type { OrderPurpose } from '../../src/domain/order.ts';

test('a leg alone goes before a close, a close before an opening, and what was refused before its likes', () => {
  const orders: readonly [OrderPurpose, number][] = [
    ['open', 1],
    ['close', 1],
    ['hedge', 1],
    ['close', 3],
    ['unwind', 4],
  ];
  const urgencies = orders.map(([purpose, attempt]) => urgencyOf({ purpose, attempt }));
  assert.deepEqual(urgencies, [0, 1, 2, 3, 5]);
});
