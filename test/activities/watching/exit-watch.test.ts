/** One watched position: what is signalled, how often, and when a person hears of it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WorkflowNotFoundError } from '@temporalio/client';
import { brokenPeg } from '../../domain/exits/support.ts';
import { everyPegExempt } from '../../../src/domain/peg.ts';
import { examplePlan } from '../../support/plans.ts';
import { perpBook, spotBook } from '../../support/quotes.ts';
import { booksAt, convergedPerpAsk, heldPerpAsk, lostPerpAsk, settled, watchOf, watchedPosition } from './support.ts';

const { key } = watchOf();

/** The stop has held for three seconds and is signalled for the first time at the end of this. */
async function stoppedPosition() {
  const position = watchedPosition();
  position.see(lostPerpAsk);
  position.clock.ms += 3_000;
  return position;
}

test('an exit is dated by Temporal’s clock: by one that is fifteen seconds behind it would be stale for ever', async () => {
  const position = await stoppedPosition();
  position.temporalAheadMs = 15_000;
  position.see(lostPerpAsk);
  await settled();
  const dates = position.sent.map(({ payload }) => 'observedAtMs' in payload && payload.observedAtMs);
  assert.deepEqual(dates, [position.clock.ms + 15_000]);
});

describe('an exit that is not taken', () => {
  test('is signalled every five seconds with one decision id, and alerted after half a minute', async () => {
    const position = await stoppedPosition();
    for (let seconds = 0; seconds < 30; seconds += 1) {
      position.see(lostPerpAsk);
      position.clock.ms += 1_000;
    }
    await settled();
    assert.equal(position.sent.length, 6);
    assert.equal(new Set(position.sent.map(({ payload }) => 'decisionId' in payload && payload.decisionId)).size, 1);
    assert.equal(position.alerts.raised.length, 0);
    position.see(lostPerpAsk);
    position.see(lostPerpAsk);
    await settled();
    const [alert, ...more] = position.alerts.raised;
    assert.deepEqual(more, []);
    assert.equal(alert?.key, `exit_ignored/${key}`);
    assert.equal(alert?.severity, 'critical');
    assert.equal(alert?.positionKey, key);
  });

  test('is alerted at once when there is no workflow to take it', async () => {
    const position = await stoppedPosition();
    position.signalFailure = new WorkflowNotFoundError('no such workflow', `position/${key}`, undefined);
    position.see(lostPerpAsk);
    await settled();
    assert.deepEqual(
      position.alerts.raised.map((alert) => [alert.key, alert.severity]),
      [[`exit_ignored/${key}`, 'critical']],
    );
    assert.match(position.alerts.raised[0]?.message ?? '', /no workflow/);
    position.clock.ms += 5_000;
    position.see(lostPerpAsk);
    await settled();
    assert.equal(position.alerts.raised.length, 1, 'once');
  });

  test('is nobody’s business once the position is not watched any more: it closed while it was confirmed', async () => {
    const position = watchedPosition();
    const books = Promise.withResolvers<ReturnType<typeof booksAt>>();
    position.freshQuotes = () => books.promise;
    position.see(convergedPerpAsk);
    position.exitWatch.end();
    position.signalFailure = new WorkflowNotFoundError('no such workflow', `position/${key}`, undefined);
    books.resolve(booksAt('1.0000', convergedPerpAsk, position.clock.ms));
    await settled();
    assert.deepEqual(position.alerts.raised, []);
    assert.deepEqual(position.sent, [], 'nor is it signalled');
  });

  test('is over for a person, too, once the position begins to close', async () => {
    const position = await stoppedPosition();
    position.signalFailure = new WorkflowNotFoundError('no such workflow', `position/${key}`, undefined);
    position.see(lostPerpAsk);
    await settled();
    assert.equal(position.alerts.raised.length, 1);
    position.exitWatch.end();
    await settled();
    assert.ok(position.alerts.resolved.includes(`exit_ignored/${key}`));
  });

  test('is alerted after half a minute when Temporal does not answer', async () => {
    const position = await stoppedPosition();
    position.signalFailure = new Error('14 UNAVAILABLE');
    for (let seconds = 0; seconds < 30; seconds += 1) {
      position.see(lostPerpAsk);
      position.clock.ms += 1_000;
      await settled();
    }
    assert.equal(position.alerts.raised.length, 0);
    position.see(lostPerpAsk);
    await settled();
    assert.equal(position.alerts.raised.length, 1);
    assert.match(position.alerts.raised[0]?.message ?? '', /14 UNAVAILABLE/);
  });

  test('is alerted after half a minute when the order books for its confirmation cannot be read', async () => {
    const position = watchedPosition();
    position.freshQuotes = () => Promise.reject(new Error('bybit is down'));
    for (let seconds = 0; seconds <= 30; seconds += 1) {
      position.see(convergedPerpAsk);
      position.clock.ms += 1_000;
      await settled();
    }
    assert.deepEqual(position.sent, []);
    assert.equal(position.alerts.raised.length, 1);
    assert.match(position.alerts.raised[0]?.message ?? '', /bybit is down/);
  });
});

