/**
 * Exchange keys travel in environment variables, `BASIS_<ACCOUNT>_API_KEY` and the like, and each process is given
 * only those that it needs: a venue worker its own, every other process none.
 */
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { accountPrefix, credentialVariable } from '../../config/account-variables.ts';
import { asRecord, readJson, writePrivateJson } from './json-file.ts';

export { accountPrefix } from '../../config/account-variables.ts';

export interface ApiCredentials {
  readonly apiKey: string;
  readonly secret: string;
  /** The passphrase, where a venue has one; the others leave it alone. */
  readonly password: string;
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

/** Keys of the simulated exchanges: random, one set an account, kept in `credentials.json` for as long as the home. */
export function simulatedCredentials(
  homeDir: string,
  accounts: readonly { readonly name: string; readonly venue: string }[],
): Record<string, ApiCredentials> {
  const kept = keptCredentials(homeDir);
  const credentials = Object.fromEntries(accounts.map(({ name, venue }) => [name, kept[name] ?? random(venue)]));
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
export function keyVariables(account: string, { apiKey, secret, password }: ApiCredentials): Record<string, string> {
  return {
    [credentialVariable(account, 'apiKey')]: apiKey,
    [credentialVariable(account, 'secret')]: secret,
    [credentialVariable(account, 'password')]: password,
  };
}

/** Homes of an older version hold no passphrase: one that never changes will do, as nothing there is worth a secret. */
function parse(value: unknown): ApiCredentials | null {
  const { apiKey, secret, password = 'simulated' } = asRecord(value) ?? {};
  if (typeof apiKey !== 'string' || typeof secret !== 'string' || typeof password !== 'string') return null;
  return { apiKey, secret, password };
}

function random(venue: string): ApiCredentials {
  const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
  const password = hex(16);
  if (venue !== 'coinbase') return { apiKey: hex(16), secret: hex(32), password };
  // Its keys are elliptic: the secret signs tokens.
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secret = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  return { apiKey: `organizations/${randomUUID()}/apiKeys/${randomUUID()}`, secret, password };
}
