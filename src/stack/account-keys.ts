/**
 * Exchange keys travel in environment variables, `BASIS_<ACCOUNT>_API_KEY` and the like, and each process is given
 * only those that it needs: a venue worker its own, every other process none.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { accountPrefix } from '../config/account-variables.ts';
import { asRecord, readJson, writePrivateJson } from './json-file.ts';

export { accountPrefix } from '../config/account-variables.ts';

export interface ApiCredentials {
  readonly apiKey: string;
  readonly secret: string;
}

/** Two accounts whose variables have one name could be given each other's keys. @throws then. */
export function checkAccountNames(accounts: readonly string[]): void {
  const owners = new Map<string, string>();
  for (const account of accounts) {
    const owner = owners.get(accountPrefix(account));
    if (owner !== undefined)
      throw new Error(`accounts ${owner} and ${account} share ${accountPrefix(account)}*: rename one`);
    owners.set(accountPrefix(account), account);
  }
}

/**
 * Changes to an environment (undefined: removed) that leave the variables of `owner` alone; with null, of nobody.
 * `BASIS_A_B_SECRET` belongs to account `a-b`, not to `a`: the longest prefix decides.
 */
export function withoutForeignKeys(
  env: NodeJS.ProcessEnv,
  accounts: readonly string[],
  owner: string | null,
): Record<string, undefined> {
  const byLength = [...accounts].sort((a, b) => accountPrefix(b).length - accountPrefix(a).length);
  const foreign = Object.keys(env).filter((name) => {
    const holder = byLength.find((account) => name.startsWith(accountPrefix(account)));
    return holder !== undefined && holder !== owner;
  });
  return Object.fromEntries(foreign.map((name) => [name, undefined]));
}

/** Keys of the simulated exchanges: random, one pair an account, kept in `credentials.json` for as long as the home. */
export function simulatedCredentials(homeDir: string, accounts: readonly string[]): Record<string, ApiCredentials> {
  const kept = keptCredentials(homeDir);
  const credentials = Object.fromEntries(accounts.map((account) => [account, kept[account] ?? random()]));
  writePrivateJson(join(homeDir, 'credentials.json'), credentials);
  return credentials;
}

/** Those that a start on this home has made; of accounts that it had. */
export function keptCredentials(homeDir: string): Record<string, ApiCredentials> {
  const kept = asRecord(readJson(join(homeDir, 'credentials.json'))) ?? {};
  const parsed = Object.entries(kept).map(([account, value]) => [account, parse(value)] as const);
  return Object.fromEntries(parsed.filter((entry): entry is [string, ApiCredentials] => entry[1] !== null));
}

/** Environment of the venue worker of one account. */
export function keyVariables(account: string, { apiKey, secret }: ApiCredentials): Record<string, string> {
  return { [`${accountPrefix(account)}API_KEY`]: apiKey, [`${accountPrefix(account)}SECRET`]: secret };
}

function parse(value: unknown): ApiCredentials | null {
  const { apiKey, secret } = asRecord(value) ?? {};
  return typeof apiKey === 'string' && typeof secret === 'string' ? { apiKey, secret } : null;
}

function random(): ApiCredentials {
  return { apiKey: randomBytes(16).toString('hex'), secret: randomBytes(32).toString('hex') };
}
