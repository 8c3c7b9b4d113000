/** One process for each role: workflows, market data, and each account with its own keys. */
import type { ApiCredentials } from './account-keys.ts';
import { STOP_STAGE } from './start-servers.ts';
import type { StackStart } from './start-servers.ts';
import { timed } from './timed.ts';
import { together } from './together.ts';
import { workerChild, workerName } from './worker-child.ts';
import type { WorkerRole } from './worker-child.ts';
import { workerEnv } from './worker-env.ts';

/** `env`: addresses of the servers. `simulated`: keys of the simulated venues; null where real ones are used. */
export async function startWorkers(
  { options, supervisor, accounts, giveUp }: StackStart,
  env: Readonly<Record<string, string | undefined>>,
  simulated: Readonly<Record<string, ApiCredentials>> | null,
  bundle: string | null,
): Promise<void> {
  const { homeDir, configPath, log } = options;
  const venues = accounts.map((account): WorkerRole => ({ kind: 'venue', account }));
  const feed: readonly WorkerRole[] = options.feed === true ? [{ kind: 'feed' }] : [];
  const roles: readonly WorkerRole[] = [{ kind: 'basis', bundle }, { kind: 'market' }, ...feed, ...venues];
  await together(
    roles.map((role) =>
      timed(log, workerName(role), () =>
        supervisor.start(
          workerChild({
            role,
            homeDir,
            configPath,
            live: options.live === true,
            env: { ...workerEnv(process.env, role, accounts, simulated), ...env },
          }),
          STOP_STAGE.workers,
        ),
      ),
    ),
    giveUp,
  );
}
