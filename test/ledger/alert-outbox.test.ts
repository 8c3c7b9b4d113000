/** The outbox: each target is told of each beginning and each end once, whoever drains, and however often it is planned. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAlertOutbox } from '../../src/ledger/alerts/alert-outbox.ts';
import type { AlertOutbox, HeldOutbox } from '../../src/ports/alert-outbox.ts';
import { LedgerUnavailable } from '../../src/ports/ledger.ts';
import { startDoor } from '../alerts/support/door.ts';
import { fill, nowMs, opening, plan, reading } from './support/requests.ts';
import { withLedger, type LedgerStory } from './support/with-ledger.ts';

const stuck = { key: 'stuck/A', severity: 'critical', message: 'stuck', positionKey: 'A' } as const;
const watchdog = { key: 'watchdog/A', severity: 'warning', message: 'no books', positionKey: 'A' } as const;
const all = { name: 'all', minSeverity: 'info' } as const;
const pager = { name: 'pager', minSeverity: 'critical' } as const;

interface Story extends LedgerStory {
  readonly outbox: AlertOutbox;
  readonly held: HeldOutbox;
}

function withOutbox(story: (parts: Story) => Promise<void>): Promise<void> {
  return withLedger(async (parts) => {
    const outbox = createAlertOutbox(parts.databaseUrl, () => undefined);
    try {
      assert.notEqual(await outbox.hold((held) => story({ ...parts, outbox, held })), 'busy');
    } finally {
      await outbox.close();
    }
  });
}

/** `phase key` of what is pending. */
async function pending(held: HeldOutbox, target: string): Promise<string[]> {
  return (await held.pending(target, 100)).map(({ phase, key }) => `${phase} ${key}`);
}

test('a target is told of what is severe enough for it, once however often it is raised, and once of its end', () =>
  withOutbox(async ({ ledger, held }) => {
    for (const alert of [stuck, watchdog, stuck, stuck]) await ledger.raiseAlert(alert, nowMs);
    await held.plan([all, pager], nowMs);
    await ledger.raiseAlert(stuck, nowMs + 1);
    await held.plan([all, pager], nowMs + 1);
    assert.deepEqual(await pending(held, 'all'), ['raised stuck/A', 'raised watchdog/A']);
    assert.deepEqual(await pending(held, 'pager'), ['raised stuck/A']);

    const [first] = await held.pending('pager', 100);
    assert.ok(first !== undefined);
    await held.attempted([first.id]);
    assert.equal((await held.pending('pager', 100))[0]?.attempts, 1);
    await held.sent('pager', [first.id], nowMs + 2);
    assert.deepEqual(await pending(held, 'pager'), []);

    await ledger.resolveAlert('stuck/A', nowMs + 3);
    await ledger.resolveAlert('watchdog/A', nowMs + 4);
    for (const atMs of [nowMs + 5, nowMs + 6]) await held.plan([all, pager], atMs);
    assert.deepEqual(await pending(held, 'pager'), ['resolved stuck/A']);
    assert.deepEqual(await pending(held, 'all'), [
      'raised stuck/A',
      'raised watchdog/A',
      'resolved stuck/A',
      'resolved watchdog/A',
    ]);
    const [end] = await held.pending('pager', 100);
    assert.deepEqual([end?.alertId, end?.count, end?.resolvedAtMs], [first.alertId, 4, nowMs + 3]);
  }));

test('one that comes again is another, and one that grows severe is told to whom it now concerns', () =>
  withOutbox(async ({ ledger, held }) => {
    await ledger.raiseAlert(watchdog, nowMs);
    await held.plan([all, pager], nowMs);
    await ledger.raiseAlert({ ...watchdog, severity: 'critical' }, nowMs + 1);
    await held.plan([all, pager], nowMs + 1);
    assert.deepEqual(await pending(held, 'all'), ['raised watchdog/A'], 'it was told already');
    assert.deepEqual(await pending(held, 'pager'), ['raised watchdog/A']);
    await ledger.resolveAlert('watchdog/A', nowMs + 2);
    await ledger.raiseAlert(watchdog, nowMs + 3);
    await held.plan([all, pager], nowMs + 4);
    assert.deepEqual(await pending(held, 'all'), ['raised watchdog/A', 'raised watchdog/A', 'resolved watchdog/A']);
  }));

