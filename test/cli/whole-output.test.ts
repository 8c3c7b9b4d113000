/** A command ends when its reader has everything: the process must not, while a part of a long document is on its way. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const longDocument = `
  import { Command } from 'commander';
  import { withCommonOptions } from './src/cli/options.ts';
  const program = new Command();
  withCommonOptions(program.command('long')).action(() => { process.stdout.write('x'.repeat(2_000_000)); });
  await program.parseAsync(['node', 'basis', 'long']);
  process.exit();
`;

function shell(reader: string): Promise<{ stdout: string; stderr: string }> {
  const line = `'${process.execPath}' --input-type=module-typescript --eval "$DOCUMENT" | { sleep 1; ${reader}; }`;
  return promisify(execFile)('sh', ['-c', line], { env: { ...process.env, DOCUMENT: longDocument } });
}

test('a reader that is slow gets a long document whole', async () => {
  assert.equal(Number((await shell('wc -c')).stdout), 2_000_000);
});

test('a reader that has enough ends the command without complaint', async () => {
  assert.deepEqual(await shell('head -c 1'), { stdout: 'x', stderr: '' });
});
