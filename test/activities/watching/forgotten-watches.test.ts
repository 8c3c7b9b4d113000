/** Watches that their watcher has lost, evaluated by the reconciliation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateForgotten, type WatchdogResult } from '../../../activities/watching/forgotten-watches.ts';
import type { Watch } from '../../../src/domain/watch.ts';
import { examplePlan } from '../../support/plans.ts';

const nowMs = 1_790_000_000_000;

function watchOf(name: string): Watch {
  return {
    key: name,
    workflowId: `position/${name}`,
    plan: examplePlan({ key: name }),
    anchor: { wallMs: nowMs, marketMs: nowMs, scale: 1, tapeEndMs: null },
    spotQuantityBase: '10000',
    perpQuantityBase: '10000',
    spotOpenPrice: '1',
    perpOpenPrice: '1',
    openFeesUsd: '1',
    hedgedAtMs: nowMs - 3_600_000,
  };
}

test('an exit that reaches no workflow keeps none of the other positions waiting', async () => {
  const told: string[] = [];
  const due: WatchdogResult = {
    decision: { decisionId: 'd', reason: 'profit_target', detail: 'at its target', observedAtMs: nowMs, prices: null },
    mark: null,
    notEvaluable: null,
    isFenced: false,
  };
  const healed = await evaluateForgotten(
    {
      ledger: {
        unevaluatedWatches: () => Promise.resolve([watchOf('orphan'), watchOf('running')]),
        stampEvaluated: () => Promise.resolve(),
      },
      alerts: { raise: () => Promise.resolve(), resolve: () => Promise.resolve() },
      clock: { nowMs: () => nowMs },
      temporalClock: { nowMs: () => nowMs + 15_000 },
      evaluate: () => Promise.resolve(due),
      client: () => ({
        workflow: {
          getHandle: (workflowId) => ({
            signal: (name, payload) => {
              if (workflowId === 'position/orphan') return Promise.reject(new Error('workflow not found'));
              told.push(`${name} ${workflowId} ${'observedAtMs' in payload ? payload.observedAtMs : ''}`);
              return Promise.resolve();
            },
          }),
        },
      }),
    },
    nowMs - 60_000,
  );
  // Dated by Temporal's clock: by its own, which is fifteen seconds behind, nobody would take it.
  assert.deepEqual(told, [`exit position/running ${nowMs + 15_000}`]);
  assert.deepEqual(
    healed.map(({ subject }) => subject),
    ['orphan', 'running'],
  );
});
