/** The simulated exchanges as a child process, and the file by which it says where it listens. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildSpec } from '../processes/child.ts';
import { asRecord, readJson } from '../home/json-file.ts';
import { REPOSITORY } from '../repository.ts';

export interface SimVenue {
  /** Base address of the venue's REST interface. */
  readonly rest: string;
  readonly ws: string;
  /** By ccxt's names. */
  readonly credentials: Readonly<Record<string, string>>;
}

export interface SimReady {
  readonly venues: Readonly<Record<string, SimVenue>>;
  /** Address of the control port, where it was asked for. */
  readonly control: string | null;
  /** Address of the feed port, `tcp://host:port`, where prices come from a feed. */
  readonly feed: string | null;
}

export interface SimChildOptions {
  readonly homeDir: string;
  /** Null: no control port; 0: any free one. */
  readonly controlPort: number | null;
  /** Null: prices come from the tape. */
  readonly feedPort?: number | null;
  /** Of random faults, which a control port brings. */
  readonly seed?: number | null;
}

/** Three times what the feed takes to prove a quiet book again. Wall time. */
const feedMaxAgeMs = 4_000;

/**
 * Reads `sim/config.json` and `anchor.json` of the home (market time stands still until there is one; with a feed it is
 * wall time); keeps its journal in `sim/`.
 */
export function simChild({ homeDir, controlPort, feedPort = null, seed = null }: SimChildOptions): ChildSpec {
  const dir = join(homeDir, 'sim');
  const args = [join(REPOSITORY, 'src', 'sim', 'main.ts'), '--config', join(dir, 'config.json'), '--home', dir];
  args.push('--ready-file', readyFile(homeDir));
  if (seed !== null) args.push('--seed', String(seed));
  if (feedPort === null) args.push('--anchor', join(homeDir, 'anchor.json'));
  else args.push(`--feed=${feedPort}`, '--feed-max-age', String(feedMaxAgeMs));
  return {
    name: 'sim',
    command: process.execPath,
    args: controlPort === null ? args : [...args, `--control=${controlPort}`],
    cwd: REPOSITORY,
    // Its one line is the ready file's content, keys included.
    logStdout: false,
    stopSignal: 'SIGTERM',
    graceMs: 10_000,
    readyTimeoutMs: 60_000,
    prepare: () => rmSync(readyFile(homeDir), { force: true }),
    ready: () => tryRead(homeDir) !== null,
  };
}

/** @throws when the simulator is not ready. */
export function readSimReadyFile(homeDir: string): SimReady {
  const ready = tryRead(homeDir);
  if (ready === null) throw new Error(`the simulated exchanges are not ready: no ${readyFile(homeDir)}`);
  return ready;
}

function tryRead(homeDir: string): SimReady | null {
  const { venues, control, feed } = asRecord(readJson(readyFile(homeDir))) ?? {};
  const parsed = Object.entries(asRecord(venues) ?? {}).map(([name, venue]) => [name, parseVenue(venue)] as const);
  if (parsed.length === 0) return null;
  return {
    venues: Object.fromEntries(parsed),
    control: typeof control === 'string' ? control : null,
    feed: typeof feed === 'string' ? feed : null,
  };
}

function parseVenue(value: unknown): SimVenue {
  const { rest, ws, credentials } = asRecord(value) ?? {};
  const secrets = Object.entries(asRecord(credentials) ?? {}).map(([name, secret]) => [name, String(secret)]);
  return { rest: String(rest), ws: String(ws), credentials: Object.fromEntries(secrets) };
}

function readyFile(homeDir: string): string {
  return join(homeDir, 'sim', 'ready.json');
}
