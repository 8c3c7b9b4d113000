/** What each worker's environment has of the secrets that people set: the keys of its account, or those of the alert targets. */
import { keyVariables, withoutForeignKeys, type ApiCredentials } from '../home/account-keys.ts';
import { withoutAlertSecrets } from '../stack-env.ts';
import type { WorkerRole } from './worker-child.ts';

/**
 * Changes to an environment; undefined: removed.
 * @param simulated keys of the simulated venues; null where real ones are used
 */
export function workerEnv(
  env: NodeJS.ProcessEnv,
  role: WorkerRole,
  accounts: readonly string[],
  simulated: Readonly<Record<string, ApiCredentials>> | null,
): Record<string, string | undefined> {
  switch (role.kind) {
    case 'basis':
      // It alone sends alerts.
      return withoutForeignKeys(env, accounts, null);
    case 'market':
    case 'feed':
      return { ...withoutForeignKeys(env, accounts, null), ...withoutAlertSecrets(env) };
    case 'venue': {
      const { account } = role;
      if (simulated === null) return { ...withoutForeignKeys(env, accounts, account), ...withoutAlertSecrets(env) };
      // Real keys that happen to be set must never meet a simulated exchange, nor be mistaken for its own.
      return {
        ...withoutForeignKeys(env, accounts, null),
        ...withoutAlertSecrets(env),
        ...keyVariables(account, simulated[account]!),
      };
    }
  }
}
