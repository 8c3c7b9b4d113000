/**
 * An account's keys: each from the environment, or from a file that the environment names, as containers are given
 * their secrets. Never from the configuration file. No message of this file holds anything of a value.
 */
import { readFileSync, statSync } from 'node:fs';
import { credentialVariable, fileVariable, type CredentialName } from './account-variables.ts';
import { ConfigError } from './load.ts';
import type { ConfigIssue } from './cross-checks.ts';

export type AccountCredentials = Readonly<Partial<Record<CredentialName, string>>>;

export interface CredentialRequest {
  readonly env: NodeJS.ProcessEnv;
  readonly account: string;
  /** What the account's exchange signs with, by ccxt's names. */
  readonly needed: readonly CredentialName[];
}

/** A key is a line or a PEM block; what is larger is another file. */
const largestFileBytes = 65_536;
/** Others may read, others may write. */
const openToOthers = 0o006;

/** @throws ConfigError naming everything that is missing, doubled, unreadable or readable by others, all at once. */
export function readCredentials({ env, account, needed }: CredentialRequest): AccountCredentials {
  const issues: ConfigIssue[] = [];
  const found = needed.flatMap((name) => {
    const { value, issue } = readOne(env, account, name);
    if (issue !== null) issues.push(issue);
    return value === null ? [] : [[name, value] as const];
  });
  if (issues.length > 0) throw new ConfigError(`the environment of account ${account}`, issues);
  return Object.fromEntries(found);
}

interface Reading {
  readonly value: string | null;
  readonly issue: ConfigIssue | null;
}

function readOne(env: NodeJS.ProcessEnv, account: string, name: CredentialName): Reading {
  const variable = variableInUse(env, credentialVariable(account, name));
  const inFile = fileVariable(variable);
  const [text, path] = [env[variable] ?? '', env[inFile] ?? ''];
  if (text !== '' && path !== '') return refused(variable, `is set, and so is ${inFile}: set one of them`);
  if (path !== '') return readFile(inFile, path);
  if (text.trim() === '') return refused(variable, `is not set: set it, or ${inFile} to the path of a file with it`);
  return { value: cleaned(text), issue: null };
}

/** ccxt, and our own documents once, say password for what the exchanges call a passphrase. */
function variableInUse(env: NodeJS.ProcessEnv, variable: string): string {
  const other = variable.replace(/PASSPHRASE$/, 'PASSWORD');
  const isSet = (one: string): boolean => (env[one] ?? '') !== '' || (env[fileVariable(one)] ?? '') !== '';
  return !isSet(variable) && isSet(other) ? other : variable;
}

function readFile(variable: string, path: string): Reading {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return refused(variable, `${path} is not a file`);
    if ((stat.mode & openToOthers) !== 0) {
      const shown = (stat.mode & 0o777).toString(8).padStart(4, '0');
      const cure = `chmod 600 it, or mount the secret with mode 0400`;
      return refused(variable, `${path} is open to every user of this machine (mode ${shown}): ${cure}`);
    }
    if (stat.size > largestFileBytes)
      return refused(variable, `${path} is larger than ${largestFileBytes} bytes: not a key`);
    const text = readFileSync(path, 'utf8');
    return text.trim() === '' ? refused(variable, `${path} is empty`) : { value: cleaned(text), issue: null };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    return refused(variable, `${path} cannot be read: ${code}`);
  }
}

/** Without the line end of a file; a PEM block that an environment holds in one line gets its lines back. */
function cleaned(text: string): string {
  const trimmed = text.trim();
  return trimmed.startsWith('-----BEGIN') ? `${trimmed.replaceAll('\\n', '\n').trim()}\n` : trimmed;
}

function refused(path: string, message: string): Reading {
  return { value: null, issue: { path, message } };
}
