/** The worker's clock is off the exchange's: a person hears of it while it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { account, attempt, tell, watchInput } from './support/account-story.ts';

test('a clock 90 s ahead of the exchange is alerted, and no more once it is set', async () => {
  let leadMs = 90_000;
  const key = `clock_off/${account}`;
  const standing: boolean[] = [];
  const story = tell({
    venue: { serverTimeMs: () => Promise.resolve(story.nowMs - leadMs) },
    betweenPasses: (pass, { open, stop }) => {
      standing.push(open.has(key));
      leadMs = 0;
      if (pass === 4) stop();
    },
  });
  await attempt().run(() => story.activities.watchAccount(watchInput));
  // Looked at every half minute, which is every third pass.
  assert.deepEqual(standing, [true, true, true, false]);
  const raised = story.raised.filter((alert) => alert.key === key);
  assert.deepEqual(
    raised.map(({ severity, message }) => [severity, message]),
    [
      [
        'critical',
        `the clock of the worker of ${account} is 90.0 s ahead of the exchange's: set the clock of its machine`,
      ],
    ],
  );
});

test('what a slow request cannot prove is not alerted', async () => {
  const story = tell({
    venue: {
      // It took 4 s, and the exchange may have said its time at any moment of them: 4 to 8 s off.
      serverTimeMs: () => {
        story.nowMs += 4_000;
        return Promise.resolve(story.nowMs - 8_000);
      },
    },
  });
  await attempt().run(() => story.activities.watchAccount(watchInput));
  assert.deepEqual(story.raised, []);
});
