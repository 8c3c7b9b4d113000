/** Closing by command: one position, or all that are open, each told of by itself. */
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { positionWorkflowId, signalNames } from '../../domain/names.ts';
import { liveStatuses, type ExitReason, type PositionStatus } from '../../domain/position.ts';
import type { Ledger, PositionRow } from '../../ports/ledger.ts';
import { Refused } from '../errors.ts';
import { followPosition } from './follow-position.ts';

/** What closing needs of the service. */
export interface ClosingService {
  readonly client: { readonly workflow: { getHandle(workflowId: string): ClosingHandle } };
  readonly ledger: Pick<Ledger, 'position' | 'positions' | 'openAlerts'>;
}

interface ClosingHandle {
  signal(name: string, message: unknown): Promise<void>;
  result(): Promise<unknown>;
}

export interface ClosingOptions {
  /** Kept with the position. */
  readonly reason: string;
  readonly wait: boolean;
  /** Of the wait; null: as long as it takes. */
  readonly timeoutMs: number | null;
  readonly progress: (line: string) => void;
}

export interface CloseResult {
  readonly key: string;
  readonly status: PositionStatus | 'unknown';
  readonly exitReason: ExitReason | null;
  readonly realisedPnlUsd: string | null;
  /** Why it could not be closed, or not waited for. */
  readonly error?: string;
}

/** @throws Refused when nobody watches it, it is stuck, or the time is over */
export async function closeOne(service: ClosingService, key: string, options: ClosingOptions): Promise<CloseResult> {
  const { client, ledger } = service;
  const before = await ledger.position(key);
  const handle = client.workflow.getHandle(positionWorkflowId(key));
  try {
    await handle.signal(signalNames.forceClose, { reason: options.reason });
    if (options.wait) await followPosition(key, { ...options, ledger, before, goals: [], ended: handle.result() });
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError || error instanceof WorkflowFailedError)) throw error;
    throw new Refused([withoutWorkflow(key, await ledger.position(key))]);
  }
  return resultOf(key, await ledger.position(key));
}

/** One that cannot be closed keeps no other from it, and is told with the reason. */
export async function closeAll(service: ClosingService, options: ClosingOptions): Promise<CloseResult[]> {
  const open = await service.ledger.positions({ statuses: liveStatuses });
  return Promise.all(
    open.map(async ({ key }) => {
      try {
        return await closeOne(service, key, options);
      } catch (error) {
        const row = await service.ledger.position(key).catch(() => null);
        // It has ended by itself in the meantime.
        if (row !== null && !liveStatuses.includes(row.status)) return resultOf(key, row);
        return { ...resultOf(key, row), error: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}

function withoutWorkflow(key: string, position: PositionRow | null): string {
  if (position === null || !liveStatuses.includes(position.status))
    return `position ${key} has no running workflow: it is ${position?.status ?? 'unknown'}`;
  return `position ${key} is ${position.status}, and nobody watches it: basis adopt or flatten ${key}`;
}

function resultOf(key: string, position: PositionRow | null): CloseResult {
  return {
    key,
    status: position?.status ?? 'unknown',
    exitReason: position?.exitReason ?? null,
    realisedPnlUsd: position?.attribution?.realisedUsd ?? null,
  };
}
