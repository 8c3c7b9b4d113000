/** API keys of the simulated accounts: given in the configuration, or made once and kept in the home. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from './clock.ts';
import type { SimConfig } from './config.ts';
import { isObject } from './json.ts';
import type { Credentials } from './protocols/protocol.ts';

interface Keys {
  readonly apiKey: string;
  readonly secret: string;
}

/** By venue, in the order of the configured accounts. Writes new keys to `credentials.json`, readable by its owner. */
export function loadCredentials(home: string, config: SimConfig): ReadonlyMap<string, readonly Credentials[]> {
  const path = join(home, 'credentials.json');
  const kept: unknown = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const now: Record<string, Record<string, Keys>> = {};
  const result = new Map<string, readonly Credentials[]>();
  for (const [venue, { accounts }] of Object.entries(config.venues)) {
    const held: Record<string, Keys> = {};
    now[venue] = held;
    const credentials = accounts.map(({ name, apiKey, secret }): Credentials => {
      const made = keptKeys(kept, venue, name) ?? { apiKey: randomText(), secret: randomText() };
      const keys = { apiKey: apiKey ?? made.apiKey, secret: secret ?? made.secret };
      held[name] = keys;
      return { account: name, ...keys };
    });
    result.set(venue, credentials);
  }
  writeFileAtomically(path, `${JSON.stringify(now, null, 2)}\n`, 0o600);
  return result;
}

function keptKeys(kept: unknown, venue: string, account: string): Keys | null {
  const accounts = isObject(kept) ? kept[venue] : undefined;
  const keys = isObject(accounts) ? accounts[account] : undefined;
  if (!isObject(keys) || typeof keys['apiKey'] !== 'string' || typeof keys['secret'] !== 'string') return null;
  return { apiKey: keys['apiKey'], secret: keys['secret'] };
}

function randomText(): string {
  return randomBytes(24).toString('hex');
}
