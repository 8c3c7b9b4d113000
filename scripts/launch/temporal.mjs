/**
 * Finds a Temporal server, in this order: an external one (TEMPORAL_ADDRESS, or a profile), `temporal` on PATH, the
 * user's cache, the official download by Temporal's SDK, a build by Go. What was got once stays in the cache.
 */
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { runQuietly } from './child.mjs';
import { withLock } from './file-lock.mjs';
import { cacheDir, projectEnv, projectNode, repository } from './paths.mjs';
import { Refusal } from './refusal.mjs';
import { step } from './step.mjs';

/** Server 1.29.1, user interface 2.42.1: what this project is tested with, however it was got. */
export const TEMPORAL_VERSION = 'v1.5.1';
const DOWNLOAD_TIMEOUT_MS = 60_000;
const OLDEST_GO = [1, 25];

/** Each of them names a server; src/cli/temporal-target.ts reads it. */
const NAMING = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'];

/** Environment for the command: empty with an external server, else where the server's program is. */
export async function findTemporal(env = process.env, sources = { download, build }) {
  const external = NAMING.find((name) => env[name]);
  if (external !== undefined) {
    process.stderr.write(`Temporal server: ${env[external]} (${external})\n`);
    return {};
  }
  const binary = onPath(env.PATH ?? '') ?? cached(env) ?? (await obtain(env, sources));
  process.stderr.write(`Temporal server: ${binary}\n`);
  return { BASIS_TEMPORAL_BINARY: binary };
}

function onPath(path) {
  const candidates = path
    .split(delimiter)
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, 'temporal'));
  return candidates.find(isProgram) ?? null;
}

function cached(env) {
  const binary = cachedBinary(env);
  return isProgram(binary) ? binary : null;
}

function cachedBinary(env) {
  return join(cacheDir(env), 'temporal', TEMPORAL_VERSION, 'temporal');
}

/** One process fetches it, others wait for it. It is complete before it has its name. */
async function obtain(env, sources) {
  const binary = cachedBinary(env);
  const home = join(cacheDir(env), 'temporal');
  return await withLock(join(cacheDir(env), 'locks', 'temporal.lock'), async () => {
    if (isProgram(binary)) return binary;
    const reasons = [];
    for (const [name, get] of Object.entries(sources)) {
      mkdirSync(home, { recursive: true });
      const into = mkdtempSync(join(home, `.${name}-`));
      try {
        const program = await get(into);
        mkdirSync(join(home, TEMPORAL_VERSION), { recursive: true });
        chmodSync(program, 0o755);
        renameSync(program, binary);
        return binary;
      } catch (error) {
        reasons.push(error.message);
      } finally {
        rmSync(into, { recursive: true, force: true });
      }
    }
    throw new Refusal(advice(reasons));
  });
}

function advice(reasons) {
  return [
    'No Temporal server was found, and none could be got:',
    ...reasons.map((reason) => `  - ${reason}`),
    'Any one of these helps:',
    '  1. install the Temporal CLI, so that `temporal` is on your PATH (https://docs.temporal.io/cli)',
    '  2. name a running server: TEMPORAL_ADDRESS=host:7233',
    `  3. install Go ${OLDEST_GO.join('.')} or newer (https://go.dev/dl): the server is then built from source, once`,
  ].join('\n');
}

/** The SDK's own download. It starts the server once to prove it, in a process group that ends here in any case. */
async function download(into) {
  const script = join(repository, 'scripts', 'launch', 'download-temporal.mjs');
  return await step("downloading Temporal's server", async () => {
    const { code, output } = await runQuietly(projectNode, [script, into, TEMPORAL_VERSION], {
      env: projectEnv(),
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
    });
    const program = readdirSync(into, { recursive: true })
      .map((name) => join(into, name))
      .find(isProgram);
    if (code === 0 && program !== undefined) return program;
    const why = code === null ? `not done within ${DOWNLOAD_TIMEOUT_MS / 1000} s` : lastLine(output);
    throw new Error(`the official download failed: ${why}`);
  });
}

async function build(into) {
  const [major, minor] = await goVersion();
  if (major < OLDEST_GO[0] || (major === OLDEST_GO[0] && minor < OLDEST_GO[1])) {
    throw new Error(`Go ${major}.${minor} is too old to build it; ${OLDEST_GO.join('.')} or newer is needed`);
  }
  const target = `github.com/temporalio/cli/cmd/temporal@${TEMPORAL_VERSION}`;
  return await step("building Temporal's server with Go (some minutes, only this once)", async () => {
    const env = { ...process.env, GOBIN: into };
    const { code, output } = await runQuietly('go', ['install', target], { cwd: into, env });
    if (code !== 0) throw new Error(`the build with Go failed: ${lastLine(output)}`);
    return join(into, 'temporal');
  });
}

async function goVersion() {
  const { code, output } = await runQuietly('go', ['version']);
  const found = /go(\d+)\.(\d+)/.exec(output);
  if (code !== 0 || found === null) throw new Error('Go is not installed');
  return [Number(found[1]), Number(found[2])];
}

function lastLine(output) {
  return output.trim().split('\n').at(-1) || 'no reason given';
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
