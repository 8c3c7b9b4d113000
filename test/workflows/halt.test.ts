/** A halt: nothing is opened any more, and with `closeAll` what is open is closed, until a person resumes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServices } from '../../src/cli/bootstrap.ts';
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
