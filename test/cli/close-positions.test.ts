/** Closing by command: each position by itself, and never in silence, nor for ever. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import {
  closeAll,
  closeOne,
  type ClosingOptions,
  type ClosingService,
} from '../../src/cli/positions/close-positions.ts';
import { Refused } from '../../src/cli/errors.ts';
import { followPosition } from '../../src/cli/positions/follow-position.ts';
import { liveStatuses, type PositionStatus } from '../../src/domain/position.ts';
import type { AlertRow, PositionRow } from '../../src/ports/ledger.ts';
import { examplePlan } from '../support/plans.ts';

const prefix = 'USDC-bybit-binanceusdm-short-01K74W8Z9V5T6RQJXK3M';
const [kept, orphan] = [`${prefix}2N1P0A`, `${prefix}9Z9N1B`] as const;
const attribution = {
  basisUsd: '5',
  fundingUsd: '0',
  feesUsd: '-2',
  slippageUsd: '0',
  borrowUsd: '0',
  quoteCurrencyUsd: '0',
  realisedUsd: '3',
};

function row(key: string, status: PositionStatus, updatedAtWallMs = 1): PositionRow {
  const hasEnded = !liveStatuses.includes(status);
  return {
    key,
    workflowId: `position/${key}`,
    plan: examplePlan({ key }),
    status,
    source: 'client',
    exitReason: hasEnded ? 'force_close' : null,
    abortReason: null,
    openedAtMarketMs: 1,
    closedAtMarketMs: null,
    createdAtWallMs: 1,
    updatedAtWallMs,
    attribution: hasEnded ? attribution : null,
    isFenced: false,
    acceptedSpotBase: '0',
    acceptedPerpBase: '0',
  };
}

const stuckAlert: AlertRow = {
  key: `stuck/${kept}`,
  severity: 'critical',
  message: `${kept}: stuck in closing: binance refuses: margin is insufficient`,
  positionKey: kept,
  raisedAtMs: 1,
  resolvedAtMs: null,
  count: 1,
};

/** Positions whose workflows close them at once, but for those that have none. */
function serviceOf(rows: readonly PositionRow[], withoutWorkflow: readonly string[]) {
  const known = new Map(rows.map((one) => [one.key, one]));
  const signalled: string[] = [];
  const service: ClosingService = {
    client: {
      workflow: {
        getHandle(workflowId) {
          const key = workflowId.replace('position/', '');
          return {
            async signal() {
              if (withoutWorkflow.includes(key)) throw new WorkflowNotFoundError('not found', workflowId, undefined);
              signalled.push(key);
              known.set(key, row(key, 'closed'));
            },
            result: async () => undefined,
          };
        },
      },
    },
    ledger: {
      position: async (key) => known.get(key) ?? null,
      positions: async () => rows.map(({ key }) => known.get(key) ?? row(key, 'closed')),
      openAlerts: async () => [],
    },
  };
  return { service, signalled };
}

const options: ClosingOptions = { reason: 'test', wait: true, timeoutMs: null, progress: () => undefined };

describe('close-all', () => {
  test('closes the others where nobody watches one, which is told with what to do', async () => {
    const { service, signalled } = serviceOf([row(orphan, 'hedged'), row(kept, 'hedged')], [orphan]);
    assert.deepEqual(await closeAll(service, options), [
      {
        key: orphan,
        status: 'hedged',
        exitReason: null,
        realisedPnlUsd: null,
        error: `position ${orphan} is hedged, and nobody watches it: basis adopt or flatten ${orphan}`,
      },
      { key: kept, status: 'closed', exitReason: 'force_close', realisedPnlUsd: '3' },
    ]);
    assert.deepEqual(signalled, [kept]);
  });

  test('one that ended by itself before it was asked is no failure', async () => {
    const { service } = serviceOf([row(orphan, 'closed')], [orphan]);
    const [result] = await closeAll(service, options);
    assert.deepEqual([result?.status, result?.error], ['closed', undefined]);
  });
});

test('close says of one that has ended that it has, and of an orphan who can take it over', async () => {
  const { service } = serviceOf([row(orphan, 'hedged'), row(kept, 'closed')], [orphan, kept]);
  await assert.rejects(closeOne(service, orphan, options), (error) => {
    return error instanceof Refused && error.message.endsWith(`basis adopt or flatten ${orphan}`);
  });
  await assert.rejects(closeOne(service, kept, options), /has no running workflow: it is closed/);
});

