/**
 * PostgreSQL refuses to run as root, which is what most containers are. Outside root nothing changes.
 * As root it runs in a user namespace where root is called `nobody`: private folders of ours stay readable.
 * Where namespaces are forbidden (most containers) it runs as the real user `nobody`, to whom its folder is given, and
 * keeps the one capability that lets it through the private folders above.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync } from 'node:fs';

const NOBODY = 65_534;

const NAMESPACE = ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];

const OTHER_USER = [
  'setpriv',
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  '--clear-groups',
  '--inh-caps=-all,+dac_override',
  '--ambient-caps=-all,+dac_override',
];

/**
 * How to run `argv` on files of `dir` as somebody who is not root. The process keeps its pid.
 * @throws as root where neither way is open.
 */
export function unprivileged(argv: readonly string[], dir: string): string[] {
  if (process.getuid?.() !== 0) return [...argv];
  wrapper ??= [NAMESPACE, OTHER_USER].find(works) ?? null;
  if (wrapper === null) {
    throw new Error(
      'PostgreSQL does not run as root, and neither unshare nor setpriv works here: start as another user',
    );
  }
  if (wrapper === OTHER_USER && lstatSync(dir).uid !== NOBODY)
    execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, dir]);
  return [...wrapper, ...argv];
}

/** The first way that works on this machine; undefined until it was tried. */
let wrapper: readonly string[] | null | undefined;

function works(candidate: readonly string[]): boolean {
  return spawnSync(candidate[0]!, [...candidate.slice(1), 'true'], { stdio: 'ignore' }).status === 0;
}
