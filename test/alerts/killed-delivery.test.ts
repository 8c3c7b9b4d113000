/**
 * The delivering process is killed again and again, at moments of the receivers' choice: in the middle of a send, after
 * the message was taken and before that is on record. Nothing is lost, and what stands is told a second time at most.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { withLedger, type LedgerStory } from '../ledger/support/with-ledger.ts';
import { sentTo, startReceiver, taken, type Receiver } from './support/receiver.ts';

function startProcess(databaseUrl: string, phone: Receiver, service: Receiver): ChildProcess {
  const args = ['test/alerts/support/delivery-process.ts', databaseUrl, phone.url, service.url];
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function allTaken({ query }: LedgerStory): Promise<void> {
  await waitUntil(
    async () => {
      const left = await query(`select 1 from alert_deliveries where sent_at_wall_ms is null
        union all select 1 from alerts where not raise_planned or (resolved_at_wall_ms is not null and not end_planned)`);
      return left.length === 0;
    },
    60_000,
    () => 'something is still pending',
  );
}

test('killed in the middle of sends, the next process loses nothing and repeats only what was under way', () =>
  withLedger(async (story) => {
    const { ledger, databaseUrl } = story;
    const [phone, service] = await Promise.all([startReceiver(), startReceiver()]);
    let child = startProcess(databaseUrl, phone, service);
    const raise = (key: string) =>
      ledger.raiseAlert({ key, severity: 'critical', message: `${key} stands`, positionKey: null }, Date.now());
    try {
      for (let round = 0; round < 4; round += 1) {
        // The message has arrived; whoever sent it is dead before it hears so.
        const dead = Promise.withResolvers<void>();
        let isFirst = true;
        service.answer(async (request, index) => {
          if (!isFirst) return taken(request, index);
          isFirst = false;
          await kill(child);
          dead.resolve();
          return 'hang';
        });
        await raise(`stuck/${round}`);
        await raise(`drift/${round}`);
        if (round > 0) await ledger.resolveAlert(`stuck/${round - 1}`, Date.now());
        await dead.promise;
        child = startProcess(databaseUrl, phone, service);
        await allTaken(story);
      }
      const counts = new Map<string, number>();
      for (const { id } of sentTo(service)) counts.set(id, (counts.get(id) ?? 0) + 1);
      const expected = await story.query(
        `select alert_id || '/' || phase as id from alert_deliveries where target = 'service' order by 1`,
      );
      assert.deepEqual(
        [...counts.keys()].toSorted(),
        expected.map(({ id }) => String(id)).toSorted(),
        'nothing is lost',
      );
      // 4 × 2 beginnings and 3 ends; each kill repeats the one message that it cut off.
      assert.equal(expected.length, 11);
      assert.deepEqual(
        [...counts.values()].filter((count) => count > 2),
        [],
        'nothing is told a third time',
      );
      const repeated = sentTo(service).filter(({ attempt }) => attempt > 1);
      assert.deepEqual(
        [...counts.values()].filter((count) => count === 2).length,
        repeated.length,
        'a repetition says so',
      );
      assert.ok(repeated.length >= 4);
    } finally {
      if (child.exitCode === null && child.signalCode === null) await kill(child);
      await Promise.all([phone.close(), service.close()]);
    }
  }));
