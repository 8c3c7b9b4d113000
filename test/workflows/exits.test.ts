/** What ends a position by itself: the watcher's rules on every quote, and the workflow's own timer and watchdog. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { startServices } from '../../src/cli/start/bootstrap.ts';
import type { PositionInput, PositionView } from '../../src/domain/position-state.ts';
import { startTradingService, type PositionHandle, type TradingService } from '../support/trading-service.ts';
import type { Direction } from '../../src/domain/direction.ts';

let service: TradingService;
before(async () => {
  service = await startTradingService();
  await startServices(service.client, service.config, service.anchor);
  // Only what these tests open themselves.
  await service.client.workflow.getHandle('engine/default').signal('pause', { reason: 'test' });
});
after(() => service.stop());

describe('the watcher closes', () => {
  test('on convergence, once the gap has paid the fees', async () => {
    await service.setPrices('0.9996', '0.9990');
    // The short pays funding: with the flip on, it would be left for that as soon as the gap has closed.
    const handle = await openHedged((input) => exits(input, { fundingFlip: 'off' }));
    // The gap closes in part: 3.0 bps and a little are left, above the exit at 3.
    await service.setPrices('0.9996', '0.9992');
    assert.equal((await service.untilStatus(handle, 'hedged')).status, 'hedged');
    await service.setPrices('0.9996', '0.9994');
    assert.equal(await exitOf(handle), 'convergence');
  });

  test('on a funding flip, when the gap has no more to give than the carry takes', async () => {
    await service.setPrices('0.9996', '0.9990');
    const handle = await openHedged();
    await service.setPrices('0.9996', '0.9994');
    assert.equal(await exitOf(handle), 'funding_flip');
  });

  test('on the profit target, before the gap has closed', async () => {
    await service.setPrices('0.9996', '0.9990');
    const handle = await openHedged((input) => exits(input, { profitTargetPct: '0.01', exitBps: '-100' }));
    // +0.000399 a coin on the perpetual at 0.9995, −0.0001 on spot, −0.0002 in fees: about 2 bps of the notional.
    await service.setPrices('0.9996', '0.9995');
    assert.equal(await exitOf(handle), 'profit_target');
  });

  test('on the stop loss, when it has held for three seconds', async () => {
    await service.setPrices('0.9996', '0.9990');
    const handle = await openHedged((input) => exits(input, { stopLossPct: '0.05' }));
    const sinceMs = Date.now();
    await service.setPrices('0.9996', '0.9970');
    assert.equal(await exitOf(handle), 'stop_loss');
    assert.ok(Date.now() - sinceMs >= 3_000, 'not on the first bad tick');
    const comparison = await service.compare();
    assert.deepEqual(comparison, { ledgerMatchesVenue: true, oneLegged: 0, findings: [] });
  });
});

describe('exits that a person adjusts', () => {
  test('twice at once are armed one after the other, so that the newer ones hold', async () => {
    await service.setPrices('0.9996', '0.9990');
    const handle = await openHedged((input) => exits(input, { exitBps: '-100', fundingFlip: 'off' }));
    const { key } = await handle.query<PositionView>('position');
    const connection = new Client({ connectionString: service.env['DATABASE_URL'] });
    await connection.connect();
    try {
      // The first arming waits for its row; the second would wait beside it, and be written in whatever order they wake.
      await connection.query('begin');
      await connection.query('select 1 from positions where key = $1 for update', [key]);
      const adjust = (stopLossPct: string) =>
        handle.startUpdate('adjustExits', { args: [{ stopLossPct }], waitForStage: 'ACCEPTED' });
      const updates = [await adjust('7'), await adjust('8')];
      assert.equal((await handle.query<PositionView>('position')).plan.exits.stopLossPct, '8');
      const { raw } = await handle.describe();
      assert.equal(raw.pendingActivities?.length, 1, 'armings at once');
      await connection.query('commit');
      await Promise.all(updates.map((update) => update.result()));
    } finally {
      await connection.end();
    }
    const watch = (await service.ledger.armedWatches('0')).find((one) => one.key === key);
    assert.equal(watch?.plan.exits.stopLossPct, '8');
    await handle.signal('forceClose', {});
    assert.equal(await exitOf(handle), 'force_close');
  });
});

describe('a position on the carry', () => {
  /** Ten seconds of wall time to its review, which looks eight hours ahead: one settlement. Twenty at most. */
  const carry = (input: PositionInput): PositionInput => {
    const { scale } = service.anchor;
    const rules = { maxHoldingMs: 10_000 * scale, reviewMs: 8 * 3_600_000, maxLifeMs: 20_000 * scale };
    const of = exits(input, { ...rules, fundingFlip: 'off' });
    return { ...of, plan: { ...of.plan, kind: 'funding' } };
  };

  test('is reviewed at its bound, goes on while funding pays it, and ends with its life', async () => {
    await service.setPrices('0.9996', '0.9999');
    const handle = await openHedged(carry, 'long_spot_short_perp');
    assert.equal(await exitOf(handle), 'max_holding');
    const { plan } = await handle.query<PositionView>('position');
    assert.equal(plan.exits.maxHoldingMs, 20_000 * service.anchor.scale);
  });

  test('that pays funding ends at its review', async () => {
    await service.setPrices('0.9996', '0.9990');
    const handle = await openHedged(carry);
    assert.equal(await exitOf(handle), 'max_holding');
    const { plan } = await handle.query<PositionView>('position');
    assert.equal(plan.exits.maxHoldingMs, 10_000 * service.anchor.scale);
  });
});

