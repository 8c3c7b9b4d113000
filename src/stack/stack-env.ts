/** The environment that each child of the stack gets: the addresses of this stack, and only its own keys. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertPrefix } from '../config/alert-secrets.ts';
import { withoutForeignKeys } from './home/account-keys.ts';

type Changes = Record<string, string | undefined>;

/** For a child without exchange business: none of the accounts' variables, nor of the alert targets'. */
export function keylessEnv(accounts: readonly string[]): Changes {
  return { ...withoutForeignKeys(process.env, accounts, null), ...withoutAlertSecrets(process.env) };
}

/** For all but the worker that sends alerts. */
export function withoutAlertSecrets(env: NodeJS.ProcessEnv): Record<string, undefined> {
  const found = Object.keys(env).filter((name) => name.startsWith(alertPrefix));
  return Object.fromEntries(found.map((name) => [name, undefined]));
}

/**
 * With our own server, nothing that the user has set for another one (API key, TLS, a profile file) may reach the
 * workers; with an external one, all of it must.
 */
export function temporalEnv(homeDir: string, embeddedAddress: string | null, namespace: string): Changes {
  if (embeddedAddress === null) return {};
  const file = join(homeDir, 'temporal.toml');
  const profile = `[profile.default]\naddress = "${embeddedAddress}"\nnamespace = "${namespace}"\n`;
  writeFileSync(file, profile, { mode: 0o600 });
  const inherited = Object.keys(process.env).filter((name) => name.startsWith('TEMPORAL_'));
  const removed = Object.fromEntries(inherited.map((name) => [name, undefined]));
  return {
    ...removed,
    TEMPORAL_ADDRESS: embeddedAddress,
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_CONFIG_FILE: file,
  };
}
