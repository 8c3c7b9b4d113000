/**
 * The whole stack: real PostgreSQL, real Temporal, real simulated exchanges; only the workers are stand-ins, in a copy
 * of the checkout. It starts, is killed, is taken over by a second start that finds everything as it was, and stops.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { Client } from 'pg';
import { readStackAddresses } from '../../src/stack/home/stack-file.ts';
import { asRecord, readJson } from '../../src/stack/home/json-file.ts';
import { isRunning } from '../../src/stack/processes/process-identity.ts';
import { REPOSITORY } from '../../src/stack/repository.ts';
import { readRunState } from '../../src/stack/home/run-file.ts';
import { createSupervisor } from '../../src/stack/processes/supervisor.ts';
import { temporalIsReady } from '../../src/stack/servers/temporal-dev-server.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { temporaryHome } from '../support/temporary-home.ts';

function copyOfCheckout(): string {
  const root = temporaryHome();
  for (const path of ['src', 'data', 'package.json', 'test/stack/fixtures']) {
    cpSync(join(REPOSITORY, path), join(root, path), { recursive: true });
  }
  cpSync(join(REPOSITORY, 'test/stack/fixtures/fake-worker.ts'), join(root, 'workers/main.ts'));
  symlinkSync(join(REPOSITORY, 'node_modules'), join(root, 'node_modules'));
  return root;
}

const NO_PROGRAM = 'an external Temporal server is in use: there is no program to start';

interface Starting {
  readonly process: ChildProcess;
  /** Everything it has said so far. */
  readonly log: () => string;
  /** Its one line of output, once ready. */
  readonly told: Promise<Readonly<Record<string, unknown>>>;
}