test('to close what was to be reduced is a decision of its own, signalled at once', async () => {
  const borrow = { hourlyRate: '0.000006', collateralRate: '0.2' };
  const position = watchedPosition(watchOf({ plan: examplePlan({ borrow }), perpOpenPrice: '0.9990' }));
  const { clock, exitWatch, sent } = position;
  const seeWorth = (equityUsd: string): void => {
    const owing = { maintenanceUsd: '100', owedUsd: '10000', collateralRate: '0.2', loans: [] };
    const surroundings = {
      outlook: null,
      pegOf: everyPegExempt,
      perpReading: { liquidationPrice: '0.9500', markPrice: '1.0000', readAtMs: clock.ms },
      margin: { state: { equityUsd, ...owing }, readAtMs: clock.ms },
    };
    exitWatch.evaluate(null, null, surroundings);
  };
  seeWorth('2000');
  clock.ms += 50;
  seeWorth('1050');
  await settled();
  const decisions = sent.flatMap(({ payload }) => ('decisionId' in payload ? [payload] : []));
  assert.deepEqual(
    decisions.map(({ reason, keepShare }) => [reason, keepShare]),
    [
      ['liquidation_distance', '0.25'],
      ['liquidation_distance', undefined],
    ],
  );
  assert.equal(new Set(decisions.map(({ decisionId }) => decisionId)).size, 2);
});

describe('a profit is confirmed on fresh order books', () => {
  test('and signalled when they agree', async () => {
    const position = watchedPosition();
    position.freshQuotes = () => Promise.resolve(booksAt('1.0000', convergedPerpAsk, position.clock.ms));
    position.see(convergedPerpAsk);
    await settled();
    assert.deepEqual(
      position.sent.map(({ payload }) => 'reason' in payload && payload.reason),
      ['convergence'],
    );
  });

  test('at most once a second while the stream and the order books disagree', async () => {
    const position = watchedPosition();
    for (let quotes = 0; quotes <= 40; quotes += 1) {
      position.see(convergedPerpAsk);
      await settled();
      position.clock.ms += 50;
    }
    // 41 quotes in two seconds: at 0, 1 and 2 s.
    assert.equal(position.freshReads, 3);
    assert.deepEqual(position.sent, []);
  });
});

describe('a position whose rules cannot be evaluated', () => {
  test('is alerted after half a minute, once, and the alert goes when they can', async () => {
    const position = watchedPosition();
    assert.equal(position.see(heldPerpAsk), true);
    position.clock.ms += 30_000;
    assert.equal(position.seeNothing(), false);
    await settled();
    assert.equal(position.alerts.raised.length, 0);
    position.clock.ms += 1;
    position.seeNothing();
    position.seeNothing();
    await settled();
    assert.deepEqual(
      position.alerts.raised.map((alert) => [alert.key, alert.severity, alert.positionKey]),
      [[`not_evaluable/${key}`, 'critical', key]],
    );
    assert.match(position.alerts.raised[0]?.message ?? '', /no quote of the spot leg/);
    const before = position.alerts.resolved.length;
    position.see(heldPerpAsk);
    position.see(heldPerpAsk);
    await settled();
    assert.deepEqual(position.alerts.resolved.slice(before), [`not_evaluable/${key}`]);
  });

  test('counts from the start of the watch when no quote ever came', async () => {
    const position = watchedPosition();
    position.clock.ms += 30_001;
    position.seeNothing();
    await settled();
    assert.equal(position.alerts.raised.length, 1);
  });

  test('takes with it the alert of a watcher before it: it cannot know whether one stands', async () => {
    const position = watchedPosition();
    position.see(heldPerpAsk);
    position.see(heldPerpAsk);
    await settled();
    assert.deepEqual(
      position.alerts.resolved.filter((one) => one.startsWith('not_evaluable')),
      [`not_evaluable/${key}`],
    );
  });

  test('is no longer alerted for once it is not watched any more', async () => {
    const position = watchedPosition();
    position.clock.ms += 30_001;
    position.seeNothing();
    position.exitWatch.end();
    await settled();
    assert.deepEqual(
      position.alerts.resolved.filter((one) => one.startsWith('not_evaluable')),
      [`not_evaluable/${key}`],
    );
  });
});

