/**
 * An account's keys: each from the environment, or from a file that the environment names. Never from the configuration
 * file.
 */
import { credentialVariable, fileVariable, type CredentialName } from './account-variables.ts';
import { ConfigError } from './load.ts';
import { readSecret } from './secret-variable.ts';
import type { ConfigIssue } from './issue.ts';

export type AccountCredentials = Readonly<Partial<Record<CredentialName, string>>>;

export interface CredentialRequest {
  readonly env: NodeJS.ProcessEnv;
  readonly account: string;
  /** What the account's exchange signs with, by ccxt's names. */
  readonly needed: readonly CredentialName[];
}

/** @throws ConfigError naming everything that is missing, doubled, unreadable or readable by others, all at once. */
export function readCredentials({ env, account, needed }: CredentialRequest): AccountCredentials {
  const issues: ConfigIssue[] = [];
  const found = needed.flatMap((name) => {
    const { value, issue } = readSecret(env, variableInUse(env, credentialVariable(account, name)));
    if (issue !== null) issues.push(issue);
    return value === null ? [] : [[name, value] as const];
  });
  if (issues.length > 0) throw new ConfigError(`the environment of account ${account}`, issues);
  return Object.fromEntries(found);
}

/** ccxt, and our own documents once, say password for what the exchanges call a passphrase. */
function variableInUse(env: NodeJS.ProcessEnv, variable: string): string {
  const other = variable.replace(/PASSPHRASE$/, 'PASSWORD');
  const isSet = (one: string): boolean => (env[one] ?? '') !== '' || (env[fileVariable(one)] ?? '') !== '';
  return !isSet(variable) && isSet(other) ? other : variable;
}