function start(root: string, homeDir: string, added: NodeJS.ProcessEnv = {}): Starting {
  const { TEMPORAL_ADDRESS: _temporal, DATABASE_URL: _database, ...env } = process.env;
  const child = spawn(process.execPath, [join(root, 'test/stack/fixtures/run-stack.ts'), homeDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A key that the user has set for a real exchange: it must reach nobody here.
    env: { ...env, BASIS_SPOT_PASSWORD: 'of the real exchange', ...added },
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const told = Promise.race([
    once(child.stdout, 'data').then(([chunk]) => asRecord(JSON.parse(String(chunk))) ?? {}),
    once(child, 'close').then(() => assert.fail(`the stack did not start:\n${log}`)),
  ]);
  told.catch(() => undefined);
  return { process: child, log: () => log, told };
}

interface Running {
  readonly process: ChildProcess;
  readonly told: Readonly<Record<string, unknown>>;
}

async function run(root: string, homeDir: string): Promise<Running> {
  const { process: child, told } = start(root, homeDir);
  return { process: child, told: await told };
}

/** However the test ends: nothing of its stack outlives it. */
async function endAll(child: ChildProcess, homeDir: string): Promise<void> {
  const closed = once(child, 'close');
  if (child.kill('SIGKILL')) await closed;
  await (await createSupervisor({ homeDir, log: () => undefined })).stop();
}

/** A program in place of Temporal's: what `script` does decides whether the real one is reached. */
function temporalThrough(root: string, script: readonly string[]): NodeJS.ProcessEnv {
  const program = join(root, 'temporal-wrapper');
  const real = process.env['BASIS_TEMPORAL_BINARY'] ?? '';
  writeFileSync(program, ['#!/bin/sh', ...script, `exec '${real}' "$@"`, ''].join('\n'), { mode: 0o755 });
  return { BASIS_TEMPORAL_BINARY: program };
}

/** Processes whose command names this folder. */
function processesOf(folder: string): string[] {
  const all = execFileSync('ps', ['-Aww', '-o', 'pid=,command='], { encoding: 'utf8' }).split('\n');
  return all.filter((line) => line.includes(folder) && !line.includes('ps -Aww'));
}

async function rows(databaseUrl: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

function variablesOf(homeDir: string, worker: string): unknown {
  return asRecord(readJson(join(homeDir, 'ready', `${worker}.json`)))?.['variables'];
}

test('a stack starts, survives SIGKILL of its supervisor in all that it keeps, and stops without a trace', async (context) => {
  if (process.env['BASIS_TEMPORAL_BINARY'] === undefined) return context.skip(NO_PROGRAM);
  const root = copyOfCheckout();
  const homeDir = join(root, 'home');

  const first = await run(root, homeDir);
  let newest = first.process;
  context.after(() => endAll(newest, homeDir));
  assert.equal(first.told['isNewHome'], true);
  const addresses = readStackAddresses(homeDir) ?? assert.fail('no stack.json');
  assert.equal(addresses.configPath, resolve('unused.yaml'), 'the commands find it wherever they are run');
  assert.equal(await temporalIsReady(addresses.temporalAddress), true);
  const tables = "SELECT table_name FROM information_schema.tables WHERE table_name = 'positions'";
  assert.deepEqual(await rows(addresses.databaseUrl, tables), [{ table_name: 'positions' }]);
  const endpoints = asRecord(readJson(join(homeDir, 'endpoints.json'))) ?? {};
  assert.deepEqual(Object.keys(endpoints).sort(), ['binanceusdm', 'bybit']);
  assert.deepEqual(endpoints, first.told['endpoints']);

  const temporal = ['TEMPORAL_ADDRESS', 'TEMPORAL_CONFIG_FILE', 'TEMPORAL_NAMESPACE'];
  const shared = ['BASIS_ENDPOINTS', 'BASIS_METRICS_ADDRESS', 'DATABASE_URL', ...temporal];
  assert.deepEqual(variablesOf(homeDir, 'worker-basis'), shared);
  assert.deepEqual(variablesOf(homeDir, 'worker-market'), shared);
  assert.deepEqual(
    variablesOf(homeDir, 'worker-venue-spot'),
    [...shared, 'BASIS_SPOT_API_KEY', 'BASIS_SPOT_PASSPHRASE', 'BASIS_SPOT_SECRET'].sort(),
  );
  assert.deepEqual(
    variablesOf(homeDir, 'worker-venue-perp'),
    [...shared, 'BASIS_PERP_API_KEY', 'BASIS_PERP_PASSPHRASE', 'BASIS_PERP_SECRET'].sort(),
  );

  await rows(addresses.databaseUrl, 'CREATE TABLE kept (value int)');
  const exited = once(first.process, 'exit');
  first.process.kill('SIGKILL');
  await exited;
  const orphans = Object.values(readRunState(homeDir).children);
  assert.equal(orphans.filter(isRunning).length, 7, 'three servers and four workers outlive their supervisor');

  const second = await run(root, homeDir);
  newest = second.process;
  assert.deepEqual(second.told, { ...first.told, isNewHome: false }, 'the same addresses, the same clock');
  assert.deepEqual(await rows(addresses.databaseUrl, 'SELECT count(*)::int AS n FROM kept'), [{ n: 0 }]);
  assert.equal(orphans.filter(isRunning).length, 0);

  const children = Object.values(readRunState(homeDir).children);
  assert.equal(children.filter(isRunning).length, 7);
  const stopped = once(second.process, 'exit');
  second.process.kill('SIGTERM');
  assert.deepEqual(await stopped, [0, null]);
  assert.equal(children.filter(isRunning).length, 0);
  assert.deepEqual(readRunState(homeDir).children, {});

  const { secret } = asRecord(asRecord(readJson(join(homeDir, 'credentials.json')))?.['spot']) ?? {};
  assert.ok(typeof secret === 'string' && secret.length === 64);
  for (const name of readdirSync(join(homeDir, 'logs'))) {
    assert.ok(!readFileSync(join(homeDir, 'logs', name), 'utf8').includes(secret), `${name} holds a secret`);
  }
});

test('a server that ends at once is started again, when every part of the failed start has ended', async (context) => {
  if (process.env['BASIS_TEMPORAL_BINARY'] === undefined) return context.skip(NO_PROGRAM);
  const root = copyOfCheckout();
  const homeDir = join(root, 'home');
  // Ends while PostgreSQL's cluster is being made, as a server does whose port was taken meanwhile.
  const failsOnce = ['[ -e "$0.tried" ] || { : > "$0.tried"; echo "cannot listen" >&2; exit 2; }'];
  const { process: child, log, told } = start(root, homeDir, temporalThrough(root, failsOnce));
  context.after(() => endAll(child, homeDir));

  const { databaseUrl } = await told;
  assert.match(log(), /temporal ended before it was ready \(exit code 2\)[^]*cannot listen[^]*; starting again/);
  assert.equal(log().split('starting again').length - 1, 1, `the second start meets nothing of the first:\n${log()}`);
  assert.deepEqual(await rows(String(databaseUrl), 'SELECT 1 AS one'), [{ one: 1 }]);
  const children = Object.values(readRunState(homeDir).children);
  assert.equal(children.filter(isRunning).length, 7, 'each child is known by what it runs now, not by its wrapper');

  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
  assert.deepEqual(processesOf(homeDir), []);
  assert.deepEqual(readRunState(homeDir).children, {});
});

test('a server that never starts: three tries, its own reason at the end, and nothing left', async (context) => {
  if (process.env['BASIS_TEMPORAL_BINARY'] === undefined) return context.skip(NO_PROGRAM);
  const root = copyOfCheckout();
  const homeDir = join(root, 'home');
  const never = ['echo "cannot listen" >&2', 'exit 2'];
  const { process: child, log } = start(root, homeDir, temporalThrough(root, never));
  context.after(() => endAll(child, homeDir));

  await once(child, 'close');
  assert.notEqual(child.exitCode, 0);
  assert.equal(log().split('starting again').length - 1, 2, log());
  assert.match(log(), /^EndedBeforeReady: temporal ended before it was ready \(exit code 2\)/m);
  assert.deepEqual(processesOf(homeDir), []);
  assert.deepEqual(readRunState(homeDir).children, {});
});

test('a ledger that does not go with the configuration: told at once, and no worker or exchange has run', async (context) => {
  if (process.env['BASIS_TEMPORAL_BINARY'] === undefined) return context.skip(NO_PROGRAM);
  const root = copyOfCheckout();
  const homeDir = join(root, 'home');
  // Of a home that was ready once: its simulated exchanges would refuse the accounts themselves, in words of their own.
  mkdirSync(homeDir, { mode: 0o700 });
  writeFileSync(join(homeDir, 'anchor.json'), JSON.stringify({ wallMs: 1, marketMs: 1, scale: 60, tapeEndMs: null }));
  const { process: child, log } = start(root, homeDir, { RUN_STACK_REFUSES: 'a position without its account' });
  context.after(() => endAll(child, homeDir));

  await once(child, 'close');
  assert.notEqual(child.exitCode, 0);
  assert.match(log(), /^Error: a position without its account at postgres:/m);
  assert.doesNotMatch(log(), /starting again/);
  assert.equal(readStackAddresses(homeDir), null, 'the home does not remember the configuration');
  assert.equal(existsSync(join(homeDir, 'ready')), false, 'no worker was started');
  assert.equal(existsSync(join(homeDir, 'logs', 'sim.log')), false, 'no exchange was started');
  assert.deepEqual(processesOf(homeDir), []);
});

test('SIGTERM while it starts again ends everything', async (context) => {
  if (process.env['BASIS_TEMPORAL_BINARY'] === undefined) return context.skip(NO_PROGRAM);
  const root = copyOfCheckout();
  const homeDir = join(root, 'home');
  const thenDeaf = [
    '[ -e "$0.tried" ] || { : > "$0.tried"; exit 2; }',
    `exec '${process.execPath}' -e 'setInterval(() => {}, 1000)' "$@"`,
  ];
  const { process: child, log } = start(root, homeDir, temporalThrough(root, thenDeaf));
  context.after(() => endAll(child, homeDir));
  await waitUntil(() => log().includes('; starting again'), 60_000, log);
  await waitUntil(() => Object.keys(readRunState(homeDir).children).includes('temporal'), 60_000, log);

  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
  assert.equal(child.exitCode, 1, 'it was not ready');
  assert.match(log(), /stopped before it was ready/);
  assert.equal(log().split('starting again').length - 1, 1, log());
  assert.deepEqual(processesOf(homeDir), []);
  assert.deepEqual(readRunState(homeDir).children, {});
});
