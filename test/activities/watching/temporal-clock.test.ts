/** The clock by which exits are dated: Temporal's, whatever the clock of the machine says. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTemporalClock } from '../../../activities/watching/temporal-clock.ts';
import { fakeAlerts, fakeClock, startMs } from './support.ts';

/** The attempt began at `startMs` by the clock of the machine; @param serverMs and then by the server's. */
function attempt(serverMs: number | null) {
  const clock = fakeClock();
  const alerts = fakeAlerts();
  const warnings: string[] = [];
  const server = { ms: serverMs, failure: null as Error | null, asked: 0 };
  let monotonic = 500;
  const temporalClock = createTemporalClock({
    clock,
    alerts,
    monotonicMs: () => monotonic,
    startedAtMs: () => {
      server.asked += 1;
      return server.failure === null ? Promise.resolve(server.ms) : Promise.reject(server.failure);
    },
    warn: (message) => void warnings.push(message),
  });
  const pass = (ms: number): void => {
    clock.ms += ms;
    monotonic += ms;
  };
  return { clock, alerts, warnings, server, temporalClock, pass };
}

describe('Temporal’s clock', () => {
  test('is counted from the start of the attempt, and a clock that is far off is alerted once', async () => {
    const { alerts, temporalClock, pass } = attempt(startMs + 12_000);
    pass(700);
    await temporalClock.look();
    assert.equal(temporalClock.nowMs(), startMs + 12_700);
    pass(60_000);
    await temporalClock.look();
    assert.equal(temporalClock.nowMs(), startMs + 72_700);
    assert.deepEqual(
      alerts.raised.map(({ key, severity }) => [key, severity]),
      [['clock_off/market', 'critical']],
    );
    assert.match(alerts.raised[0]?.message ?? '', /12\.0 s behind/);
    assert.deepEqual(alerts.resolved, []);
  });

  test('goes on when the machine’s clock is set, and the alert ends', async () => {
    const { clock, alerts, temporalClock, pass } = attempt(startMs - 30_000);
    await temporalClock.look();
    assert.match(alerts.raised[0]?.message ?? '', /30\.0 s ahead/);
    clock.ms -= 30_000;
    pass(1_000);
    await temporalClock.look();
    assert.equal(temporalClock.nowMs(), startMs - 29_000);
    assert.deepEqual(alerts.resolved, ['clock_off/market']);
  });

  test('of a machine whose clock is right raises nothing', async () => {
    const { alerts, temporalClock } = attempt(startMs - 80);
    await temporalClock.look();
    assert.deepEqual(alerts.raised, []);
    assert.equal(temporalClock.nowMs(), startMs - 80);
  });

  test('is the machine’s own until the server has answered, and it is asked again', async () => {
    const { alerts, warnings, server, temporalClock, pass } = attempt(startMs + 12_000);
    server.failure = new Error('14 UNAVAILABLE');
    await temporalClock.look();
    await temporalClock.look();
    assert.equal(server.asked, 1, 'not in every pass');
    assert.equal(temporalClock.nowMs(), startMs);
    assert.match(warnings[0] ?? '', /UNAVAILABLE/);
    server.failure = null;
    pass(2_000);
    await temporalClock.look();
    assert.equal(temporalClock.nowMs(), startMs + 14_000);
    assert.equal(alerts.raised.length, 1);
  });
});