test('what nobody was there to hear is not told to a target that comes later', () =>
  withOutbox(async ({ ledger, held }) => {
    await ledger.raiseAlert(stuck, nowMs);
    await held.plan([], nowMs);
    await held.plan([all], nowMs + 1);
    await ledger.resolveAlert('stuck/A', nowMs + 2);
    await held.plan([all], nowMs + 3);
    assert.deepEqual(await pending(held, 'all'), []);
  }));

test('one process at a time holds it, and a connection that is gone holds nothing', () =>
  withOutbox(async ({ databaseUrl, held, query }) => {
    const other = createAlertOutbox(databaseUrl, () => undefined);
    try {
      assert.equal(await other.hold(async () => 'held'), 'busy');
      // As the server sees the end of a process that was killed.
      // Of this database alone, as the cluster is shared with other tests; and waited for: a kill is only asked for.
      await query(`select pg_terminate_backend(pid, 10000) from pg_locks where locktype = 'advisory' and granted
        and database = (select oid from pg_database where datname = current_database())`);
      await assert.rejects(held.attempted(['1']), LedgerUnavailable);
      assert.equal(await other.hold(async (mine) => (await mine.state('all')).pending), 0);
    } finally {
      await other.close();
    }
  }).catch((error: unknown) => assert.ok(error instanceof LedgerUnavailable, String(error))));

test('a connection that has fallen silent is given up, and the next one answers', () =>
  withLedger(async ({ databaseUrl }) => {
    const door = await startDoor(databaseUrl);
    const outbox = createAlertOutbox(door.url, () => undefined, 200);
    try {
      await outbox.hold(async (held) => {
        await outbox.probe();
        door.silence();
        await assert.rejects(outbox.probe(), LedgerUnavailable);
        await assert.rejects(held.state('all'), LedgerUnavailable);
      });
      await outbox.probe();
    } finally {
      await outbox.close();
      await door.shut();
    }
  }));

test('how a target fares stays on record, and what is pending for one that is gone from the configuration too', () =>
  withOutbox(async ({ ledger, outbox, held }) => {
    await ledger.raiseAlert(stuck, nowMs);
    await held.plan([all, pager], nowMs);
    const failure = { error: '503', nowMs: nowMs + 1, pausedUntilMs: nowMs + 9 };
    await held.failed('all', failure);
    await held.failed('all', { ...failure, error: '502', nowMs: nowMs + 2 });
    const failing = {
      name: 'all',
      failures: 2,
      failingSinceMs: nowMs + 1,
      pausedUntilMs: nowMs + 9,
      lastError: '502',
      lastSentAtMs: null,
      pending: 1,
    };
    const untried = { failures: 0, failingSinceMs: null, pausedUntilMs: null, lastError: null, lastSentAtMs: null };
    assert.deepEqual(await outbox.states(['new', 'all']), [
      { name: 'new', ...untried, pending: 0 },
      failing,
      { name: 'pager', ...untried, pending: 1 },
    ]);
    const ids = (await held.pending('all', 1)).map(({ id }) => id);
    await held.sent('all', ids, nowMs + 10);
    assert.deepEqual(await held.state('all'), { name: 'all', ...untried, lastSentAtMs: nowMs + 10, pending: 0 });
  }));

