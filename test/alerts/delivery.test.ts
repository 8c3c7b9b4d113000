/** Alerts from the ledger to their targets: real PostgreSQL, real HTTP, the delivery as a worker runs it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DrainTiming } from '../../src/alerts/target-queue.ts';
import type { Alert } from '../../src/ports/alerts.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { withLedger, type LedgerStory } from '../ledger/support/with-ledger.ts';
import { startDoor } from './support/door.ts';
import { fast, startDelivery, surroundingsOf, type Running, type Targets } from './support/alerting.ts';
import { headings, sentTo, startReceiver, taken, type Receiver } from './support/receiver.ts';

interface Story extends LedgerStory {
  readonly phone: Receiver;
  readonly team: Receiver;
  readonly service: Receiver;
  /** Log lines of every delivery of this story. */
  readonly lines: string[];
  /** Ended with the story, if it still runs. */
  readonly start: (targets?: Targets, timing?: DrainTiming) => Running;
}

function withReceivers(story: (parts: Story) => Promise<void>): Promise<void> {
  return withLedger(async (parts) => {
    const [phone, team, service] = await Promise.all([startReceiver(), startReceiver(), startReceiver()]);
    const running = new Set<Running>();
    const lines: string[] = [];
    const start = (targets: Targets = { phone, team, service }, timing: DrainTiming = fast): Running => {
      const one = startDelivery(surroundingsOf(parts.databaseUrl, targets, lines), timing);
      running.add(one);
      return { ...one, stop: async () => void (running.delete(one) && (await one.stop())) };
    };
    try {
      await story({ ...parts, phone, team, service, lines, start });
    } finally {
      // At once: a stop waits for the answer of a receiver that hangs, which ends as that is closed.
      const stops = [...running].map((one) => one.stop());
      await Promise.all([...stops, ...[phone, team, service].map((one) => one.close())]);
    }
  });
}

const stuck: Alert = { key: 'stuck/A', severity: 'critical', message: 'A: stuck in closing', positionKey: 'A' };
const numbered = (index: number): Alert => ({ ...stuck, key: `stuck/${index}`, message: `${index}: stuck in closing` });

async function nothingPending({ query }: LedgerStory): Promise<void> {
  await waitUntil(
    async () => {
      const unplanned = await query('select 1 from alerts where not raise_planned');
      return (
        unplanned.length === 0 &&
        (await query('select 1 from alert_deliveries where sent_at_wall_ms is null')).length === 0
      );
    },
    40_000,
    () => 'something is still pending',
  );
}

test('an alert reaches every target once while it stands, and its end once', () =>
  withReceivers(async (story) => {
    const { ledger, phone, team, service, start } = story;
    start();
    for (let time = 0; time < 5; time += 1) await ledger.raiseAlert(stuck, Date.now());
    await Promise.all([phone, team, service].map((one) => one.until(1)));
    for (let time = 0; time < 5; time += 1) await ledger.raiseAlert(stuck, Date.now());
    await ledger.resolveAlert(stuck.key, Date.now());
    await Promise.all([phone, team, service].map((one) => one.until(2)));
    await nothingPending(story);
    assert.deepEqual(headings(phone), ['CRITICAL stuck', 'OVER stuck']);
    assert.deepEqual(headings(team), ['CRITICAL stuck', 'OVER stuck']);
    assert.match(phone.received[1]?.body ?? '', /raised 10 times/);
    assert.deepEqual(
      sentTo(service).map(({ id }) => id.replace(/^\d+/, 'n')),
      ['n/raised', 'n/resolved'],
    );
  }));

test('a burst is one message to people, and every one of it to a service', () =>
  withReceivers(async (story) => {
    const { ledger, phone, team, service, start } = story;
    for (let index = 0; index < 40; index += 1) await ledger.raiseAlert(numbered(index), Date.now());
    start();
    await nothingPending(story);
    for (const { received } of [phone, team, service]) assert.equal(received.length, 1);
    assert.match(headings(phone)[0] ?? '', /^40 alerts · /);
    assert.deepEqual(
      sentTo(service).map(({ key }) => key),
      Array.from({ length: 40 }, (_, index) => `stuck/${index}`),
    );
  }));

test('a target that is down delays nobody and loses nothing, and the others hear of it', () =>
  withReceivers(async (story) => {
    const { ledger, phone, team, service, lines, start } = story;
    team.answer(() => ({ status: 500, body: 'rollup_error' }));
    service.answer(() => 'hang');
    start({ phone, team, service }, { ...fast, failingAlertMs: 100 });
    await ledger.raiseAlert(stuck, Date.now());
    await phone.until(1);
    await waitUntil(
      () => headings(phone).includes('WARNING alert_target'),
      40_000,
      () => headings(phone).join(', '),
    );
    assert.match(
      phone.received.map(({ body }) => body).join(),
      /the alert target team has taken nothing .*500 rollup_error/,
    );
    assert.ok(lines.some((line) => line.includes('could not be delivered') && line.includes('500 rollup_error')));
    team.answer(taken);
    await waitUntil(
      () => team.received.some(({ body }, index) => index > 0 && body.includes('stuck in closing')),
      40_000,
      () => 'the team never heard of it',
    );
    await waitUntil(
      () => headings(phone).includes('OVER alert_target'),
      40_000,
      () => headings(phone).join(', '),
    );
  }));

