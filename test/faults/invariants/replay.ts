/** Invariant 7: what workflows have recorded under faults replays on the current code. */
import { join } from 'node:path';
import type { Arena } from '../arena/arena.ts';
import { positionWorkflowId } from '../../../src/domain/names.ts';
import type { History } from '../../../bench/history.ts';
import type { Violation } from './violation.ts';

export interface RecordedHistory {
  readonly key: string;
  readonly history: History;
}

export async function historiesOf({ client }: Arena, keys: readonly string[]): Promise<RecordedHistory[]> {
  const found = await Promise.all(
    keys.map(async (key): Promise<RecordedHistory | null> => {
      const handle = client.workflow.getHandle(positionWorkflowId(key));
      const history = await handle.fetchHistory().catch(() => null);
      return history === null ? null : { key, history };
    }),
  );
  return found.filter((one) => one !== null);
}

/** Once a process: what replays fail with is told as a violation. */
let isQuiet = false;

export async function replayed({ homeDir }: Arena, histories: readonly RecordedHistory[]): Promise<Violation[]> {
  if (histories.length === 0) return [];
  const { DefaultLogger, Runtime, Worker } = await import('@temporalio/worker');
  if (!isQuiet) Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
  isQuiet = true;
  const bundle = { workflowBundle: { codePath: join(homeDir, 'workflow-bundle.js') } };
  const named = histories.map(({ key, history }) => ({ workflowId: positionWorkflowId(key), history }));
  const found: Violation[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(bundle, named)) {
    if (error === undefined) continue;
    const key = workflowId.slice(positionWorkflowId('').length);
    found.push({ invariant: 7, positionKey: key, detail: `its history does not replay: ${error.message}` });
  }
  return found;
}
