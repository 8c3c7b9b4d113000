/** The alert targets of a configuration, with their secrets from the environment. */
import { createRedact, withRedaction } from '../src/alerts/redact.ts';
import type { AlertTarget } from '../src/alerts/target.ts';
import { createTarget } from '../src/alerts/targets/create-target.ts';
import { readAlertSecrets, secretTexts } from '../src/config/alert-secrets.ts';
import type { ConfigIssue } from '../src/config/load.ts';
import type { Config } from '../src/config/schema.ts';

export interface BuiltTargets {
  readonly targets: readonly AlertTarget[];
  /** Of targets that cannot be reached as the environment is, by name. */
  readonly issues: ReadonlyMap<string, readonly ConfigIssue[]>;
}

/** No message to them, and no answer of theirs, holds a secret of any of them. */
export function buildAlertTargets(config: Config, env: NodeJS.ProcessEnv): BuiltTargets {
  const read = Object.entries(config.alerts.targets).map(([name, terms]) => {
    const { secrets, issues } = readAlertSecrets(env, name, terms.kind);
    return { name, secrets, issues, target: createTarget({ name, ...terms }, secrets) };
  });
  const redact = createRedact(read.flatMap(({ secrets }) => secretTexts(secrets)));
  return {
    targets: read.flatMap(({ target }) => (target === null ? [] : [withRedaction(target, redact)])),
    issues: new Map(read.filter(({ issues }) => issues.length > 0).map(({ name, issues }) => [name, issues])),
  };
}