describe('a moment in which nothing can be seen', () => {
  test('does not start the stop anew: one quiet leg is over a second behind the other every other second', async () => {
    const position = watchedPosition();
    for (const ms of [0, 1_000, 2_000, 3_000]) {
      position.clock.ms += ms === 0 ? 0 : 900;
      position.seeNothing();
      position.clock.ms += ms === 0 ? 0 : 100;
      position.see(lostPerpAsk);
    }
    await settled();
    assert.deepEqual(
      position.sent.map(({ payload }) => 'reason' in payload && payload.reason),
      ['stop_loss'],
    );
  });

  test('does when it is longer than a quote is believed', async () => {
    const position = watchedPosition();
    position.see(lostPerpAsk);
    position.clock.ms += 2_001;
    position.seeNothing();
    position.clock.ms += 999;
    position.see(lostPerpAsk);
    await settled();
    assert.deepEqual(position.sent, []);
  });

  test('does not make a new decision of a standing exit', async () => {
    const position = await stoppedPosition();
    position.see(lostPerpAsk);
    position.clock.ms += 500;
    position.seeNothing();
    position.clock.ms += 500;
    position.see(lostPerpAsk);
    await settled();
    assert.equal(position.sent.length, 1, 'the next one is due after five seconds');
  });
});

describe('the marks that the UI shows', () => {
  test('are 24 at most, each a new one', async () => {
    const position = watchedPosition();
    position.see(heldPerpAsk);
    position.exitWatch.showMark();
    position.exitWatch.showMark();
    assert.equal(position.sent.length, 1, 'the same mark is not shown twice');
    for (let marks = 0; marks < 40; marks += 1) {
      position.clock.ms += 1_000;
      position.see(heldPerpAsk);
      position.exitWatch.showMark();
    }
    await settled();
    assert.equal(position.sent.length, 24);
  });

  test('end with the first minutes, also under a watcher that took over', async () => {
    const clock = watchedPosition().clock;
    clock.ms += 24 * 30_000 + 1;
    const position = watchedPosition(watchOf(), clock);
    position.see(heldPerpAsk);
    position.exitWatch.showMark();
    await settled();
    assert.deepEqual(position.sent, []);
  });

  test('carry the wall time of their evaluation', () => {
    const position = watchedPosition();
    position.clock.ms += 1_234;
    position.see(heldPerpAsk);
    assert.equal(position.exitWatch.mark()?.atWallMs, position.clock.ms);
  });
});

test('a coin that was sold from inventory and broke: the signal says that the perpetual alone is closed', async () => {
  const plan = examplePlan();
  const short = watchOf({ plan: { ...plan, exits: { ...plan.exits, depegMaxCostBps: '50' } } });
  const position = watchedPosition(short);
  const aliveAtMs = position.clock.ms;
  const spot = spotBook({ bids: [['0.8699', '20000']], asks: [['0.8700', '20000']], aliveAtMs });
  const perp = perpBook({ bids: [['0.8690', '20000']], asks: [['0.8691', '20000']], aliveAtMs });
  const known = { outlook: null, perpReading: null, margin: null };
  position.exitWatch.evaluate(spot, perp, { ...known, pegOf: brokenPeg('USDC') });
  position.clock.ms += 6_000;
  // The settlement coin has broken too: from now on both legs.
  const fresh = { aliveAtMs: position.clock.ms };
  const since = { wallMs: 0, marketMs: 0 };
  const both = () => ({ kind: 'broken', since, detail: 'everything broke' }) as const;
  position.exitWatch.evaluate({ ...spot, ...fresh }, { ...perp, ...fresh }, { ...known, pegOf: both });
  await settled();
  assert.deepEqual(
    position.sent.map(({ payload }) => 'reason' in payload && [payload.reason, payload.keepsQuote]),
    [
      ['depeg', true],
      ['depeg', undefined],
    ],
  );
});

test('a watcher that begins while a venue is down leaves its alert standing, and raises it again after a minute', async () => {
  const position = watchedPosition();
  const { alerts, clock, exitWatch } = position;
  const nothingElse = { outlook: null, pegOf: everyPegExempt, perpReading: null, margin: null };
  const seeSpotAlone = () => exitWatch.evaluate(booksAt('1.0000', heldPerpAsk, clock.ms)[0], null, nothingElse);
  const alertKey = `venue_down/${watchOf().key}`;
  for (let second = 0; second <= 64; second += 1) {
    seeSpotAlone();
    clock.ms += 1_000;
  }
  await settled();
  assert.ok(!alerts.resolved.includes(alertKey), 'it is not over');
  const [alert] = alerts.raised.filter((one) => one.key === alertKey);
  assert.match(alert?.message ?? '', /binanceusdm USDC\/USDT:USDT has been silent for 64 s/);
  for (let second = 0; second <= 30; second += 1) {
    position.see(heldPerpAsk);
    clock.ms += 1_000;
  }
  await settled();
  assert.ok(alerts.resolved.includes(alertKey), 'both are seen again');
});
