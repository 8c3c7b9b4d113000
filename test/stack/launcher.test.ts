/** The launcher in a fake checkout: what it installs, which Temporal server it finds, what it passes on and when it stops. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { asRecord } from '../../src/stack/home/json-file.ts';
import { identifyProcess } from '../../src/stack/processes/process-identity.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { fakeRepository, finish, installFakePackages } from '../support/fake-repository.ts';
import type { FakeRepository } from '../support/fake-repository.ts';

function readyRepository(): FakeRepository {
  const repository = fakeRepository();
  installFakePackages(repository);
  return repository;
}

/** What the fake command was given. */
function told(stdout: string): { argv: unknown; env: Record<string, unknown> } {
  const { argv, env } = asRecord(JSON.parse(stdout)) ?? {};
  return { argv, env: asRecord(env) ?? {} };
}

/** An npm that takes as long as `done` is not there, counts its calls and installs what the lock file says. */
function fakeNpm(repository: FakeRepository): { calls: () => string[]; goOn: () => void } {
  const log = join(repository.root, 'npm-calls.txt');
  const done = join(repository.root, 'npm-goes-on');
  repository.program(
    'bin/npm',
    `echo "$@" >> '${log}'; while [ ! -e '${done}' ]; do sleep 0.05; done; rm -rf node_modules; mkdir -p node_modules/.bin
     ln -s '${process.execPath}' node_modules/.bin/node; cp package-lock.json node_modules/.package-lock.json`,
  );
  return {
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
    goOn: () => writeFileSync(done, ''),
  };
}

test('packages are installed once, again when the lock file changes, and by one of two starts at once', async () => {
  const repository = fakeRepository();
  const npm = fakeNpm(repository);

  const starts = [repository.launch(['sim']), repository.launch(['sim'])] as const;
  let said = '';
  for (const { stderr } of starts) stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ends = Promise.all([finish(starts[0]), finish(starts[1])]);
  await waitUntil(
    () => said.includes('waiting for another start that does the same'),
    30_000,
    () => said,
  );
  npm.goOn();
  const [first, second] = await ends;
  assert.deepEqual([first.code, second.code], [0, 0], first.stderr + second.stderr);
  assert.deepEqual(npm.calls(), ['ci --include=dev --include=optional --prefer-offline --no-audit --no-fund']);
  assert.match(first.stderr + second.stderr, /installing packages \(npm ci\): done in \d+\.\d s/);

  const warm = await repository.run(['sim']);
  assert.equal(warm.stderr, '', 'nothing to do, nothing to say');
  assert.equal(npm.calls().length, 1);

  repository.write('package-lock.json', '{"packages":{"node_modules/node":{"version":"24.0.1"}}}');
  await repository.run(['sim']);
  assert.equal(npm.calls().length, 2);
});

test('packages that somebody installed by hand are taken as they are', async () => {
  const repository = readyRepository();
  const npm = fakeNpm(repository);
  assert.equal((await repository.run(['sim'])).code, 0);
  assert.deepEqual(npm.calls(), []);
});

test('a failing npm ci is shown, and nothing is started', async () => {
  const repository = fakeRepository();
  repository.program('bin/npm', 'echo EUSAGE Missing; exit 1');
  const { code, stdout, stderr } = await repository.run(['sim']);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /npm ci failed:\nEUSAGE Missing/);
});

test('the command gets its arguments, the exit code comes back, and node on its PATH is the project’s', async () => {
  const repository = readyRepository();
  const { stdout } = await repository.run(['basis', 'show', '--help', '--json']);
  const { argv, env } = told(stdout);
  assert.deepEqual(argv, ['show', '--help', '--json']);
  assert.equal(String(env['PATH']).split(':')[0], join(repository.root, 'node_modules', '.bin'));

  repository.write('src/sim/main.ts', 'process.exit(7);\n');
  assert.equal((await repository.run(['sim'])).code, 7);
  repository.write('src/sim/main.ts', "process.kill(process.pid, 'SIGKILL');\n");
  assert.equal((await repository.run(['sim'])).code, 137);
});

test('a Temporal server is found: external, then PATH, then the cache', async () => {
  const repository = readyRepository();
  const cached = repository.program('cache/basiskeeper/temporal/v1.5.1/temporal', 'exit 0');
  const fromCache = told((await repository.run(['up'])).stdout);
  assert.equal(fromCache.env['BASIS_TEMPORAL_BINARY'], cached);
  assert.deepEqual(fromCache.argv, ['up']);

  const onPath = repository.program('bin/temporal', 'exit 0');
  assert.equal(told((await repository.run(['bench', 'orders'])).stdout).env['BASIS_TEMPORAL_BINARY'], onPath);

  const external = await repository.run(['test'], { TEMPORAL_ADDRESS: 'temporal.example:7233' });
  assert.equal(told(external.stdout).env['BASIS_TEMPORAL_BINARY'], undefined);
  assert.equal(told(external.stdout).env['TEMPORAL_ADDRESS'], 'temporal.example:7233');
  const profile = await repository.run(['up'], { TEMPORAL_PROFILE: 'prod' });
  assert.equal(told(profile.stdout).env['BASIS_TEMPORAL_BINARY'], undefined);
  const empty = await repository.run(['up'], { TEMPORAL_ADDRESS: '' });
  assert.equal(told(empty.stdout).env['BASIS_TEMPORAL_BINARY'], onPath);
});

