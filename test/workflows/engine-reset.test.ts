/** An engine that is reset to before it started a position finds it running, and leaves it alone. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startServices } from '../../src/cli/start/bootstrap.ts';
import type { EngineView } from '../../workflows/messages.ts';
import { eventually, startTradingService, type TradingService } from '../support/trading-service.ts';

let service: TradingService;
before(async () => {
  service = await startTradingService();
});
after(() => service.stop());

test('its position stays watched, and its capital stays reserved', async () => {
  const { client, ledger } = service;
  // Ten basis points: the engine enters.
  await service.setPrices('0.9990', '1.0000');
  await startServices(client, service.config, service.anchor);
  const engine = client.workflow.getHandle('engine/default');
  await eventually(
    async () => (await ledger.armedWatches('0')).length > 0,
    () => 'the engine has opened nothing',
  );
  await engine.signal('pause', { reason: 'one position is enough' });
  const [watch] = await ledger.armedWatches('0');
  assert.ok(watch);
  const startedBefore = `started ${watch.key} before`;

  const { events } = await engine.fetchHistory();
  const child = events?.findIndex(
    ({ startChildWorkflowExecutionInitiatedEventAttributes: attributes }) =>
      attributes?.workflowId === watch.workflowId,
  );
  assert.ok(events && child !== undefined && child > 0);
  const decided = events.slice(0, child).findLast((event) => event.workflowTaskCompletedEventAttributes);
  assert.ok(decided?.eventId);
  const { runId } = await engine.describe();
  await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId: 'engine/default', runId },
    workflowTaskFinishEventId: decided.eventId,
    requestId: randomUUID(),
    reason: 'this test',
  });
  await eventually(
    async () => (await engine.query<EngineView>('engine')).recent.some((line) => line.includes(watch.key)),
    () => 'the engine did not come back to it',
  );
  const { recent } = await engine.query<EngineView>('engine');
  assert.ok(
    recent.some((line) => line.endsWith(startedBefore)),
    recent.join('\n'),
  );
  assert.equal((await ledger.position(watch.key))?.status, 'hedged');
  assert.deepEqual(
    (await ledger.armedWatches('0')).map(({ key }) => key),
    [watch.key],
  );
});
