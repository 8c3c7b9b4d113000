/** The simulator's configuration, with the ports and the keys that the stack has chosen. */
import type { ApiCredentials } from './account-keys.ts';
import { asRecord } from './json-file.ts';
import type { StackAccount } from './stack-options.ts';

/**
 * Each account of ours is found in `venues.<venue>.accounts` by its name, or added there, and is given its keys.
 * Everything else of `config` stays as the caller wrote it, a port of the caller's included.
 */
export function completeSimConfig(
  config: Readonly<Record<string, unknown>>,
  accounts: readonly StackAccount[],
  credentials: Readonly<Record<string, ApiCredentials>>,
  ports: Readonly<Record<string, number>>,
): Record<string, unknown> {
  const venues = { ...asRecord(config['venues']) };
  for (const { name, venue } of accounts) {
    const settings = asRecord(venues[venue]) ?? {};
    const listed = Array.isArray(settings['accounts'])
      ? settings['accounts'].map((entry) => asRecord(entry) ?? {})
      : [];
    const others = listed.filter((entry) => entry['name'] !== name);
    const own = { ...listed.find((entry) => entry['name'] === name), name, ...credentials[name] };
    venues[venue] = { port: ports[venue], ...settings, accounts: [...others, own] };
  }
  return { ...config, venues };
}
