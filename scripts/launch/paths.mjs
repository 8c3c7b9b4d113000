import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export const modules = join(repository, 'node_modules');

/** Node 24, which comes with the packages. */
export const projectNode = join(modules, '.bin', 'node');

/** What this project keeps between runs for this user: never anything of a trading run. */
export function cacheDir(env = process.env, platform = process.platform) {
  const base =
    env.XDG_CACHE_HOME || (platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache'));
  return join(base, 'basiskeeper');
}

/** The environment in which `node` means Node 24, and compiles each file once instead of at every start. */
export function projectEnv(added = {}) {
  const compiled = { NODE_COMPILE_CACHE: join(modules, '.cache', 'basiskeeper', 'compiled') };
  return {
    ...compiled,
    ...process.env,
    PATH: [join(modules, '.bin'), process.env.PATH ?? ''].join(delimiter),
    ...added,
  };
}
