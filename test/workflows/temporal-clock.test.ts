/** What a running activity learns of Temporal's clock from the server itself. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { temporalClockOfAttempt } from '../../activities/watching/temporal-clock.ts';
import { fakeAlerts } from '../activities/watching/support.ts';
import { testTemporal } from '../support/services.ts';

test('a worker whose clock is an hour behind knows Temporal’s, and a person is told', async () => {
  const { address, namespace } = testTemporal();
  const taskQueue = `clock-${randomBytes(4).toString('hex')}`;
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  const alerts = fakeAlerts();
  const temporalNow = async (): Promise<number> => {
    const clock = temporalClockOfAttempt({
      clock: { nowMs: () => Date.now() - 3_600_000 },
      alerts,
      warn: (message) => assert.fail(message),
    });
    await clock.look();
    return clock.nowMs();
  };
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    activities: { temporalNow },
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('../support/clock-workflow.ts', import.meta.url)),
    }),
  });
  const running = worker.run();
  const beforeMs = Date.now();
  const seenMs = await client.workflow.execute('readClock', { workflowId: taskQueue, taskQueue, args: [taskQueue] });
  const afterMs = Date.now();
  worker.shutdown();
  await running;
  await client.connection.close();
  await connection.close();
  // Server and test share this machine's clock; a start may take a while to arrive.
  assert.ok(seenMs >= beforeMs - 1_000 && seenMs <= afterMs, `${seenMs} is not between ${beforeMs} and ${afterMs}`);
  assert.match(alerts.raised[0]?.message ?? '', /behind/);
});
