/** Reconciliation, orphans, and what a person does about them: with Temporal and without. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { acceptByHand } from '../../activities/reconciliation/break-glass-accept.ts';
import { systemClock } from '../../src/clock/system-clock.ts';
import { reconcileInput } from '../../src/cli/start/bootstrap.ts';
import { basisTaskQueue, workflowTypes } from '../../src/domain/names.ts';
import type { PositionView } from '../../src/domain/position-state.ts';
import type { ReconciliationReport } from '../../src/domain/reconciliation/reconciliation.ts';
import { eventually, startTradingService, type TradingService } from '../support/trading-service.ts';
import { handOn } from '../support/venue-hand.ts';

const clean = { ledgerMatchesVenue: true, oneLegged: 0, findings: [] };

let service: TradingService;
before(async () => {
  service = await startTradingService();
  await service.setPrices('0.9996', '0.9990');
});
after(() => service.stop());

function reconcile(
  change: { flattenOrphans?: boolean } = {},
  workflowId = `reconcile/${randomBytes(4).toString('hex')}`,
): Promise<ReconciliationReport> {
  return service.client.workflow.execute(workflowTypes.reconcile, {
    workflowId,
    taskQueue: basisTaskQueue,
    args: [{ ...reconcileInput(service.config, service.anchor), ...change }],
  });
}

async function basis(...args: string[]): Promise<{ code: number; document: unknown; stderr: string }> {
  const { TEMPORAL_ADDRESS: _address, TEMPORAL_NAMESPACE: _namespace, DATABASE_URL: _database, ...env } = process.env;
  return new Promise((done) => {
    execFile(
      process.execPath,
      ['src/cli/main.ts', ...args, '--home', service.sim.homeDir, '--json'],
      { env: { ...env, ...service.env, ...service.keys } },
      (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : 0;
        done({ code, document: stdout === '' ? null : JSON.parse(stdout), stderr: `${stderr}${stdout}` });
      },
    );
  });
}

const refusal = z.object({ error: z.object({ kind: z.enum(['refused', 'bad_input']), message: z.string() }) });

async function hedged(direction: 'short_spot_long_perp' | 'long_spot_short_perp' = 'short_spot_long_perp') {
  const handle = await service.openPosition(direction);
  const view = await service.untilStatus(handle, 'hedged');
  return { handle, ...view };
}

describe('reconcile', () => {
  test('finds nothing where there is nothing, with a position on', async () => {
    const { handle } = await hedged();
    const report = await reconcile();
    assert.deepEqual([report.isClean, report.findings, report.orphans], [true, [], []]);
    assert.equal((await service.ledger.latestReconciliations(1))[0]?.atWallMs, report.atWallMs);
    await handle.signal('forceClose');
    await handle.result();
  });

  test('waits for no account longer than a run of five minutes allows: one healing, and four passes 3 s apart', async () => {
    const workflowId = `reconcile/${randomBytes(4).toString('hex')}`;
    await reconcile({}, workflowId);
    const { events } = await service.client.workflow.getHandle(workflowId).fetchHistory();
    const venueReads = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: of }) =>
      of?.taskQueue?.name?.startsWith('venue-read.') === true ? [of] : [],
    );
    assert.ok(venueReads.length >= 4, 'healed and read, both accounts');
    for (const { scheduleToStartTimeout, scheduleToCloseTimeout } of venueReads) {
      assert.equal(Number(scheduleToStartTimeout?.seconds), 10);
      assert.ok(5 * Number(scheduleToCloseTimeout?.seconds) + 3 * 3 < 5 * 60);
    }
  });

  test('finds a position whose workflow was terminated within one run, and ends its alert when it is taken over', async () => {
    const { handle, key } = await hedged();
    assert.equal((await basis('adjust', key, '--exit-bps', '-30')).code, 0);
    await handle.terminate('by mistake, in the UI');
    const report = await reconcile();
    assert.deepEqual(report.orphans, [{ key, status: 'hedged', workflow: 'terminated', action: 'reported' }]);
    const alertKey = `reconcile/orphan/${key}`;
    assert.ok((await service.ledger.openAlerts()).some((alert) => alert.key === alertKey));

    const adopted = await basis('adopt', key);
    assert.equal(adopted.code, 0, adopted.stderr);
    const successor = service.client.workflow.getHandle(`position/${key}`);
    assert.equal((await successor.describe()).status.name, 'RUNNING');
    const { plan } = await successor.query<PositionView>('position');
    assert.equal(plan.exits.exitBps, '-30', 'what a person had adjusted holds');
    assert.ok((await reconcile()).isClean);
    assert.ok(!(await service.ledger.openAlerts()).some((alert) => alert.key === alertKey));
    const twice = refusal.parse((await basis('adopt', key)).document);
    assert.match(twice.error.message, /runs, or has ended well/);

    const closed = await basis('close', key);
    assert.equal(closed.code, 0, closed.stderr);
    assert.deepEqual(await service.compare(), clean);
  });

  test('brings an orphan to zero by itself where the configuration says so', async () => {
    const { handle, key } = await hedged('long_spot_short_perp');
    await handle.terminate();
    const report = await reconcile({ flattenOrphans: true });
    assert.deepEqual(
      report.orphans.map(({ key: orphan, action }) => [orphan, action]),
      [[key, 'flattening']],
    );
    await eventually(async () => (await service.ledger.position(key))?.status === 'closed');
    assert.deepEqual(await service.compare(), clean);
  });

  test('counts what a person did by hand on the account as drift, twice seen, and says where', async () => {
    const hand = handOn(service.sim, 'bybit');
    await hand.createOrder('USDC/USDT', 'limit', 'sell', 500, 0.99);
    const report = await reconcile();
    assert.equal(report.isClean, false);
    const kinds = report.findings.map(({ kind, account }) => `${kind} ${account}`);
    assert.ok(kinds.includes('fill_missing bybit') && kinds.includes('balance bybit'), kinds.join(', '));
    const command = await basis('reconcile');
    assert.equal(command.code, 1);
    const alone = await basis('reconcile', '--break-glass');
    assert.equal(alone.code, 1);
    assert.deepEqual(
      z
        .object({ findings: z.array(z.object({ kind: z.string() })) })
        .parse(alone.document)
        .findings.map(({ kind }) => kind),
      report.findings.map(({ kind }) => kind),
    );
  });
});

describe('a position without a workflow', () => {
  test('is flattened by a new workflow under the same id', async () => {
    const { handle, key } = await hedged();
    await handle.terminate();
    const { code, document, stderr } = await basis('flatten', key);
    assert.equal(code, 0, stderr);
    assert.equal(z.object({ status: z.string() }).parse(document).status, 'closed');
    const steps = (await service.ledger.ordersOf(key)).map(({ step }) => step);
    assert.equal(new Set(steps).size >= 2, true);
    assert.equal((await service.compare()).oneLegged, 0);
  });

  test('is flattened without Temporal; its workflow, awake again, sends nothing and ends with the same result', async () => {
    const { handle, key } = await hedged();
    const before = await service.venueOrders();
    const { code, stderr } = await basis('flatten', key, '--break-glass');
    assert.equal(code, 0, stderr);
    const position = await service.ledger.position(key);
    assert.equal(position?.exitReason, 'break_glass');
    const after = await service.venueOrders();
    assert.equal(after.size, before.size + 2, 'one closing order a leg');

    await handle.signal('forceClose');
    const result = await handle.result();
    assert.ok(result.kind === 'closed');
    assert.equal(result.exitReason, 'break_glass');
    assert.deepEqual(result.attribution, position?.attribution);
    assert.equal((await service.venueOrders()).size, after.size);
    assert.equal((await service.compare()).oneLegged, 0);
  });
});

describe('a person’s word', () => {
  test('changes the exits of an open position, and refuses what makes no sense', async () => {
    const { handle, key } = await hedged();
    const adjusted = await basis('adjust', key, '--exit-bps', '-20', '--max-holding-hours', '48');
    assert.equal(adjusted.code, 0, adjusted.stderr);
    const watch = (await service.ledger.armedWatches('0')).find((one) => one.key === key);
    assert.equal(watch?.plan.exits.exitBps, '-20');
    assert.equal(watch.plan.exits.maxHoldingMs, 48 * 3_600_000);
    const wrong = refusal.parse((await basis('adjust', key, '--stop-loss-pct', '0')).document);
    assert.match(wrong.error.message, /--stop-loss-pct: must be percent above 0/);
    const early = refusal.parse((await basis('resolve', key, 'retry')).document);
    assert.match(early.error.message, /only a stuck position/);
    await handle.signal('forceClose');
    await handle.result();
  });

  test('ends a stuck position that was closed by hand, once the venue’s own records say so', async () => {
    const { handle, key, plan } = await hedged();
    const refuse = { venue: 'bybit', method: 'POST', kind: 'reject', reason: 'insufficient_balance', count: null };
    const refuseOrders = (): Promise<unknown> =>
      service.control('POST', '/faults', { ...refuse, path: '/v5/order/create' });
    await refuseOrders();
    try {
      await handle.signal('forceClose');
      await service.untilStatus(handle, 'stuck');
      const notYet = refusal.parse((await basis('resolve', key, 'flat')).document);
      assert.match(notYet.error.message, /it is not flat: it holds/);
      await service.control('DELETE', '/faults');
      const hand = handOn(service.sim, 'bybit');
      await hand.createOrder('USDC/USDT', 'limit', 'buy', Number(plan.quantityBase) + 5, 1.01);
      // Otherwise its own next try might come first.
      await refuseOrders();
      const resolved = await basis('resolve', key, 'flat');
      assert.equal(resolved.code, 0, resolved.stderr);
      const result = await handle.result();
      assert.equal(result.kind, 'closed');
    } finally {
      await service.control('DELETE', '/faults');
    }
    assert.equal((await service.compare()).oneLegged, 0);
  });

  test('accepts what is left of a stuck position as no position’s any more', async () => {
    const { handle, key } = await hedged('long_spot_short_perp');
    await service.control('POST', '/faults', {
      venue: 'bybit',
      method: 'POST',
      kind: 'reject',
      reason: 'insufficient_balance',
      path: '/v5/order/create',
      count: null,
    });
    try {
      const { code, document } = await basis('close', key);
      const { message } = refusal.parse(document).error;
      assert.equal(code, 1, message);
      assert.match(message, /: stuck in closing: 5 orders were not executed: bybit refused it: /);
      const short = key.slice(-6);
      assert.ok(
        message.endsWith(`see basis show ${short}, then basis resolve ${short} retry, accept or flat`),
        message,
      );
      assert.equal((await basis('resolve', key, 'accept')).code, 0);
      assert.equal((await handle.result()).kind, 'closed');
    } finally {
      await service.control('DELETE', '/faults');
    }
    const position = await service.ledger.position(key);
    assert.match(position?.acceptedSpotBase ?? '', /^\d{4}/);
    assert.equal((await service.compare()).oneLegged, 0, 'a person has accepted it');
  });

  test('without Temporal ends a stuck position whose market is gone, and its workflow with it', async () => {
    const { handle, key } = await hedged('long_spot_short_perp');
    const refuse = { method: 'POST', kind: 'reject', reason: 'insufficient_balance', count: null };
    await service.control('POST', '/faults', { ...refuse, venue: 'bybit', path: '/v5/order/create' });
    await service.control('POST', '/faults', { ...refuse, venue: 'binanceusdm', path: '/fapi/v1/order' });
    try {
      await handle.signal('forceClose');
      await service.untilStatus(handle, 'stuck');
      // With both legs on it cannot so much as try to send: only the ledger tells it of its end.
      const orderBook = { venue: 'bybit', method: 'GET', path: '/v5/market/orderbook', count: null };
      await service.control('POST', '/faults', { ...orderBook, kind: 'http_5xx' });
      assert.deepEqual(await service.ledger.fencePosition(key), { kind: 'fenced' });
      const hands = {
        ledger: service.ledger,
        venues: new Map(),
        unreachable: new Map(['bybit', 'binance'].map((account) => [account, 'gone'])),
        alerts: { raise: () => Promise.resolve(), resolve: () => Promise.resolve() },
        clock: systemClock,
        progress: () => undefined,
      };
      const accepted = await acceptByHand(hands, key, service.anchor, () => Promise.resolve(true));
      assert.equal(accepted.kind, 'accepted', JSON.stringify(accepted));
      const before = await service.venueOrders();
      await handle.signal('forceClose');
      const result = await handle.result();
      assert.equal(result.kind === 'closed' && result.exitReason, 'break_glass');
      assert.equal((await service.venueOrders()).size, before.size);
    } finally {
      await service.control('DELETE', '/faults');
    }
  });
});
