/** A halt: nothing is opened any more, and with `closeAll` what is open is closed, until a person resumes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServices } from '../../src/cli/start/bootstrap.ts';
import { stoppingReason } from '../../src/domain/names.ts';
import type { EngineView } from '../../workflows/messages.ts';
import { eventually, startTradingService, type TradingService } from '../support/trading-service.ts';

let service: TradingService;
before(async () => {
  service = await startTradingService();
  await startServices(service.client, service.config, service.anchor);
});
after(() => service.stop());

test('closes what is open with its own reason, opens nothing, and a resume takes a new high-water mark', async () => {
  const engine = service.client.workflow.getHandle('engine/default');
  await engine.signal('pause', { reason: 'this test opens by hand' });
  await service.setPrices('0.9996', '0.9990');
  const handle = await service.openPosition('short_spot_long_perp');
  await service.untilStatus(handle, 'hedged');

  await engine.signal('halt', { reason: 'the exchanges are in trouble', closeAll: true });
  const result = await handle.result();
  assert.equal(result.kind === 'closed' && result.exitReason, 'portfolio_halt');
  const view = await engine.query<EngineView>('engine');
  assert.equal(view.haltReason, 'the exchanges are in trouble');
  assert.match(view.recent.join(), /halt: \d+ positions told to close/);
  // Told by a signal alone, as from the Temporal UI: the ledger refuses what is reserved from now on, a person's too.
  assert.equal(await service.ledger.haltOf('default'), 'the exchanges are in trouble');
  const refused = await (await service.openPosition('short_spot_long_perp')).result();
  assert.match(
    refused.kind === 'aborted' ? refused.reason : refused.kind,
    /^halted: nothing is opened in the book default: the exchanges are in trouble/,
  );

  // Only now: the guard halts for such a drawdown too, with words of its own.
  await service.ledger.observeEquity('default', { equityUsd: '200000', transferredUsd: '0' }, Date.now());
  await engine.signal('resume');
  await eventually(
    async () => (await engine.query<EngineView>('engine')).haltReason === null,
    () => 'it is still halted',
  );
  await eventually(
    async () => (await service.ledger.haltOf('default')) === null,
    () => 'the ledger still refuses',
  );
  await eventually(
    async () =>
      (await service.ledger.observeEquity('default', { equityUsd: '1', transferredUsd: '0' }, Date.now())) === '0',
    () => 'the high-water mark is the old one',
  );
});

test('an ordinary stop and start keep the high-water mark, and take back no word of a person', async () => {
  const engine = service.client.workflow.getHandle('engine/default');
  const view = () => engine.query<EngineView>('engine');
  const start = () => startServices(service.client, service.config, service.anchor);
  // 2,000 USD of profit at the peak: the guard, which sees next to none, finds 1.3 %, less than it halts for.
  await service.ledger.observeEquity('default', { equityUsd: '152000', transferredUsd: '150000' }, Date.now());
  await engine.signal('pause', { reason: stoppingReason });
  await start();
  assert.equal((await view()).paused, false);
  await untilHandled();
  // 760 of 152,000.
  const later = { equityUsd: '151240', transferredUsd: '150000' };
  assert.equal(await service.ledger.observeEquity('default', later, Date.now()), '0.5');

  await engine.signal('pause', { reason: stoppingReason });
  // A person's words come in between what a start has asked and what it says.
  await engine.signal('pause', { reason: 'news' });
  await engine.signal('halt', { reason: 'bybit is in trouble' });
  await engine.signal('resume', { afterStop: true });
  const { pauseReason, haltReason } = await view();
  assert.deepEqual([pauseReason, haltReason], ['news', 'bybit is in trouble']);
  await engine.signal('resume');
});

/** The engine has decided on the last resume, and what it decided is done. */
async function untilHandled(): Promise<void> {
  const engine = service.client.workflow.getHandle('engine/default');
  await eventually(
    async () => {
      const { events } = await engine.fetchHistory();
      const resumed = events?.findLastIndex(
        ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === 'resume',
      );
      const decided = events?.findLastIndex(({ workflowTaskCompletedEventAttributes: task }) => task != null);
      const { raw } = await engine.describe();
      return (decided ?? -1) > (resumed ?? -1) && (raw.pendingActivities ?? []).length === 0;
    },
    () => 'the engine has not handled its resume',
  );
}
