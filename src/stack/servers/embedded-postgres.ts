/**
 * A real PostgreSQL out of node_modules: `initdb` and `postgres` of the platform package, started by us.
 * It listens on the loopback interface alone and asks for a random password that the home keeps.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unprivileged } from '../processes/unprivileged.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { identifyProcess } from '../processes/process-identity.ts';
import { LOOPBACK } from './free-ports.ts';
import { runTool } from '../processes/run-tool.ts';
import type { ChildSpec } from '../processes/child.ts';

const USER = 'basiskeeper';
const DATABASE = 'basiskeeper';

export interface EmbeddedPostgresOptions {
  /** Folder of its own: holds the cluster, its password and nothing else. */
  readonly dir: string;
  readonly port: number;
  /** False only where losing everything in a crash is fine (tests): no fsync. */
  readonly durable: boolean;
  /** Aborted: the making of a cluster is cut short, and made again next time. */
  readonly signal?: AbortSignal;
}

export interface EmbeddedPostgres {
  readonly databaseUrl: string;
  readonly child: ChildSpec;
}

/**
 * Makes the cluster if there is none yet (about half a second) and says how to start it.
 * @throws when the platform has no package of binaries, `initdb` fails, or `signal` is aborted meanwhile.
 */
export async function embeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dir, port, durable } = options;
  const data = join(dir, 'data');
  const password = passwordOf(dir);
  if (!existsSync(join(data, 'PG_VERSION')) || existsSync(join(dir, 'creating')))
    await createCluster(dir, data, options);
  const { postgres } = postgresBinaries();
  const [command, ...args] = unprivileged([postgres, '-D', data, ...settings(port, durable)], dir);
  return {
    databaseUrl: `postgres://${USER}:${password}@${LOOPBACK}:${port}/${DATABASE}`,
    child: {
      name: 'postgres',
      command: command!,
      args,
      isShown: (line) => /\b(FATAL|PANIC):/.test(line),
      // SIGINT is PostgreSQL's fast shutdown: sessions are ended, the cluster is left clean.
      stopSignal: 'SIGINT',
      graceMs: 15_000,
      readyTimeoutMs: 60_000,
      prepare: () => {
        dropForeignPidFile(data);
        buryZombie(data);
      },
      ready: () => isReady(data, port),
    },
  };
}

async function createCluster(
  dir: string,
  data: string,
  { durable, signal }: Pick<EmbeddedPostgresOptions, 'durable' | 'signal'>,
): Promise<void> {
  // A cluster whose making was cut short is made again from nothing: the marker is removed last.
  const marker = join(dir, 'creating');
  writeFileSync(marker, '');
  rmSync(data, { recursive: true, force: true });
  const { initdb, postgres } = postgresBinaries();
  const common = ['-U', USER, '-A', 'scram-sha-256', '-E', 'UTF8', '--no-locale'];
  const initialise = [initdb, '-D', data, `--pwfile=${join(dir, 'password')}`, ...common];
  await runTool(unprivileged([...initialise, ...(durable ? [] : ['--no-sync'])], dir), { signal });
  const single = [postgres, '--single', ...(durable ? [] : ['-F']), '-D', data, 'postgres'];
  await runTool(unprivileged(single, dir), { signal, input: `CREATE DATABASE ${DATABASE}\n` });
  rmSync(marker);
}

function settings(port: number, durable: boolean): string[] {
  const values = {
    listen_addresses: LOOPBACK,
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '64MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** The password of this cluster: 32 random bytes, made once. */
function passwordOf(dir: string): string {
  const file = join(dir, 'password');
  if (!existsSync(file)) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    chmodSync(dir, 0o700);
    writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600 });
  }
  return readFileSync(file, 'utf8').trim();
}

/** PostgreSQL's own word, in its lock file; a crash leaves the file behind, so its writer must be alive. */
function isReady(data: string, port: number): boolean {
  if (pidFileLine(data, 8) !== 'ready' || pidFileLine(data, 4) !== String(port)) return false;
  return pidFileOwner(data)?.includes(data) === true;
}

/**
 * After a crash PostgreSQL refuses to start while the pid in its lock file is alive, even as another program.
 * Only in that one case the file is removed; every other check of PostgreSQL's own stays in force.
 */
function dropForeignPidFile(data: string): void {
  const owner = pidFileOwner(data);
  if (owner !== null && !owner.includes(data)) rmSync(join(data, 'postmaster.pid'), { force: true });
}

/**
 * A killed server whose new parent has not collected it yet is dead, but PostgreSQL takes it for alive. The lock file
 * then gets a pid that no process can have; its other lines stay, so that PostgreSQL still looks for leftover memory.
 */
function buryZombie(data: string): void {
  const file = join(data, 'postmaster.pid');
  const pid = Number(pidFileLine(data, 1));
  if (!Number.isInteger(pid) || pid <= 0 || !existsSync(`/proc/${pid}`) || identifyProcess(pid) !== null) return;
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(IMPOSSIBLE_PID)));
}

/** One more than the highest pid that Linux gives. */
const IMPOSSIBLE_PID = 4_194_305;

/** Command of the live process that has the lock file's pid; null where there is none. */
function pidFileOwner(data: string): string | null {
  const pid = Number(pidFileLine(data, 1));
  return Number.isInteger(pid) && pid > 0 ? (identifyProcess(pid)?.command ?? null) : null;
}

function pidFileLine(data: string, line: number): string | undefined {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[line - 1]?.trim();
  } catch {
    return undefined;
  }
}
