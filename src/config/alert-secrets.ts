/** What an alert target needs to be reached, from the environment alone. No message of this file holds a value. */
import { accountPrefix, fileVariable } from './account-variables.ts';
import type { Config } from './schema.ts';
import { readSecret } from './secret-variable.ts';
import type { ConfigIssue } from './issue.ts';

export type AlertTargetTerms = Config['alerts']['targets'][string];
type Kind = AlertTargetTerms['kind'];
type SecretName = 'token' | 'url' | 'secret';

/** All of them, of whatever target: `BASIS_ALERT_PHONE_TOKEN`. */
export const alertPrefix = 'BASIS_ALERT_';

/** The secrets of each kind of target, with the ending of its variable. */
export const alertSecretNames = {
  telegram: ['token'],
  slack: ['url'],
  webhook: ['url', 'secret'],
} as const satisfies Readonly<Record<Kind, readonly SecretName[]>>;

export type AlertSecrets = Readonly<Partial<Record<SecretName, string>>>;

/** `phone`, `token` → `BASIS_ALERT_PHONE_TOKEN`. */
export function alertVariable(target: string, name: SecretName): string {
  return `${accountPrefix(`alert-${target}`)}${name.toUpperCase()}`;
}

/** @returns what was found, and everything that is missing or wrong, at once */
export function readAlertSecrets(
  env: NodeJS.ProcessEnv,
  target: string,
  kind: Kind,
): { readonly secrets: AlertSecrets; readonly issues: readonly ConfigIssue[] } {
  const readings = alertSecretNames[kind].map((name) => {
    const variable = alertVariable(target, name);
    const { value, issue } = readSecret(env, variable);
    if (value === null) return { name, value, issue };
    const wrong = wrongIn(kind, name, value);
    const path = (env[variable] ?? '') === '' ? fileVariable(variable) : variable;
    return wrong === null ? { name, value, issue: null } : { name, value: null, issue: { path, message: wrong } };
  });
  return {
    secrets: Object.fromEntries(readings.flatMap(({ name, value }) => (value === null ? [] : [[name, value]]))),
    issues: readings.flatMap(({ issue }) => (issue === null ? [] : [issue])),
  };
}

function wrongIn(kind: Kind, name: SecretName, value: string): string | null {
  switch (name) {
    case 'token':
      return /^\d+:[\w-]{20,}$/.test(value)
        ? null
        : 'is no bot token: it is digits, a colon and some 35 letters, as BotFather gives it';
    case 'secret':
      return value.length >= 16
        ? null
        : 'is too short to sign with: at least 16 characters, such as openssl rand -hex 32';
    case 'url':
      return wrongInUrl(value, kind === 'webhook');
  }
}

/** Plain HTTP goes to this machine, or to a name without a point, as the containers of one network have. */
const nearby = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|[a-z0-9-]+)$/;

export function wrongInUrl(value: string, mayBeSigned = false): string | null {
  const url = URL.parse(value);
  if (url === null) return 'is no address: write it like https://host/path';
  if (url.username !== '' || url.password !== '')
    return 'has a user or a password in it: the request cannot carry them';
  if (url.protocol === 'https:' || (url.protocol === 'http:' && nearby.test(url.hostname))) return null;
  const signed = mayBeSigned ? '; a signature hides nothing' : '';
  return `must begin with https://, unless the host is on this machine or network (localhost, 127.0.0.1, a name without a point)${signed}`;
}

/** What of these must be in no text: the values, and what makes an address a key. */
export function secretTexts(secrets: AlertSecrets): string[] {
  const url = secrets.url === undefined ? null : URL.parse(secrets.url);
  const path = url === null ? '' : `${url.pathname}${url.search}`;
  const last = path.split(/[/=?&]/).at(-1) ?? '';
  const parts = [path, last].filter((part) => part.length >= 16);
  return [...Object.values(secrets), ...parts];
}
