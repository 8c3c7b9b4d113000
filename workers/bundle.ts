/**
 * The workflow bundle: built once and reused by workers and tests while no source of it has changed.
 *
 * Run by itself: `node workers/bundle.ts --out FILE`.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleWorkflowCode } from '@temporalio/worker';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Everything that workflows may import: a change in any of it makes a new bundle. */
const sources = ['workflows', 'src/domain', 'src/strategy', 'src/risk'];

/** Builds the bundle at `file` unless it is current. Returns whether it was built. */
export async function ensureBundle(file: string): Promise<boolean> {
  const hash = await sourceHash();
  const stamp = `${file}.hash`;
  const before = await readFile(stamp, 'utf8').catch(() => '');
  const present = await readFile(file).then(
    () => true,
    () => false,
  );
  if (present && before === hash) return false;
  const { code } = await bundleWorkflowCode({ workflowsPath: join(root, 'workflows/index.ts'), logger: silentLogger });
  await mkdir(dirname(file), { recursive: true });
  await replaceFile(file, code);
  await replaceFile(stamp, hash);
  return true;
}

async function sourceHash(): Promise<string> {
  const hash = createHash('sha256').update(await readFile(join(root, 'package-lock.json')));
  for (const folder of sources) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.sort()) hash.update(file.slice(root.length)).update(await readFile(file));
  }
  return hash.digest('hex');
}

/** Two builders at once must not leave half a file. */
async function replaceFile(file: string, content: string): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, content);
  await rename(temporary, file);
}

const silent = (): void => undefined;
const silentLogger = {
  log: silent,
  trace: silent,
  debug: silent,
  info: silent,
  warn: (message: string) => process.stderr.write(`${message}\n`),
  error: (message: string) => process.stderr.write(`${message}\n`),
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { out: { type: 'string' } } });
  if (values.out === undefined) {
    process.stderr.write('usage: node workers/bundle.ts --out FILE\n');
    process.exit(2);
  }
  await ensureBundle(values.out);
}
