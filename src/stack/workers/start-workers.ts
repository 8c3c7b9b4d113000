/** One process for each role: workflows, market data, and each account with its own keys. */
import type { ApiCredentials } from '../home/account-keys.ts';
import { LOOPBACK } from '../servers/free-ports.ts';
import type { StackOptions } from '../stack-options.ts';
import { metricsPortName } from '../servers/stack-ports.ts';
import { STOP_STAGE } from '../servers/start-servers.ts';
import type { StackStart } from '../servers/start-servers.ts';
import { timed } from '../timed.ts';
import { together } from '../processes/together.ts';
import { workerChild, workerName } from './worker-child.ts';
import type { WorkerRole } from './worker-child.ts';
import { workerEnv } from './worker-env.ts';

type Workers = Pick<StackOptions, 'accounts' | 'feed'>;

/** `worker-basis`, `worker-market`, one for each account, and the feed where there is one. */
function workerRoles({ accounts, feed = false }: Workers, bundle: string | null): readonly WorkerRole[] {
  const venues = accounts.map(({ name }): WorkerRole => ({ kind: 'venue', account: name }));
  return [{ kind: 'basis', bundle }, { kind: 'market' }, ...(feed ? [{ kind: 'feed' } as const] : []), ...venues];
}

/** Names of the workers that serve figures of their own; the feed has nothing to do with Temporal. */
export function measuredWorkers(options: Workers): string[] {
  return workerRoles(options, null)
    .filter(({ kind }) => kind !== 'feed')
    .map(workerName);
}

/** `env`: addresses of the servers. `simulated`: keys of the simulated venues; null where real ones are used. */
export async function startWorkers(
  { options, supervisor, ports, accounts, giveUp }: StackStart,
  env: Readonly<Record<string, string | undefined>>,
  simulated: Readonly<Record<string, ApiCredentials>> | null,
  bundle: string | null,
): Promise<void> {
  const { homeDir, configPath, log } = options;
  await together(
    workerRoles(options, bundle).map((role) => {
      const name = workerName(role);
      const port = ports[metricsPortName(name)];
      return timed(log, name, () =>
        supervisor.start(
          workerChild({
            role,
            homeDir,
            configPath,
            live: options.live === true,
            env: {
              ...workerEnv(process.env, role, accounts, simulated),
              ...env,
              // Of a stack the flag alone is the switch.
              BASIS_LIVE: undefined,
              BASIS_METRICS_ADDRESS: port === undefined ? undefined : `${LOOPBACK}:${port}`,
            },
          }),
          STOP_STAGE.workers,
        ),
      );
    }),
    giveUp,
  );
}
