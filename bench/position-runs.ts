/** One position after another: the same plan under a new key each time, started as a person's `open` starts it. */
import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowIdReusePolicy, type WorkflowHandle } from '@temporalio/client';
import { decimal, zero } from '../src/domain/decimal.ts';
import { marketTimeMs } from '../src/domain/market-clock.ts';
import { basisTaskQueue, firstShard, positionWorkflowId, signalNames, workflowTypes } from '../src/domain/names.ts';
import { positionKey, type PositionPlan } from '../src/domain/position.ts';
import type { PositionInput, PositionState, PositionView } from '../src/domain/position-state.ts';
import { makeUlid } from '../src/domain/ulid.ts';
import { planCandidate } from '../src/strategy/admission.ts';
import { entryBps, notionalUsd } from './bench-config.ts';
import type { BenchStack } from './bench-stack.ts';
import { timelineOf, type Timeline } from './history.ts';
import { wallMs } from './machine.ts';

/** Nothing asks the workflow anything for this long after its start, so that no question is in the way of an order. */
const undisturbedMs = 200;
const askEveryMs = 25;
const openTimeoutMs = 30_000;

export interface StartedPosition {
  readonly key: string;
  readonly handle: WorkflowHandle;
  /** Wall time just before and just after the client's call. */
  readonly calledAtMs: number;
  readonly returnedAtMs: number;
}

export interface PositionRuns {
  /** What every run opens, under the key that it was planned with. */
  readonly plan: PositionPlan;
  /** Starts a position and returns once it is hedged. @throws Error when it does not become hedged */
  open(): Promise<StartedPosition>;
  forceClose(position: StartedPosition): Promise<void>;
  /** Waits until a position has closed, and reads what happened. @throws Error when it ended in another way */
  closed(position: StartedPosition): Promise<Timeline>;
}

export async function positionRuns(bench: BenchStack): Promise<PositionRuns> {
  const input = await plannedInput(bench);
  const { client, signal } = bench;
  return {
    plan: input.plan,
    async open() {
      const key = newKey(input.plan);
      const calledAtMs = wallMs();
      const handle = await client.workflow.start(workflowTypes.position, {
        workflowId: positionWorkflowId(key),
        taskQueue: basisTaskQueue,
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        staticSummary: `${input.plan.asset} ${input.plan.direction} ${input.plan.quantityBase}`,
        args: [{ ...input, plan: { ...input.plan, key } }],
      });
      const position = { key, handle, calledAtMs, returnedAtMs: wallMs() };
      await untilHedged(position, signal);
      return position;
    },
    forceClose: ({ handle }) => handle.signal(signalNames.forceClose, { reason: 'the run is over' }),
    async closed({ handle, key }) {
      const result: PositionState = await unlessStopped(handle.result(), signal);
      if (result.kind !== 'closed') throw new Error(`${key} ended ${JSON.stringify(result)}`);
      return timelineOf(await handle.fetchHistory());
    },
  };
}

/** Planned once, outside of what is measured: `basis open` plans before it starts the workflow, too. */
async function plannedInput({ config, ledger, stack, env, homeDir }: BenchStack): Promise<PositionInput> {
  const wiring = await import('../workers/wiring.ts');
  const marketData = await wiring.buildMarketData(wiring.commandSurroundings(config, env, homeDir));
  try {
    const [pair] = await wiring.loadPairs(config, marketData);
    if (pair === undefined) throw new Error('no pair');
    const rules = wiring.admissionRules(config);
    const nowWallMs = Date.now();
    const nowMarketMs = marketTimeMs(stack.anchor, nowWallMs);
    const ports = { config, ledger, marketData };
    const candidate = await wiring.candidateOf(ports, pair, 'short_spot_long_perp', nowMarketMs);
    const planned = planCandidate({
      key: 'planned-once',
      book: config.book,
      candidate,
      rules: { ...rules, strategy: { ...rules.strategy, entryBps, anyReturn: true } },
      pairExposureUsd: zero,
      freeOf: await wiring.freeBalances(ledger, pair),
      nowWallMs,
      nowMarketMs,
      wantedUsd: decimal(notionalUsd),
    });
    if (planned.kind === 'refused') throw new Error(`nothing can be opened: ${planned.reasons.join('; ')}`);
    return {
      plan: planned.plan,
      needs: planned.needs,
      limits: wiring.reservationLimits(config, 'client'),
      anchor: stack.anchor,
      source: 'client',
      shard: firstShard,
      state: { kind: 'reserving' },
      orders: [],
    };
  } finally {
    await marketData.close();
  }
}

function newKey({ asset, spot, perp, direction }: PositionPlan): string {
  const ulid = makeUlid(Date.now(), Math.random);
  return positionKey(asset, spot.instrument.venue, perp.instrument.venue, direction, ulid);
}

async function untilHedged({ key, handle, calledAtMs }: StartedPosition, signal: AbortSignal): Promise<void> {
  await pause(undisturbedMs, undefined, { signal });
  for (;;) {
    const { state } = await handle.query<PositionView>('position');
    if (state.kind === 'hedged') return;
    if (state.kind !== 'reserving' && state.kind !== 'opening')
      throw new Error(`${key} was not opened: ${JSON.stringify(state)}`);
    if (wallMs() - calledAtMs > openTimeoutMs) throw new Error(`${key} is still ${state.kind}`);
    await pause(askEveryMs, undefined, { signal });
  }
}

async function unlessStopped<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = new Promise<never>((_, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
  });
  return Promise.race([promise, stopped]);
}
