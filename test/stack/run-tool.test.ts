/** A tool is waited for to its end, however it ends; and work that failed in one part has ended in all of them. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { identifyProcess } from '../../src/stack/processes/process-identity.ts';
import { runTool } from '../../src/stack/processes/run-tool.ts';
import { together } from '../../src/stack/processes/together.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const inNode = (script: string): string[] => [process.execPath, '-e', script];

test('a tool reads its input and ends', async () => {
  const file = join(temporaryHome(), 'read.txt');
  const copy = `process.stdin.pipe(require('fs').createWriteStream(${JSON.stringify(file)}))`;
  await runTool(inNode(copy), { input: 'CREATE DATABASE one\n' });
  assert.equal(readFileSync(file, 'utf8'), 'CREATE DATABASE one\n');
});

test('a tool that fails says why, in its own words', async () => {
  const fails = inNode('console.error("no space left"); process.exit(4)');
  await assert.rejects(runTool(fails), /failed \(exit code 4\): no space left$/);
  await assert.rejects(runTool([join(temporaryHome(), 'no-such-tool')]), /cannot be started: .*ENOENT/);
});

test('an aborted tool has ended when that is told, and so have its children', async () => {
  const file = join(temporaryHome(), 'pids.txt');
  const deaf = `
    process.on('SIGTERM', () => undefined);
    const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
    require('fs').writeFileSync(${JSON.stringify(`${file}.part`)}, process.pid + ' ' + child.pid);
    require('fs').renameSync(${JSON.stringify(`${file}.part`)}, ${JSON.stringify(file)});
    setInterval(() => undefined, 1000)`;
  const stopping = new AbortController();
  const running = runTool(inNode(deaf), { signal: stopping.signal });
  await waitUntil(
    () => existsSync(file),
    30_000,
    () => 'the tool does not start',
  );
  stopping.abort();
  await assert.rejects(running, /was stopped/);
  const pids = readFileSync(file, 'utf8').split(' ').map(Number);
  assert.equal(pids.length, 2);
  for (const pid of pids) assert.equal(identifyProcess(pid), null);
  await assert.rejects(runTool(inNode(''), { signal: stopping.signal }), /is not started: everything is being stopped/);
});

test('the first failure is told when the other parts have ended because of it', async () => {
  const order: string[] = [];
  const server = Promise.withResolvers<string>();
  const slow = server.promise.finally(() => order.push('server ended'));
  const giveUp = (): void => {
    order.push('given up');
    server.reject(new Error('stopped while it started'));
  };
  const failed = Promise.reject(new Error('the port is taken'));
  await assert.rejects(together([slow, failed, Promise.resolve(1)], giveUp), /the port is taken/);
  assert.deepEqual(order, ['given up', 'server ended']);
});
