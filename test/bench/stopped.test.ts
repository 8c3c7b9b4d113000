/** A benchmark that is stopped in its middle ends what it started and leaves no folder behind. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { after, test } from 'node:test';

const temporary = mkdtempSync(join(tmpdir(), 'basis-test-bench-'));
after(() => rmSync(temporary, { recursive: true }));

test('market-data, while its clients run', async (t) => {
  const { child, output, said } = started('market-data', '--seconds', '30', '--json');
  t.after(() => child.kill('SIGKILL'));
  await said(/^captured 50 messages/);
  assert.deepEqual(
    readdirSync(temporary).map((name) => name.replace(/-[^-]*$/, '')),
    ['basis-bench-market'],
  );
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'close'), [1, null], output.join('\n'));
  assert.equal(output.at(-1), '{"error":{"kind":"failed","message":"stopped"}}');
  assert.deepEqual(readdirSync(temporary), []);
});

test('sim, while orders are sent', async (t) => {
  const { child, output, said } = started('sim', '--seconds', '30', '--connections', '1', '--subscribers', '2');
  t.after(() => child.kill('SIGKILL'));
  await said(/^orders: /);
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'close'), [1, null], output.join('\n'));
  assert.equal(output.at(-1), 'stopped');
  assert.deepEqual(readdirSync(temporary), []);
});

interface Started {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Lines of both streams, as they come. */
  readonly output: readonly string[];
  readonly said: (line: RegExp) => Promise<void>;
}

function started(...args: string[]): Started {
  const child = spawn(process.execPath, ['bench/main.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  });
  const output: string[] = [];
  const heard = new EventEmitter();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      output.push(line);
      heard.emit('line');
    });
  }
  child.on('exit', () => heard.emit('line'));
  const said = async (wanted: RegExp): Promise<void> => {
    while (!output.some((line) => wanted.test(line))) {
      if (child.exitCode !== null) assert.fail(output.join('\n'));
      await once(heard, 'line');
    }
  };
  return { child, output, said };
}
