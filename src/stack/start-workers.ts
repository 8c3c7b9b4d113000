/** One process for each role: workflows, market data, and each account with its own keys. */
import { keyVariables, withoutForeignKeys } from './account-keys.ts';
import type { ApiCredentials } from './account-keys.ts';
import { keylessEnv, withoutAlertSecrets } from './stack-env.ts';
import { STOP_STAGE } from './start-servers.ts';
import type { StackStart } from './start-servers.ts';
import { timed } from './timed.ts';
import { together } from './together.ts';
import { workerChild, workerName } from './worker-child.ts';
import type { WorkerRole } from './worker-child.ts';

/** `env`: addresses of the servers. `simulated`: keys of the simulated venues; null where real ones are used. */
export async function startWorkers(
  { options, supervisor, accounts, giveUp }: StackStart,
  env: Readonly<Record<string, string | undefined>>,
  simulated: Readonly<Record<string, ApiCredentials>> | null,
  bundle: string | null,
): Promise<void> {
  const { homeDir, configPath, log } = options;
  const venues = accounts.map((account): WorkerRole => ({ kind: 'venue', account }));
  const roles: readonly WorkerRole[] = [{ kind: 'basis', bundle }, { kind: 'market' }, ...venues];
  const envOf = (role: WorkerRole): Record<string, string | undefined> => {
    // It alone sends alerts.
    if (role.kind === 'basis') return { ...withoutForeignKeys(process.env, accounts, null), ...env };
    if (role.kind !== 'venue') return { ...keylessEnv(accounts), ...env };
    if (simulated === null)
      return { ...withoutForeignKeys(process.env, accounts, role.account), ...withoutAlertSecrets(), ...env };
    // Real keys that happen to be set must never meet a simulated exchange, nor be mistaken for its own.
    return { ...keylessEnv(accounts), ...env, ...keyVariables(role.account, simulated[role.account]!) };
  };
  await together(
    roles.map((role) =>
      timed(log, workerName(role), () =>
        supervisor.start(
          workerChild({ role, homeDir, configPath, live: options.live === true, env: envOf(role) }),
          STOP_STAGE.workers,
        ),
      ),
    ),
    giveUp,
  );
}
