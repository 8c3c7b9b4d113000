/** The venue refuses a read that a position depends on: a person hears of it, and the read is never given up. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/activity';
import { VenueError, type VenueErrorKind } from '../../src/ports/venue.ts';
import {
  account,
  attempt,
  perpetual,
  sending,
  startMs,
  tell,
  watchInput,
  type StoryParts,
} from './support/account-story.ts';

const refusals: readonly VenueErrorKind[] = ['unauthorised', 'bad_request', 'bad_symbol'];
const unauthorised = `unauthorised/${account}`;

const refuse = (kind: VenueErrorKind) => () => Promise.reject(new VenueError(kind, `the venue says ${kind}`));

const settle = {
  clientOrderId: sending.clientOrderId,
  positionKey: sending.positionKey,
  baseCurrency: 'USDC',
  quoteCurrency: 'USDT',
};
const funding = { symbol: perpetual, sinceMs: startMs, expectedAtMs: [], closedAtWallMs: startMs };

/** Each read that a position depends on, and how the venue refuses it. */
const reads: Readonly<Record<string, (kind: VenueErrorKind) => { parts: StoryParts; run: Run }>> = {
  settleOrder: (kind) => ({
    parts: { ledger: { order: () => Promise.resolve(sending) }, venue: { lookUp: refuse(kind) } },
    run: (story, env) => env.run(() => story.activities.settleOrder(settle)),
  }),
  collectFunding: (kind) => ({
    parts: { venue: { fundingPaymentsSince: refuse(kind) } },
    run: (story, env) => env.run(() => story.activities.collectFunding(funding)),
  }),
  watchAccount: (kind) => ({
    parts: { venue: { reading: refuse(kind) } },
    run: (story, env) => env.run(() => story.activities.watchAccount(watchInput)),
  }),
};
type Run = (story: ReturnType<typeof tell>, env: ReturnType<typeof attempt>) => Promise<unknown>;

async function failureOf(run: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await run.then(
    () => assert.fail('it succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ApplicationFailure, String(error));
  return error;
}

for (const [name, read] of Object.entries(reads)) {
  suite(name, () => {
    for (const kind of refusals) {
      test(`${kind}: asked again in 5 s, for as long as it takes`, async () => {
        const { parts, run } = read(kind);
        const failure = await failureOf(run(tell(parts), attempt()));
        assert.equal(failure.type, `venue_${kind}`);
        assert.equal(failure.nonRetryable, false);
        assert.equal(failure.nextRetryDelay, 5_000);
      });
    }

    test('refused keys are alerted at the first refusal', async () => {
      const { parts, run } = read('unauthorised');
      const story = tell(parts);
      await failureOf(run(story, attempt()));
      assert.deepEqual(
        story.raised.map(({ key, severity }) => [key, severity]),
        [[unauthorised, 'critical']],
      );
      assert.match(story.raised[0]?.message ?? '', /binance-main.*the venue says unauthorised/);
    });

    test('a rate limit says itself when to come back, and alerts nobody', async () => {
      const { parts, run } = read('rate_limited');
      const story = tell(parts);
      const failure = await failureOf(run(story, attempt()));
      assert.deepEqual([failure.nonRetryable, failure.nextRetryDelay ?? null], [false, null]);
      assert.deepEqual(story.raised, []);
    });
  });
}

test('once the keys are accepted again, the alert ends', async () => {
  const settling = tell({
    ledger: { order: () => Promise.resolve({ ...sending, state: 'absent' }) },
  });
  await attempt(2).run(() => settling.activities.settleOrder(settle));
  assert.ok(settling.resolved.includes(unauthorised));

  const collecting = tell({});
  await attempt(2).run(() => collecting.activities.collectFunding(funding));
  assert.ok(collecting.resolved.includes(unauthorised));

  // The watch also ends what a process raised that is gone by now.
  const watching = tell({});
  await attempt(1).run(() => watching.activities.watchAccount(watchInput));
  assert.ok(watching.resolved.includes(unauthorised));
  assert.ok(watching.resolved.includes(`refused/${account}/watch`));
});

test('an order that is settled at once costs no word about alerts', async () => {
  const story = tell({ ledger: { order: () => Promise.resolve({ ...sending, state: 'absent' }) } });
  await attempt(1).run(() => story.activities.settleOrder(settle));
  assert.deepEqual(story.resolved, []);
});

test('funding that the venue will not state is alerted too: the position waits for it', async () => {
  const story = tell({ venue: { fundingPaymentsSince: refuse('bad_symbol') } });
  await failureOf(attempt(1).run(() => story.activities.collectFunding(funding)));
  assert.deepEqual(
    story.raised.map(({ key, severity }) => [key, severity]),
    [[`refused/${account}/funding of ${perpetual}`, 'critical']],
  );
  const healed = tell({});
  await attempt(2).run(() => healed.activities.collectFunding(funding));
  assert.ok(healed.resolved.includes(`refused/${account}/funding of ${perpetual}`));
});

test('an order that stays refused for half a minute is unresolved as well', async () => {
  const story = tell({
    ledger: { order: () => Promise.resolve(sending) },
    venue: { lookUp: refuse('unauthorised') },
  });
  await failureOf(attempt(7, startMs - 31_000).run(() => story.activities.settleOrder(settle)));
  assert.deepEqual([...story.open].sort(), [unauthorised, `unresolved/${sending.clientOrderId}`].sort());
});

test('a read that no position depends on fails for good when the venue refuses it', async () => {
  const story = tell({ venue: { reading: refuse('bad_symbol') } });
  const failure = await failureOf(attempt(1).run(() => story.activities.readAccount({ symbols: [perpetual] })));
  assert.equal(failure.nonRetryable, true);
});
