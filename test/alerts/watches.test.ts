/** What nobody raises by itself is seen by looking: unequal legs, an account that nobody reads, a Temporal that is gone. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { watchAccountSilence } from '../../src/alerts/account-silence.ts';
import { watchReconciliation } from '../../src/alerts/reconciliation-silence.ts';
import { watchOneLegged } from '../../src/alerts/one-legged.ts';
import type { LegHoldings } from '../../src/ports/alert-outbox.ts';
import type { AlertRow } from '../../src/ports/ledger.ts';
import { createTemporalWatch } from '../../workers/temporal-watch.ts';
import { reading } from '../ledger/support/requests.ts';
import { examplePlan } from '../support/plans.ts';
import { testTemporal } from '../support/services.ts';
import { startDoor, type Door } from './support/door.ts';
import { recordedAlerts } from './support/recorded-alerts.ts';

// A server that is gone is this test's own doing, and no news in its output.
Runtime.install({ telemetryOptions: { logging: { filter: 'off' } } });

/** A clock that a test sets, in seconds. */
function heldClock() {
  let nowMs = 1_790_000_000_000;
  return { nowMs: () => nowMs, pass: (seconds: number) => void (nowMs += seconds * 1_000) };
}

describe('the legs of a position', () => {
  const plan = examplePlan({ hedgeDeadlineMs: 20_000 });
  const key = `one_legged/${plan.key}`;
  const standing = (alertKey: string): AlertRow => ({
    key: alertKey,
    severity: 'critical',
    message: '',
    positionKey: null,
    raisedAtMs: 0,
    resolvedAtMs: null,
    count: 1,
  });

  function story() {
    const clock = heldClock();
    const alerts = recordedAlerts();
    let legs: LegHoldings[] = [];
    let open: AlertRow[] = [standing('stuck/X')];
    const look = watchOneLegged({
      legsOfLive: async () => legs,
      ledger: { openAlerts: async () => open },
      alerts,
      clock,
    });
    return {
      look,
      clock,
      alerts,
      hold: (spotBase: string, perpBase: string) => void (legs = [{ plan, spotBase, perpBase }]),
      end: () => void (legs = []),
      stand: (...keys: string[]) => void (open = keys.map(standing)),
    };
  }

  test('unequal by more than a lot until 10 s past the hedge deadline are an alert, once, and its end when they are equal', async () => {
    const { look, clock, alerts, hold, stand } = story();
    hold('-10000', '0');
    await look();
    clock.pass(29);
    await look();
    assert.deepEqual(alerts.told, []);
    clock.pass(1);
    await look();
    assert.deepEqual(alerts.told, [
      `raised ${key}: ${plan.key}: its legs have been unequal for 30 s: spot -10000, perpetual 0 USDC`,
    ]);
    stand(key);
    await look();
    assert.equal(alerts.told.length, 1);
    // The coarser lot is 1: a dust of it is no leg.
    hold('-10000', '9999');
    await look();
    assert.deepEqual(alerts.told.slice(1), [`resolved ${key}`]);
  });

  test('equal in between begin anew', async () => {
    const { look, clock, alerts, hold } = story();
    for (const perpBase of ['0', '10000', '0']) {
      hold('-10000', perpBase);
      await look();
      clock.pass(20);
    }
    await look();
    assert.deepEqual(alerts.told, []);
  });

  test('what an earlier process has left standing is resolved with the position’s end, and nothing of others', async () => {
    const { look, alerts, end, stand } = story();
    stand(key, 'stuck/X');
    end();
    await look();
    assert.deepEqual(alerts.told, [`resolved ${key}`]);
  });
});