test('a workflow that is terminated while a person waits leaves an orphan, and says so', async () => {
  const { service } = serviceOf([row(kept, 'hedged')], []);
  const terminated = new WorkflowFailedError('terminated', undefined, 'NON_RETRYABLE_FAILURE');
  const handle = { signal: async () => undefined, result: () => Promise.reject(terminated) };
  const ended: ClosingService = { ...service, client: { workflow: { getHandle: () => handle } } };
  await assert.rejects(closeOne(ended, kept, options), /nobody watches it: basis adopt or flatten/);
});

/** A position that shows one row after another, each time it is looked at; its workflow ends after the last. */
function story(rows: readonly PositionRow[], ends: boolean) {
  let shown = 0;
  let nowMs = 0;
  const told: string[] = [];
  const end = Promise.withResolvers<string>();
  return {
    told,
    following: {
      ledger: {
        position: async () => rows[Math.min(shown, rows.length) - 1] ?? null,
        openAlerts: async () => [stuckAlert],
      },
      ended: end.promise,
      before: row(kept, 'hedged'),
      goals: [],
      timeoutMs: null,
      progress: (line: string) => told.push(line),
      nowMs: () => nowMs,
      async pause(durationMs: number) {
        shown += 1;
        nowMs += durationMs;
        if (ends && shown > rows.length) end.resolve('the end');
        await new Promise((done) => setImmediate(done));
      },
    },
  };
}

describe('waiting for one', () => {
  test('tells each status once, until its workflow ends', async () => {
    const { following, told } = story([row(kept, 'hedged'), row(kept, 'closing'), row(kept, 'closing')], true);
    assert.deepEqual(await followPosition(kept, following), { kind: 'ended', result: 'the end' });
    assert.deepEqual(told, ['2N1P0A closing …']);
  });

  test('ends when it is stuck, with the reason and what a person can do', async () => {
    const { following } = story([row(kept, 'closing'), row(kept, 'stuck', 2)], false);
    await assert.rejects(followPosition(kept, following), (error) => {
      assert.ok(error instanceof Refused);
      assert.deepEqual(error.reasons, [
        stuckAlert.message,
        'see basis show 2N1P0A, then basis resolve 2N1P0A retry, accept or flat',
      ]);
      return true;
    });
  });

  test('waits for the reason, which the workflow tells right after the status', async () => {
    const { following } = story([row(kept, 'closing'), row(kept, 'stuck', 2)], false);
    let looks = 0;
    const openAlerts = async () => (++looks < 3 ? [] : [stuckAlert]);
    const late = { ...following, ledger: { ...following.ledger, openAlerts } };
    await assert.rejects(
      followPosition(kept, late),
      /stuck in closing: binance refuses: margin is insufficient; see basis/,
    );
  });

  test('one that was stuck and is tried again is not stuck until it says so again', async () => {
    const before = row(kept, 'stuck', 7);
    const well = story([before, before, row(kept, 'closing', 8)], true);
    assert.equal((await followPosition(kept, { ...well.following, before })).kind, 'ended');
    const again = story([before, row(kept, 'closing', 8), row(kept, 'stuck', 9)], false);
    await assert.rejects(followPosition(kept, { ...again.following, before }), /margin is insufficient/);
    assert.deepEqual(again.told, ['2N1P0A closing …', '2N1P0A stuck …']);
  });

  test('takes no longer than it may, and says that the close goes on', async () => {
    const { following, told } = story([row(kept, 'closing')], false);
    await assert.rejects(
      followPosition(kept, { ...following, timeoutMs: 30_000 }),
      /is still closing after 30 s: it goes on without this command; see basis show 2N1P0A$/,
    );
    // Told first after one second, so again after fifteen more, and not again within thirty.
    assert.deepEqual(told, ['2N1P0A closing …', '2N1P0A still closing after 16 s …']);
  });

  test('an opening is waited for until it is hedged, from before the ledger has it', async () => {
    const { following, told } = story([row(kept, 'opening'), row(kept, 'hedged')], false);
    const reached = await followPosition(kept, { ...following, before: null, goals: ['hedged'] });
    assert.deepEqual(reached, { kind: 'reached', row: row(kept, 'hedged') });
    assert.deepEqual(told, ['2N1P0A opening …', '2N1P0A hedged …']);
  });
});
