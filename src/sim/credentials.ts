/** API keys of the simulated accounts: given in the configuration, or made once and kept in the home. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from './clock.ts';
import type { SimConfig } from './config.ts';
import { isObject } from './json.ts';
import type { ApiKeys } from './protocols/profile.ts';
import type { Credentials } from './protocols/protocol.ts';
import { profileOf } from './protocols/registry.ts';

/** By venue, in the order of the configured accounts. Writes new keys to `credentials.json`, readable by its owner. */
export function loadCredentials(home: string, config: SimConfig): ReadonlyMap<string, readonly Credentials[]> {
  const path = join(home, 'credentials.json');
  const kept: unknown = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const now: Record<string, Record<string, ApiKeys>> = {};
  const result = new Map<string, readonly Credentials[]>();
  for (const [venue, { accounts }] of Object.entries(config.venues)) {
    const profile = profileOf(venue);
    if (profile === null) throw new Error(`no venue ${venue}`);
    const held: Record<string, ApiKeys> = {};
    now[venue] = held;
    const credentials = accounts.map((account): Credentials => {
      const made = keptKeys(kept, venue, account.name) ?? profile.makeKeys(randomBytes);
      const keys = {
        apiKey: account.apiKey ?? made.apiKey,
        secret: account.secret ?? made.secret,
        password: account.password ?? made.password,
      };
      held[account.name] = keys;
      return { account: account.name, ...keys, permissions: new Set(account.permissions) };
    });
    result.set(venue, credentials);
  }
  writeFileAtomically(path, `${JSON.stringify(now, null, 2)}\n`, 0o600);
  return result;
}

function keptKeys(kept: unknown, venue: string, account: string): ApiKeys | null {
  const accounts = isObject(kept) ? kept[venue] : undefined;
  const keys = isObject(accounts) ? accounts[account] : undefined;
  if (!isObject(keys) || typeof keys['apiKey'] !== 'string' || typeof keys['secret'] !== 'string') return null;
  const password = keys['password'];
  return { apiKey: keys['apiKey'], secret: keys['secret'], password: typeof password === 'string' ? password : null };
}
