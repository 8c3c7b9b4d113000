import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createAllowance } from '../../src/alerts/allowance.ts';

test('three go at once, and the rest evenly over the minute', () => {
  const allowance = createAllowance(20, 0);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => allowance.take(0)),
    [true, true, true, false],
  );
  // 17 more in 60 s: one every 3,529.4 ms.
  assert.equal(allowance.waitMs(0), 3_530);
  assert.deepEqual([allowance.take(3_529), allowance.take(3_530), allowance.take(3_531)], [false, true, false]);
});

test('in no minute are there more than were agreed on, however it is asked', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 4, max: 60 }),
      fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 300 }),
      (perMinute, steps) => {
        const allowance = createAllowance(perMinute, 0);
        const taken: number[] = [];
        let nowMs = 0;
        for (const step of steps) {
          nowMs += step;
          if (allowance.take(nowMs)) taken.push(nowMs);
        }
        for (const from of taken) {
          const inMinute = taken.filter((atMs) => atMs >= from && atMs < from + 60_000).length;
          assert.ok(inMinute <= perMinute, `${inMinute} of ${perMinute}`);
        }
      },
    ),
  );
});

test('a clock that goes back gives nothing away', () => {
  const allowance = createAllowance(1, 1_000);
  assert.equal(allowance.take(1_000), true);
  assert.equal(allowance.take(0), false);
  assert.equal(allowance.waitMs(0), 60_000);
});