test('who asks for patience is left alone for as long, also by the process that comes after', () =>
  withReceivers(async (story) => {
    const { ledger, phone, query, start } = story;
    const asked = 'select paused_until_wall_ms, last_error from alert_targets';
    phone.answer(() => ({
      status: 429,
      body: '{"ok":false,"description":"slow down","parameters":{"retry_after":8}}',
    }));
    const first = start({ phone });
    await ledger.raiseAlert(stuck, Date.now());
    await waitUntil(
      async () => (await query(asked)).length === 1,
      40_000,
      () => 'no pause on record',
    );
    await first.stop();
    const [pause] = await query(asked);
    assert.equal(pause?.['last_error'], '429 slow down');
    phone.answer(taken);
    start({ phone });
    await phone.until(2);
    assert.ok(Date.now() >= Number(pause['paused_until_wall_ms']), 'not before the pause is over');
    await nothingPending(story);
    assert.equal(phone.received.length, 2, 'and in between it was not asked at all');
  }));

test('of two processes one delivers, and the other takes over', () =>
  withReceivers(async (story) => {
    const { ledger, service, start } = story;
    const [first, second] = [start({ service }), start({ service })];
    for (let index = 0; index < 3; index += 1) {
      await ledger.raiseAlert(numbered(index), Date.now());
      await service.until(index + 1);
    }
    await first.stop();
    await ledger.raiseAlert(numbered(3), Date.now());
    await service.until(4);
    await second.stop();
    start({ service });
    await ledger.raiseAlert(numbered(4), Date.now());
    await service.until(5);
    await nothingPending(story);
    assert.deepEqual(
      sentTo(service).map(({ key }) => key),
      [0, 1, 2, 3, 4].map((index) => `stuck/${index}`),
    );
  }));

test('a stop waits for the answer to what is under way, so that it is not sent again', () =>
  withReceivers(async (story) => {
    const { ledger, service, start } = story;
    const answering = Promise.withResolvers<void>();
    service.answer(async () => {
      await answering.promise;
      return { status: 200 };
    });
    const first = start({ service });
    await ledger.raiseAlert(stuck, Date.now());
    await service.until(1);
    const stopped = first.stop();
    answering.resolve();
    await stopped;
    start({ service });
    await nothingPending(story);
    assert.equal(service.received.length, 1);
  }));

test('the ledger away is told by the process that sees it, once, and its end once', () =>
  withReceivers(async (story) => {
    const { databaseUrl, phone, service, lines } = story;
    const door = await startDoor(databaseUrl);
    service.answer(() => ({ status: 503 }));
    const running = startDelivery(surroundingsOf(door.url, { phone, service }, lines));
    try {
      await story.ledger.raiseAlert({ ...stuck, severity: 'info' }, Date.now());
      await phone.until(1);
      await nothingPending(story);
      await door.shut();
      await phone.until(2);
      await service.until(2);
      await door.open();
      await phone.until(3);
      service.answer(taken);
      await nothingPending(story);
    } finally {
      await running.stop();
      await door.shut();
    }
    assert.deepEqual(headings(phone), ['INFO stuck', 'CRITICAL ledger_unreachable', 'OVER ledger_unreachable']);
    assert.match(phone.received[1]?.body ?? '', /nothing is opened or closed without it: .*ECONNREFUSED/);
    // What it could not be told then, it is told now: the alert of the ledger has a number, that of the process none.
    const ids = sentTo(service)
      .filter(({ key }) => key === 'ledger_unreachable')
      .map(({ id }) => id);
    const [began, ended, ...others] = new Set(ids.filter((id) => /^\d+\//.test(id)));
    assert.match(`${began} ${ended}`, /^(\d+)\/raised \1\/resolved$/);
    assert.deepEqual(others, []);
  }));

test('a secret that is missing costs the target its alerts, and nobody else anything', () =>
  withReceivers(async ({ databaseUrl, ledger, phone, team }) => {
    const surroundings = surroundingsOf(databaseUrl, { phone, team });
    const { BASIS_ALERT_TEAM_URL: _url, ...env } = surroundings.env;
    const running = startDelivery({ ...surroundings, env }, fast);
    try {
      await ledger.raiseAlert(stuck, Date.now());
      await waitUntil(
        () => headings(phone).includes('CRITICAL stuck') && headings(phone).includes('WARNING alert_secrets'),
        40_000,
        () => headings(phone).join(', '),
      );
      assert.match(
        phone.received.map(({ body }) => body).join(),
        /target team is told nothing: BASIS_ALERT_TEAM_URL is not set/,
      );
    } finally {
      await running.stop();
    }
  }));
