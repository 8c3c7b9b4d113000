/** Checks of the section `alerts` that one field cannot make by itself. */
import { accountPrefix } from './account-variables.ts';
import { alertPrefix, wrongInUrl } from './alert-secrets.ts';
import { node, string, type Node } from './nodes.ts';
import type { ConfigIssue } from './issue.ts';

const targetName = 'a name of at most 20 lower-case letters, digits and hyphens, starting with a letter';

export function alertIssues(root: Node): ConfigIssue[] {
  const targets = Object.entries(node(node(root['alerts'])['targets']));
  return [...targets.flatMap(([name, target]) => targetIssues(name, node(target))), ...accountNames(root)];
}

function targetIssues(name: string, target: Node): ConfigIssue[] {
  const path = `alerts.targets.${name}`;
  const issues: ConfigIssue[] = [];
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(name)) issues.push({ path, message: `the name must be ${targetName}` });
  const server = string(target['server']);
  // Its form is the field's business.
  const wrong = server === null || URL.parse(server) === null ? null : wrongInUrl(server);
  if (wrong !== null) issues.push({ path: `${path}.server`, message: wrong });
  return issues;
}

/** Each account's worker is given what begins with its prefix, and no other process is. */
function accountNames(root: Node): ConfigIssue[] {
  return Object.keys(node(root['accounts']))
    .filter((account) => accountPrefix(account).startsWith(alertPrefix))
    .map((account) => ({
      path: `accounts.${account}`,
      message: `the variables ${accountPrefix(account)}* of its keys could be those of an alert target: rename it`,
    }));
}
