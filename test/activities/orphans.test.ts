/** Positions that no running workflow looks after. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findOrphans } from '../../activities/reconciliation/reconciling.ts';
import type { PositionStatus } from '../../src/domain/position.ts';
import type { Ledger, PositionRow } from '../../src/ports/ledger.ts';
import { examplePlan } from '../support/plans.ts';

const nowMs = 1_790_000_000_000;

function row(status: PositionStatus): PositionRow {
  const plan = examplePlan();
  return {
    key: plan.key,
    workflowId: `position/${plan.key}`,
    plan,
    status,
    source: 'engine',
    exitReason: null,
    abortReason: null,
    openedAtMarketMs: nowMs - 3_600_000,
    closedAtMarketMs: null,
    createdAtWallMs: nowMs - 3_600_000,
    updatedAtWallMs: nowMs - 3_600_000,
    attribution: null,
    isFenced: false,
    acceptedSpotBase: '0',
    acceptedPerpBase: '0',
  };
}

/** The ledger as it is when the live positions are listed, and as it is a moment later. */
function ledgerOf(listed: PositionStatus, since: PositionStatus): Pick<Ledger, 'positions' | 'position'> {
  return { positions: () => Promise.resolve([row(listed)]), position: () => Promise.resolve(row(since)) };
}
const run = (name: string) => () => Promise.resolve({ status: { name } });

test('a live position whose workflow was terminated is one', async () => {
  const [orphan] = await findOrphans(ledgerOf('hedged', 'hedged'), run('TERMINATED'), nowMs);
  assert.equal(orphan?.workflow, 'terminated');
  assert.deepEqual(await findOrphans(ledgerOf('hedged', 'hedged'), run('RUNNING'), nowMs), []);
});

test('a position that closed between the two looks, and its workflow with it, is none', async () => {
  assert.deepEqual(await findOrphans(ledgerOf('closing', 'closed'), run('COMPLETED'), nowMs), []);
});

test('a position of another book is none of ours: its workflow is in the Temporal of its own service', async () => {
  const gone = () => Promise.reject(Object.assign(new Error('not here'), { name: 'WorkflowNotFoundError' }));
  const ledger = ledgerOf('hedged', 'hedged');
  const { book } = examplePlan();
  assert.equal((await findOrphans(ledger, gone, nowMs, book))[0]?.workflow, 'not found');
  assert.deepEqual(await findOrphans(ledger, gone, nowMs, 'another'), []);
});
