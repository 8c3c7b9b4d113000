/** One worker process, by its role. */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ChildSpec } from '../processes/child.ts';
import { asRecord, readJson } from '../home/json-file.ts';
import { REPOSITORY } from '../repository.ts';

export type WorkerRole =
  | { readonly kind: 'basis'; readonly bundle: string | null }
  | { readonly kind: 'market' }
  | { readonly kind: 'feed' }
  | { readonly kind: 'venue'; readonly account: string };

export interface WorkerOptions {
  readonly role: WorkerRole;
  readonly homeDir: string;
  readonly configPath: string;
  readonly live: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `worker-basis`, `worker-market`, `worker-feed`, `worker-venue-<account>`. */
export function workerName(role: WorkerRole): string {
  return role.kind === 'venue' ? `worker-venue-${role.account}` : `worker-${role.kind}`;
}

export function workerChild({ role, homeDir, configPath, live, env }: WorkerOptions): ChildSpec {
  const name = workerName(role);
  const readyFile = join(homeDir, 'ready', `${name}.json`);
  const args = [join(REPOSITORY, 'workers', 'main.ts'), '--role', role.kind];
  if (role.kind === 'venue') args.push('--account', role.account);
  if (role.kind === 'basis' && role.bundle !== null) args.push('--bundle', role.bundle);
  if (live) args.push('--live');
  args.push('--config', configPath, '--home', homeDir, '--ready-file', readyFile);
  return {
    name,
    command: process.execPath,
    args,
    env,
    cwd: REPOSITORY,
    // The SDK's own lines about its workers' states are for the file; its warnings are for people.
    isShown: (line) => !line.includes('"sdkComponent"') || !line.includes('"level":30'),
    stopSignal: 'SIGTERM',
    // Longer than a worker's own grace, which is longer than the longest order call: an answer is not thrown away.
    graceMs: 25_000,
    readyTimeoutMs: 60_000,
    prepare: () => {
      mkdirSync(dirname(readyFile), { recursive: true, mode: 0o700 });
      rmSync(readyFile, { force: true });
    },
    ready: () => typeof asRecord(readJson(readyFile))?.['pid'] === 'number',
  };
}