describe('without the watcher', () => {
  test('the watchdog ticks, the longest holding closes, and a week of it stays under 600 events', async () => {
    await service.client.workflow.getHandle('market-watch/0').terminate('this test goes without it');
    await service.setPrices('0.9996', '0.9990');
    // Three ticks of ten seconds, the shortest there are: the first checks the watch, the others evaluate. They come late
    // on a busy machine, and never early: the end is right before a fourth.
    const handle = await openHedged((input) => ({
      ...exits(input, { maxHoldingMs: 39_000 * service.anchor.scale }),
      shard: 'nobody watches it',
    }));
    assert.equal(await exitOf(handle), 'max_holding');
    const alerts = await service.ledger.openAlerts();
    assert.deepEqual(
      alerts.filter(({ key }) => key.includes(handle.workflowId)),
      [],
      'what was alerted is resolved with it',
    );

    const { events = [] } = await handle.fetchHistory();
    const names = (events ?? []).map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? '');
    const ticks = names.filter((name) => name === 'evaluateExit').length;
    assert.equal(ticks, 2);
    const count = events?.length ?? 0;
    // A tick: a timer and an activity with their workflow tasks. The rest is opening, the first check and closing.
    const perTick = eventsBetweenTicks(names);
    const ofAWeek = count - ticks * perTick + (7 * 24 * perTick) / 6;
    assert.ok(ofAWeek < 600, `${ofAWeek} events a week, ${perTick} a tick`);
  });
});

/** Events from one watchdog evaluation to the next. */
function eventsBetweenTicks(names: readonly string[]): number {
  const first = names.indexOf('evaluateExit');
  return names.indexOf('evaluateExit', first + 1) - first;
}

async function openHedged(
  change: (input: PositionInput) => PositionInput = (input) => input,
  direction: Direction = 'short_spot_long_perp',
): Promise<PositionHandle> {
  const handle = await service.openPosition(direction, change);
  await service.untilStatus(handle, 'hedged');
  return handle;
}

function exits(input: PositionInput, change: Partial<PositionInput['plan']['exits']>): PositionInput {
  return { ...input, plan: { ...input.plan, exits: { ...input.plan.exits, ...change } } };
}

async function exitOf(handle: PositionHandle): Promise<string> {
  const result = await inTime(handle.result(), async () => JSON.stringify(await handle.query('position')));
  return result.kind === 'closed' ? result.exitReason : `${result.kind}: ${result.reason}`;
}

/** A position that does not close must not hold the test run up. */
async function inTime<T>(result: Promise<T>, complaint: () => Promise<string>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => void complaint().then((text) => fail(new Error(`it did not end: ${text}`)), fail), 60_000);
  });
  return Promise.race([result, late]).finally(() => clearTimeout(timer));
}
