/** Closes overtake opens on a task queue: what waits behind a burst of openings must not wait with them. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { testTemporal } from '../support/services.ts';

/** Activities that wait in a queue, as far as the server counts them. */
async function backlog(client: Client, namespace: string, name: string): Promise<number> {
  const { stats } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name },
    // Of activities, as Temporal numbers the kinds.
    taskQueueType: 2,
    reportStats: true,
  });
  return Number(stats?.approximateBacklogCount ?? 0);
}

test('five closes behind sixty opens are taken first', async () => {
  const { address, namespace } = testTemporal();
  const suffix = randomBytes(4).toString('hex');
  const [flows, orders] = [`priority-${suffix}`, `priority-orders-${suffix}`];
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../support/priority-workflow.ts', import.meta.url)),
  });
  const workflowWorker = await Worker.create({ connection, namespace, taskQueue: flows, workflowBundle });
  const taken: string[] = [];
  const orderWorker = (): Promise<Worker> =>
    Worker.create({
      connection,
      namespace,
      taskQueue: orders,
      maxConcurrentActivityTaskExecutions: 1,
      maxConcurrentActivityTaskPolls: 1,
      activities: { take: async (name: string) => void taken.push(name) },
    });

  const workflowsRun = workflowWorker.run();
  const handles = [];
  for (let index = 0; index < 65; index += 1) {
    const name = index < 60 ? 'open' : 'close';
    handles.push(
      await client.workflow.start('oneOrder', {
        workflowId: `${name}-${index}-${suffix}`,
        taskQueue: flows,
        args: [orders, name],
      }),
    );
  }
  // All 65 wait in the queue before anybody serves it: scheduled, and handed over to it.
  for (const handle of handles) while ((await handle.describe()).raw.pendingActivities?.length !== 1);
  await waitUntil(
    async () => (await backlog(client, namespace, orders)) >= 65,
    60_000,
    () => 'not all wait in the queue',
  );
  const worker = await orderWorker();
  const ordersRun = worker.run();
  await Promise.all(handles.map((handle) => handle.result()));
  worker.shutdown();
  workflowWorker.shutdown();
  await Promise.all([workflowsRun, ordersRun]);
  await client.connection.close();
  await connection.close();

  const places = taken.flatMap((name, place) => (name === 'close' ? [place] : []));
  // One poll may have been answered with an open before the server had sorted.
  assert.ok(Math.max(...places) <= 6, `closes were taken at ${places.join(', ')} of ${taken.length}`);
});
