/** One home under supervision: its children live, die, come back and are stopped; no process is left, no stranger hurt. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HomeBusyError } from '../../src/stack/home/home-lock.ts';
import { identifyProcess } from '../../src/stack/processes/process-identity.ts';
import { readRunState } from '../../src/stack/home/run-file.ts';
import { createSupervisor } from '../../src/stack/processes/supervisor.ts';
import type { Supervisor } from '../../src/stack/processes/supervisor.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { fakeChild, fakeChildPids } from './fixtures/fake-child-spec.ts';

const isGone = (pid: number): boolean => identifyProcess(pid) === null;

async function supervise(homeDir: string): Promise<{ supervisor: Supervisor; lines: string[] }> {
  const lines: string[] = [];
  return { supervisor: await createSupervisor({ homeDir, log: (line) => lines.push(line) }), lines };
}

function pidsOf(homeDir: string, name: string): { pid: number; grandchild: number | null } {
  return fakeChildPids(homeDir, name) ?? assert.fail(`${name} is not ready`);
}

test('a started child is ready, recorded, and its log arrives short and with its name', async (context) => {
  const homeDir = temporaryHome();
  const { supervisor, lines } = await supervise(homeDir);
  context.after(() => supervisor.stop());
  await supervisor.start(fakeChild(homeDir, 'worker'), 0);
  const { pid } = pidsOf(homeDir, 'worker');

  assert.deepEqual(supervisor.status(), [{ name: 'worker', state: 'ready', pid, restarts: 0 }]);
  const recorded = readRunState(homeDir);
  assert.equal(recorded.children['worker']?.pid, pid);
  assert.equal(recorded.children['worker']?.command, identifyProcess(pid)?.command);
  assert.equal(recorded.supervisor?.pid, process.pid);
  await waitUntil(
    () => lines.includes('worker | WARN order late venue=okx'),
    30_000,
    () => lines.join('\n'),
  );
});

test('a child that dies is started again, and its death is told', async (context) => {
  const homeDir = temporaryHome();
  const { supervisor, lines } = await supervise(homeDir);
  context.after(() => supervisor.stop());
  await supervisor.start(fakeChild(homeDir, 'worker'), 0);
  const { pid } = pidsOf(homeDir, 'worker');

  const ready = new Promise<void>((resolve) => {
    supervisor.onEvent((event) => event.kind === 'ready' && resolve());
  });
  process.kill(pid, 'SIGKILL');
  await ready;

  const [status] = supervisor.status();
  assert.equal(status?.state, 'ready');
  assert.equal(status.restarts, 1);
  assert.notEqual(status.pid, pid);
  assert.equal(readRunState(homeDir).children['worker']?.pid, status.pid);
  assert.ok(lines.includes('worker died (SIGKILL); starting it again in 500 ms'), lines.join('\n'));
});

test('stop goes stage by stage and leaves nobody: not a child that ignores it, nor a child of a child', async () => {
  const homeDir = temporaryHome();
  const { supervisor, lines } = await supervise(homeDir);
  await supervisor.start(fakeChild(homeDir, 'server', ['parent']), 1);
  await supervisor.start(fakeChild(homeDir, 'worker'), 0);
  await supervisor.start(fakeChild(homeDir, 'deaf', ['stubborn', 'parent']), 0);
  const pids = ['server', 'worker', 'deaf'].flatMap((name) => Object.values(pidsOf(homeDir, name)));
  assert.equal(pids.filter((pid) => pid !== null).length, 5);

  await supervisor.stop();

  for (const pid of pids) assert.ok(pid === null || isGone(pid), `${pid} still runs`);
  assert.deepEqual(readRunState(homeDir).children, {});
  assert.equal(readRunState(homeDir).supervisor, null);
  const stopped = readFileSync(join(homeDir, 'stopped.txt'), 'utf8').trim().split('\n');
  assert.deepEqual(stopped, [join(homeDir, 'worker.json'), join(homeDir, 'server.json')]);
  assert.ok(lines.includes('deaf did not stop in its time and was killed'));
});

test('stop during a restart waits for it and leaves nobody', async () => {
  const homeDir = temporaryHome();
  const { supervisor } = await supervise(homeDir);
  await supervisor.start(fakeChild(homeDir, 'worker'), 0);
  const restarted = new Promise<number>((resolve) => {
    supervisor.onEvent((event) => event.kind === 'started' && resolve(event.pid));
  });
  process.kill(pidsOf(homeDir, 'worker').pid, 'SIGKILL');
  const pid = await restarted;
  await supervisor.stop();
  assert.ok(isGone(pid));
  assert.equal(supervisor.status()[0]?.state, 'stopped');
});

test('a child that cannot start says why, in the words of its own log', async (context) => {
  const homeDir = temporaryHome();
  const { supervisor } = await supervise(homeDir);
  context.after(() => supervisor.stop());
  await assert.rejects(
    supervisor.start(fakeChild(homeDir, 'worker', ['fatal']), 0),
    /worker ended before it was ready \(exit code 3\)[^]*cannot read the configuration/,
  );
  const missing = { ...fakeChild(homeDir, 'ghost'), command: join(homeDir, 'no-such-program') };
  await assert.rejects(supervisor.start(missing, 0), /ghost cannot be started: .*ENOENT/);
});

test('a child that never gets ready is ended, not left behind', async (context) => {
  const homeDir = temporaryHome();
  const { supervisor } = await supervise(homeDir);
  context.after(() => supervisor.stop());
  let pid = 0;
  supervisor.onEvent((event) => {
    if (event.kind === 'started') pid = event.pid;
  });
  await assert.rejects(supervisor.start(fakeChild(homeDir, 'worker', ['slow']), 0), /worker is not ready after 500 ms/);
  assert.notEqual(pid, 0);
  assert.ok(isGone(pid));
});

for (const end of ['its supervisor', 'the next supervisor'] as const) {
  test(`a wrapper that has become another program is ended by ${end}`, async () => {
    const homeDir = temporaryHome();
    const { supervisor } = await supervise(homeDir);
    const spec = fakeChild(homeDir, 'worker');
    const wrapper = join(homeDir, 'wrapper');
    // The arguments are not those that it was given, either.
    writeFileSync(wrapper, '#!/bin/sh\nprogram=$1\nshift\nexec "$program" --no-warnings "$@"\n', { mode: 0o755 });
    await supervisor.start({ ...spec, command: wrapper, args: [spec.command, ...spec.args] }, 0);
    const { pid } = pidsOf(homeDir, 'worker');
    assert.equal(readRunState(homeDir).children['worker']?.command, identifyProcess(pid)?.command);
    if (end === 'the next supervisor') {
      const record = readFileSync(join(homeDir, 'run.json'), 'utf8');
      const heir = temporaryHome();
      writeFileSync(join(heir, 'run.json'), record);
      const { supervisor: next, lines } = await supervise(heir);
      await next.stop();
      assert.ok(lines[0]?.includes(`worker (${pid})`), lines.join('\n'));
      assert.ok(isGone(pid));
    }
    await supervisor.stop();
    assert.ok(isGone(pid));
  });
}

test('a second supervisor is refused while the first one lives, and admitted after it stopped', async () => {
  const homeDir = temporaryHome();
  const { supervisor: first } = await supervise(homeDir);
  await assert.rejects(supervise(homeDir), HomeBusyError);
  await first.stop();
  const { supervisor: second } = await supervise(homeDir);
  await second.stop();
});

test('after SIGKILL of a supervisor its children live on; the next one ends them and takes the home', async (context) => {
  const homeDir = temporaryHome();
  const killed = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', 'fake-supervisor.ts'), homeDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(killed.stdout, 'data');
  const worker = pidsOf(homeDir, 'worker');
  const server = pidsOf(homeDir, 'server');
  await assert.rejects(supervise(homeDir), HomeBusyError);

  const exited = once(killed, 'exit');
  killed.kill('SIGKILL');
  await exited;
  assert.ok(!isGone(worker.pid), 'a detached child outlives its supervisor');

  const before = readFileSync(join(homeDir, 'run.json'), 'utf8');
  const { supervisor, lines } = await supervise(homeDir);
  context.after(() => supervisor.stop());
  for (const [name, pid] of Object.entries({ worker: worker.pid, server: server.pid, grandchild: server.grandchild! }))
    assert.ok(
      isGone(pid),
      `${name} ${pid} still runs: ${identifyProcess(pid)?.command}\n${lines.join('\n')}\n${before}`,
    );
  assert.ok(lines[0]?.startsWith('ending what an earlier run left behind: worker ('), lines.join('\n'));
  const stopped = readFileSync(join(homeDir, 'stopped.txt'), 'utf8').trim().split('\n');
  assert.deepEqual(stopped, [join(homeDir, 'worker.json'), join(homeDir, 'server.json')]);
  assert.deepEqual(readRunState(homeDir).children, {});
});

test('a recorded pid that meanwhile belongs to a stranger is never signalled', async (context) => {
  const homeDir = temporaryHome();
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  context.after(() => stranger.kill('SIGKILL'));
  await once(stranger, 'spawn');
  const found = identifyProcess(stranger.pid!) ?? assert.fail('the stranger does not run');
  const settings = { stopSignal: 'SIGTERM', graceMs: 1000, stopStage: 0 };
  const children = {
    otherStart: { ...found, startTime: `${found.startTime}0`, ...settings },
    otherCommand: { ...found, command: 'postgres -D /somewhere', ...settings },
  };
  writeFileSync(join(homeDir, 'run.json'), JSON.stringify({ supervisor: null, ports: {}, children }));

  const { supervisor, lines } = await supervise(homeDir);
  await supervisor.stop();

  assert.ok(!isGone(found.pid));
  assert.equal(stranger.signalCode, null);
  assert.deepEqual(lines, []);
});
