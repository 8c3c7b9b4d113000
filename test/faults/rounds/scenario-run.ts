/** One position from its start to its end, as the engine and a person's commands drive it. */
import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy, WorkflowNotFoundError } from '@temporalio/client';
import { decimal, roundTo, toText } from '../../../src/domain/decimal.ts';
import { basisTaskQueue, positionWorkflowId, signalNames, workflowTypes } from '../../../src/domain/names.ts';
import { positionKey, type PositionPlan } from '../../../src/domain/position.ts';
import type { PositionInput } from '../../../src/domain/position-state.ts';
import { makeUlid } from '../../../src/domain/ulid.ts';
import type { ExitDecision } from '../../../src/domain/watch.ts';
import { capitalNeeds } from '../../../src/strategy/plan.ts';
import type { Arena } from '../arena/arena.ts';
import type { Scenario } from './round-plan.ts';

export interface Run {
  readonly scenario: Scenario;
  readonly key: string;
  /** Wall time; Infinity before. */
  startedAtMs: number;
  /** As it was last seen: neither hedged nor over. */
  isOpening: boolean;
  /** Wall time at which it was seen to have ended; null while it has not. */
  endedAtMs: number | null;
  fencedAtMs: number | null;
  /** From when a person sends for it. */
  flattenedFromMs: number | null;
}

export function newRun(scenario: Scenario, template: PositionInput): Run {
  const { asset, spot, perp, direction } = template.plan;
  const ulid = makeUlid(Date.now(), Math.random);
  const key = positionKey(asset, spot.instrument.venue, perp.instrument.venue, direction, ulid);
  return {
    scenario,
    key,
    startedAtMs: Infinity,
    isOpening: true,
    endedAtMs: null,
    fencedAtMs: null,
    flattenedFromMs: null,
  };
}

/** The template's plan, in this size and under this key, to be opened at whatever gap there is. */
function inputOf({ scenario, key }: Run, template: PositionInput): PositionInput {
  const quantityBase = String(scenario.quantityBase);
  const notionalUsd = roundTo(decimal(quantityBase).times(decimal(template.plan.spotReferencePrice)), 8, 'half_even');
  const { maker } = scenario;
  const plan: PositionPlan = {
    ...template.plan,
    key,
    quantityBase,
    notionalUsd: toText(notionalUsd),
    minimumEntryBps: '-1000',
    ...(maker === null ? {} : { style: maker }),
  };
  return { ...template, plan, needs: capitalNeeds(plan) };
}

/** Until the server has taken it: it may be down. */
export async function startRun(arena: Arena, run: Run, template: PositionInput, signal: AbortSignal): Promise<void> {
  run.startedAtMs = Date.now();
  const input = inputOf(run, template);
  await persistently(signal, async () => {
    try {
      await arena.client.workflow.start(workflowTypes.position, {
        workflowId: positionWorkflowId(run.key),
        taskQueue: basisTaskQueue,
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        staticSummary: `${input.plan.direction} ${input.plan.quantityBase}`,
        args: [input],
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  });
}

/** What a person, or the watcher, does to it besides. */
export async function disturb(arena: Arena, run: Run, signal: AbortSignal): Promise<void> {
  const { behaviour, index } = run.scenario;
  if (behaviour.kind === 'hold') return;
  await pause(behaviour.afterMs, undefined, { signal });
  const handle = arena.client.workflow.getHandle(positionWorkflowId(run.key));
  switch (behaviour.kind) {
    case 'force_close':
      return persistently(signal, () => handle.signal(signalNames.forceClose, { reason: 'the scenario says so' }));
    case 'cancel':
      return persistently(signal, async () => void (await handle.cancel()));
    case 'exit_signals': {
      const decision = exitDecision(`harness/${run.key}/${index}`, Date.now());
      const old = exitDecision(`harness/${run.key}/old`, Date.now() - 60_000);
      await persistently(signal, () => handle.signal(signalNames.exit, old));
      for (let copy = 0; copy < behaviour.copies; copy += 1) {
        await persistently(signal, () => handle.signal(signalNames.exit, { ...decision, observedAtMs: Date.now() }));
      }
      return;
    }
    case 'fence':
      await persistently(signal, async () => {
        const fence = await arena.ledger.fencePosition(run.key);
        if (fence.kind === 'fenced') run.fencedAtMs = Date.now();
      });
      // From behind its fence it would like to.
      return forceClose(arena, run, signal);
  }
}

function exitDecision(decisionId: string, observedAtMs: number): ExitDecision {
  return { decisionId, reason: 'profit_target', observedAtMs, detail: 'told by the harness', prices: null };
}

export async function forceClose(arena: Arena, { key }: Run, signal: AbortSignal): Promise<void> {
  const handle = arena.client.workflow.getHandle(positionWorkflowId(key));
  await persistently(signal, () => handle.signal(signalNames.forceClose, { reason: 'the round is over' }));
}

/** Longer than any server is down. */
const patienceMs = 120_000;

/** A server that is down is asked again; a workflow that has ended is not an error. */
export async function persistently(signal: AbortSignal, act: () => Promise<unknown>): Promise<void> {
  for (const endsAtMs = Date.now() + patienceMs; ;) {
    signal.throwIfAborted();
    try {
      await act();
      return;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return;
      if (Date.now() > endsAtMs) throw error;
      await pause(250, undefined, { signal });
    }
  }
}