test('without any, Go builds it, once, into the cache, also for two starts at once', async () => {
  const repository = readyRepository();
  const log = join(repository.root, 'go-calls.txt');
  repository.program(
    'bin/go',
    `if [ "$1" = version ]; then echo 'go version go1.25.0 linux/amd64'; exit 0; fi
     echo "$@" >> '${log}'; sleep 0.3; echo '#!/bin/sh' > "$GOBIN/temporal"; chmod +x "$GOBIN/temporal"`,
  );
  const runs = await Promise.all([repository.run(['up']), repository.run(['up'])]);
  const cached = join(repository.cache, 'basiskeeper', 'temporal', 'v1.5.1', 'temporal');
  for (const { stdout } of runs) assert.equal(told(stdout).env['BASIS_TEMPORAL_BINARY'], cached);
  assert.equal(readFileSync(log, 'utf8'), 'install github.com/temporalio/cli/cmd/temporal@v1.5.1\n');
  assert.match(
    runs.map((run) => run.stderr).join(''),
    /downloading Temporal's server: failed after .*[^]*building Temporal's server with Go .*: done in/,
  );
});

test('without any way to get one, the error names three', async () => {
  const repository = readyRepository();
  repository.program('bin/go', "echo 'go version go1.24.9 linux/amd64'");
  const { code, stdout, stderr } = await repository.run(['up']);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /the official download failed: /);
  assert.match(stderr, /Go 1\.24 is too old to build it; 1\.25 or newer is needed/);
  for (const way of ['install the Temporal CLI', 'TEMPORAL_ADDRESS=host:7233', 'install Go 1.25 or newer']) {
    assert.ok(stderr.includes(way), stderr);
  }
});

test('help needs no server', async () => {
  const { code, stdout } = await readyRepository().run(['up', '--help']);
  assert.equal(code, 0);
  assert.deepEqual(told(stdout).argv, ['up', '--help']);
});

const PATIENT = `
  process.on('SIGTERM', () => { console.log('SIGTERM'); setTimeout(() => process.exit(0), 100); });
  process.on('SIGINT', () => console.log('SIGINT'));
  console.log(process.pid);
  setInterval(() => {}, 1000);
`;

test('SIGTERM reaches the command, which ends in its own time; two SIGINTs at once are one', async () => {
  const repository = readyRepository();
  repository.write('src/sim/main.ts', PATIENT);
  const launcher = repository.launch(['sim']);
  const result = finish(launcher);
  await once(launcher.stdout, 'data');
  const interrupted = once(launcher.stdout, 'data');
  launcher.kill('SIGINT');
  launcher.kill('SIGINT');
  await interrupted;
  launcher.kill('SIGTERM');
  const { stdout, code } = await result;
  assert.deepEqual(stdout.trim().split('\n').slice(1), ['SIGINT', 'SIGTERM']);
  assert.equal(code, 0);
});

test('SIGKILL of npm stops the command all the same', async () => {
  const repository = readyRepository();
  repository.write('src/sim/main.ts', PATIENT);
  // The part of npm: a parent that waits for its script and dies without a word to it.
  const npm = repository.program('bin/npm-run', `'${process.execPath}' scripts/launch.mjs sim > out.txt 2>&1 & wait`);
  const env = { PATH: `${repository.bin}:/usr/bin:/bin`, HOME: repository.root, npm_lifecycle_event: 'sim' };
  const parent = spawn(npm, [], { cwd: repository.root, env, stdio: 'ignore' });
  const out = join(repository.root, 'out.txt');
  const lines = (): string[] => (existsSync(out) ? readFileSync(out, 'utf8').trim().split('\n') : []);
  const complaint = (): string => lines().join('\n');
  await waitUntil(() => Number(lines()[0]) > 0, 10_000, complaint);
  const pid = Number(lines()[0]);
  parent.kill('SIGKILL');
  await waitUntil(() => identifyProcess(pid) === null, 10_000, complaint);
  assert.deepEqual(lines(), [String(pid), 'SIGTERM']);
});

test('a stop while packages are installed ends the installer', async () => {
  const repository = fakeRepository();
  const pidFile = join(repository.root, 'npm.pid');
  repository.program('bin/npm', `echo $$ > '${pidFile}'; exec sleep 600`);
  const launcher = repository.launch(['sim']);
  const result = finish(launcher);
  await waitUntil(
    () => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '',
    10_000,
    () => 'npm was not started',
  );
  const pid = Number(readFileSync(pidFile, 'utf8'));
  launcher.kill('SIGTERM');
  const { code } = await result;
  assert.equal(code, 143);
  assert.equal(identifyProcess(pid), null);
  assert.equal(existsSync(join(repository.cache, 'basiskeeper', 'locks')), true);
});
