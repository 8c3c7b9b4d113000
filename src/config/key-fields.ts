/** Keys in a configuration file: refused by the field's name, whatever its value is, which is never repeated. */
import { credentialVariables, accountPrefix, fileVariable } from './account-variables.ts';
import { alertVariable } from './alert-secrets.ts';
import type { ConfigIssue } from './issue.ts';

const looksLikeKey = /key|secret|passw|passphrase|wallet|mnemonic|seedphrase|token|credential/;
/** Their fields are names of people's choice, or coins. */
const named = new Set(['accounts', 'startingBalances', 'targets']);
/** Whoever knows the address of a hook may post to it. */
const looksLikeAddress = /url|uri|hook|address/;

/** Whose keys they would be. */
type Owner = { readonly kind: 'account' | 'target'; readonly name: string } | null;

/** Reads the document as it was written, however deep. */
export function keyFieldIssues(document: unknown, path = '', owner: Owner = null): ConfigIssue[] {
  if (Array.isArray(document)) {
    return document.flatMap((entry: unknown, index) => keyFieldIssues(entry, `${path}[${index}]`, owner));
  }
  if (typeof document !== 'object' || document === null) return [];
  return Object.entries(document).flatMap(([name, value]) => {
    const parent = /[^.]*$/.exec(path)?.[0] ?? '';
    const place = path === '' ? name : `${path}.${name}`;
    const plain = name.toLowerCase().replaceAll(/[^a-z]/g, '');
    const isKey = looksLikeKey.test(plain) || (owner?.kind === 'target' && looksLikeAddress.test(plain));
    if (!named.has(parent) && isKey) return [{ path: place, message: refusal(plain, owner) }];
    return keyFieldIssues(value, place, ownerIn(path, name) ?? owner);
  });
}

function ownerIn(path: string, name: string): Owner {
  if (path === 'accounts') return { kind: 'account', name };
  return path === 'alerts.targets' ? { kind: 'target', name } : null;
}

function refusal(plain: string, owner: Owner): string {
  const variable =
    owner?.kind === 'target'
      ? alertVariable(owner.name, targetSecretOf(plain))
      : `${owner === null ? 'BASIS_<ACCOUNT>_' : accountPrefix(owner.name)}${credentialVariables[kindOf(plain)]}`;
  return `keys never stand in this file, which every process reads and people copy: remove it, set ${variable}, or ${fileVariable(variable)} to the path of a file with it`;
}

function targetSecretOf(plain: string): 'token' | 'url' | 'secret' {
  if (looksLikeAddress.test(plain)) return 'url';
  return plain.includes('token') ? 'token' : 'secret';
}

function kindOf(plain: string): keyof typeof credentialVariables {
  if (/passw|passphrase/.test(plain)) return 'password';
  if (/private|mnemonic|seedphrase/.test(plain)) return 'privateKey';
  if (plain.includes('wallet')) return 'walletAddress';
  return plain.includes('secret') ? 'secret' : 'apiKey';
}