test('an account is silent when nothing was read for 90 s of this process, whatever was before it', async () => {
  const clock = heldClock();
  const alerts = recordedAlerts();
  const readAtMs = new Map([['bybit', clock.nowMs() - 86_400_000]]);
  const latestReading = async (account: string) => {
    const atMs = readAtMs.get(account);
    return atMs === undefined ? null : reading(account, '1', { readAtMs: atMs });
  };
  const look = watchAccountSilence(['bybit', 'binance'], { ledger: { latestReading }, alerts, clock });
  await look();
  assert.deepEqual(alerts.told, ['resolved unread/bybit', 'resolved unread/binance'], 'left by an earlier one');
  clock.pass(60);
  readAtMs.set('binance', clock.nowMs());
  clock.pass(30);
  for (let time = 0; time < 2; time += 1) await look();
  const message = 'nothing has been read of bybit for 90 s: is its exchange up, and its worker?';
  assert.deepEqual(alerts.told.slice(2), [`raised unread/bybit: ${message}`]);
  readAtMs.set('bybit', clock.nowMs());
  await look();
  assert.deepEqual(alerts.told.slice(3), ['resolved unread/bybit']);
});

test('no reconciliation for 20 minutes of this process is an alert, until one has ended', async () => {
  const clock = heldClock();
  const alerts = recordedAlerts();
  let atWallMs = clock.nowMs() - 86_400_000;
  const latestReconciliations = async () => [{ atWallMs, isClean: true, findings: [], orphans: [], healed: [] }];
  const look = watchReconciliation({ ledger: { latestReconciliations }, alerts, clock });
  clock.pass(1_199);
  await look();
  assert.deepEqual(alerts.told, ['resolved unreconciled'], 'left by an earlier process');
  clock.pass(1);
  for (let time = 0; time < 2; time += 1) await look();
  const message = 'no reconciliation has ended for 20 min: does its workflow fail, or is its schedule paused?';
  assert.deepEqual(alerts.told.slice(1), [`raised unreconciled: ${message}`]);
  atWallMs = clock.nowMs();
  await look();
  assert.deepEqual(alerts.told.slice(2), ['resolved unreconciled']);
});

describe('Temporal', () => {
  const timing = { alertMs: 15_000, connectForMs: 45_000, retryMs: 1, answerWithinMs: 1_000 };
  let door: Door;
  before(async () => {
    door = await startDoor(`http://${testTemporal().address}`);
  });
  after(() => door.shut());

  test('that does not answer is an alert after 15 s, and its end when it answers again', async () => {
    const clock = heldClock();
    const alerts = recordedAlerts();
    const watch = createTemporalWatch(alerts, clock, timing);
    const address = new URL(door.url).host;
    const connection = await watch.connect(() => NativeConnection.connect({ address }), new AbortController().signal);
    try {
      for (let time = 0; time < 100 && alerts.told.length < 1; time += 1) await watch.look();
      assert.deepEqual(alerts.told, ['resolved temporal_unreachable'], 'left by an earlier process');
      await door.shut();
      await watch.look();
      clock.pass(14);
      await watch.look();
      assert.equal(alerts.told.length, 1);
      clock.pass(1);
      for (let time = 0; time < 2; time += 1) await watch.look();
      assert.match(
        alerts.told.slice(1).join('; '),
        /^raised temporal_unreachable: Temporal has not answered for 15 s[^;]*$/,
      );
      await door.open();
      for (let time = 0; time < 100 && alerts.told.length < 3; time += 1) await watch.look();
      assert.deepEqual(alerts.told.slice(2), ['resolved temporal_unreachable']);
    } finally {
      await connection.close();
    }
  });

  test('that cannot be reached at a start is tried for 45 s, told of, and then given up', async () => {
    const clock = heldClock();
    const alerts = recordedAlerts();
    const watch = createTemporalWatch(alerts, clock, timing);
    let tries = 0;
    const refused = async (): Promise<NativeConnection> => {
      tries += 1;
      clock.pass(15);
      await watch.look();
      throw new Error('refused');
    };
    await assert.rejects(watch.connect(refused, new AbortController().signal), /refused/);
    assert.equal(tries, 3);
    assert.match(alerts.told.join('; '), /^raised temporal_unreachable: Temporal has not answered for 15 s[^;]*$/);
    const stopped = AbortSignal.abort();
    tries = 0;
    await assert.rejects(watch.connect(refused, stopped), /refused/);
    assert.equal(tries, 1, 'a stop does not wait');
  });
});
