/** API keys of the simulated accounts: given in the configuration, or made once and kept in the home. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from './clock.ts';
import type { SimConfig } from './config.ts';
import type { Credentials } from './protocols/protocol.ts';

type Kept = Record<string, Record<string, { readonly apiKey: string; readonly secret: string }>>;

/** By venue, in the order of the configured accounts. Writes new keys to `credentials.json`, readable by its owner. */
export function loadCredentials(home: string, config: SimConfig): ReadonlyMap<string, readonly Credentials[]> {
  const path = join(home, 'credentials.json');
  const kept: Kept = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Kept) : {};
  const result = new Map<string, readonly Credentials[]>();
  for (const [venue, { accounts }] of Object.entries(config.venues)) {
    const held = kept[venue] ?? {};
    kept[venue] = held;
    const credentials = accounts.map(({ name, apiKey, secret }): Credentials => {
      const made = held[name] ?? { apiKey: randomText(), secret: randomText() };
      held[name] = { apiKey: apiKey ?? made.apiKey, secret: secret ?? made.secret };
      return { account: name, ...(held[name] as { apiKey: string; secret: string }) };
    });
    result.set(venue, credentials);
  }
  writeFileAtomically(path, `${JSON.stringify(kept, null, 2)}\n`, 0o600);
  return result;
}

function randomText(): string {
  return randomBytes(24).toString('hex');
}