test('positions are told once as they open and once as they end, whoever ended them', () =>
  withOutbox(async ({ ledger, held }) => {
    for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '100000'));
    const { key } = plan('A');
    await ledger.prepareOpening(opening(plan('A')));
    assert.deepEqual(await held.untoldPositions(10), []);
    await ledger.updatePosition({ key, status: 'hedged', nowWallMs: nowMs, openedAtMarketMs: nowMs });
    const [hedged, ...others] = await held.untoldPositions(10);
    assert.deepEqual([hedged?.status, others], ['hedged', []]);
    const told = { severity: 'info', message: 'told', positionKey: key, atMs: nowMs } as const;
    assert.ok(hedged !== undefined);
    // It closes between being read and being told: its end is still to be told.
    await ledger.updatePosition({ key, status: 'closing', nowWallMs: nowMs });
    await ledger.updatePosition({ key, status: 'closed', nowWallMs: nowMs, exitReason: 'convergence' });
    for (let time = 0; time < 2; time += 1) await held.recordNotices(hedged, [{ ...told, key: `opened/${key}` }]);
    const [closed] = await held.untoldPositions(10);
    assert.equal(closed?.status, 'closed');
    const both = [`opened/${key}`, `closed/${key}`].map((one) => ({ ...told, key: one }));
    await held.recordNotices(closed, both);
    assert.deepEqual(await held.untoldPositions(10), []);
    await held.plan([all], nowMs);
    assert.deepEqual(await pending(held, 'all'), [`happened opened/${key}`, `happened closed/${key}`]);
    assert.deepEqual(await ledger.openAlerts(), [], 'they do not stand');
  }));

test('of an outage, who knows of its beginning is told of its end alone', () =>
  withOutbox(async ({ outbox, held }) => {
    const outage = { key: 'ledger_unreachable', severity: 'critical', message: 'away', positionKey: null } as const;
    await outbox.recordOutage({ ...outage, sinceMs: nowMs, untilMs: nowMs + 60_000, told: ['pager'] });
    await held.plan([all, pager], nowMs + 60_001);
    assert.deepEqual(await pending(held, 'pager'), ['resolved ledger_unreachable']);
    assert.deepEqual(await pending(held, 'all'), ['raised ledger_unreachable', 'resolved ledger_unreachable']);
  }));

test('the legs of a position are what its fills came to, less fees in the coin', () =>
  withOutbox(async ({ ledger, outbox }) => {
    for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '100000'));
    const prepared = await ledger.prepareOpening(opening(plan('A')));
    assert.ok(prepared.kind === 'prepared');
    assert.deepEqual(await outbox.legsOfLive(), []);
    const [spot, perp] = prepared.orders;
    assert.ok(spot !== undefined && perp !== undefined);
    for (const { clientOrderId } of [spot, perp])
      await ledger.claimOrder(clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 1 });
    await ledger.recordSettlement(
      spot.clientOrderId,
      { venueOrderId: 'S', filledBase: '1000', averagePrice: '0.9997' },
      [fill('S', 'T1', { fee: '0.5' })],
    );
    assert.deepEqual(await outbox.legsOfLive(), [{ plan: plan('A'), spotBase: '999.5', perpBase: '0' }]);
    // The perpetual's fee is in the coin as well: it is paid from the wallet, and the contracts stay whole.
    const sold = { symbol: 'USDC/USDT:USDT', side: 'sell', fee: '0.3', feeCurrency: 'USDC' } as const;
    await ledger.recordSettlement(
      perp.clientOrderId,
      { venueOrderId: 'P', filledBase: '1000', averagePrice: '1.0004' },
      [fill('P', 'T1', { ...sold, quantityBase: '999' }), fill('P', 'T2', { ...sold, quantityBase: '1' })],
    );
    assert.deepEqual(await outbox.legsOfLive(), [{ plan: plan('A'), spotBase: '999.5', perpBase: '-1000' }]);
    await ledger.updatePosition({ key: plan('A').key, status: 'aborted', nowWallMs: nowMs });
    assert.deepEqual(await outbox.legsOfLive(), []);
  }));
