/** Ends recorded processes, ours or a dead supervisor's, and nothing else. */
import { identifyProcess, isRunning, signalRecorded } from './process-identity.ts';
import type { RecordedChild } from '../home/run-file.ts';
import { waitUntil } from './wait-until.ts';

const longestDyingMs = 2_000;

/** Stop signal, grace, then SIGKILL to its whole group. Returns when the process is gone; true if it went by itself. */
export async function stopRecorded(child: RecordedChild): Promise<boolean> {
  const gone = (): boolean => !isRunning(child);
  signalRecorded(child, child.stopSignal, false);
  const orderly = await waitUntil(gone, child.graceMs, () => 'still running').then(
    () => true,
    () => false,
  );
  if (!orderly) {
    signalRecorded(child, 'SIGKILL', true);
    await waitUntil(gone, 10_000, () => `process ${child.pid} survives SIGKILL: ${child.command}`);
  }
  await killRestOfGroup(child.pid);
  return orderly;
}

/** All of them in the order of their stages, side by side within a stage. */
export async function stopInOrder(children: readonly RecordedChild[]): Promise<void> {
  const stages = [...new Set(children.map((child) => child.stopStage))].sort((a, b) => a - b);
  for (const stage of stages) {
    await Promise.all(children.filter((child) => child.stopStage === stage).map(stopRecorded));
  }
}

/** A group keeps its leader's pid as its number, so with no process of that pid the members are the leader's own. */
export async function killRestOfGroup(leaderPid: number): Promise<void> {
  if (identifyProcess(leaderPid) !== null) return;
  const isOver = (): boolean => {
    try {
      process.kill(-leaderPid, 'SIGKILL');
      return false;
    } catch {
      return true;
    }
  };
  // They may hold what the next start needs. One that nobody reaps, as in some containers, is dead all the same.
  await waitUntil(isOver, longestDyingMs, () => 'still dying').catch(() => undefined);
}
