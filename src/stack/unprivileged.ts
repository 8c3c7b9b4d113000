/**
 * PostgreSQL refuses to run as root, which is what most containers are. Outside root nothing changes.
 * As root it runs in a user namespace where root is called `nobody`: private folders of ours stay readable.
 * Where namespaces are forbidden it runs as the real user `nobody`, to whom its folder is given.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync } from 'node:fs';

const NOBODY = 65_534;

export interface UnprivilegedCommand {
  readonly argv: string[];
  readonly uid?: number;
  readonly gid?: number;
}

/** How to run `argv` on files of `dir` as somebody who is not root. */
export function unprivileged(argv: string[], dir: string): UnprivilegedCommand {
  if (process.getuid?.() !== 0) return { argv };
  if (namespacesWork()) return { argv: [...NAMESPACE, ...argv] };
  if (lstatSync(dir).uid !== NOBODY) execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, dir]);
  return { argv, uid: NOBODY, gid: NOBODY };
}

const NAMESPACE = ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];

let namespaces: boolean | undefined;

function namespacesWork(): boolean {
  namespaces ??= spawnSync(NAMESPACE[0]!, [...NAMESPACE.slice(1), 'true'], { stdio: 'ignore' }).status === 0;
  return namespaces;
}
