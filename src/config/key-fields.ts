/** Keys in a configuration file: refused by the field's name, whatever its value is, which is never repeated. */
import { credentialVariables, accountPrefix, fileVariable } from './account-variables.ts';
import type { ConfigIssue } from './cross-checks.ts';

const looksLikeKey = /key|secret|passw|passphrase|wallet|mnemonic|seedphrase|token|credential/;
/** Their fields are names of people's choice, or coins. */
const named = new Set(['accounts', 'startingBalances']);

/** Reads the document as it was written, however deep. */
export function keyFieldIssues(document: unknown, path = '', account: string | null = null): ConfigIssue[] {
  if (Array.isArray(document)) {
    return document.flatMap((entry: unknown, index) => keyFieldIssues(entry, `${path}[${index}]`, account));
  }
  if (typeof document !== 'object' || document === null) return [];
  return Object.entries(document).flatMap(([name, value]) => {
    const parent = /[^.]*$/.exec(path)?.[0] ?? '';
    const place = path === '' ? name : `${path}.${name}`;
    const plain = name.toLowerCase().replaceAll(/[^a-z]/g, '');
    if (!named.has(parent) && looksLikeKey.test(plain)) return [{ path: place, message: refusal(plain, account) }];
    return keyFieldIssues(value, place, path === 'accounts' ? name : account);
  });
}

function refusal(plain: string, account: string | null): string {
  const prefix = account === null ? 'BASIS_<ACCOUNT>_' : accountPrefix(account);
  const variable = `${prefix}${credentialVariables[kindOf(plain)]}`;
  return `keys never stand in this file, which every process reads and people copy: remove it, set ${variable}, or ${fileVariable(variable)} to the path of a file with it`;
}

function kindOf(plain: string): keyof typeof credentialVariables {
  if (/passw|passphrase/.test(plain)) return 'password';
  if (/private|mnemonic|seedphrase/.test(plain)) return 'privateKey';
  if (plain.includes('wallet')) return 'walletAddress';
  return plain.includes('secret') ? 'secret' : 'apiKey';
}
