/** A Python with ccxt of the very version that the project uses, in a virtual environment of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { version } from 'ccxt';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Path of the environment's Python; made at the first use, which needs the network (`pip install ccxt`).
 * @throws Error with what pip said
 */
export async function pythonWithCcxt(python: string, tell: (line: string) => void): Promise<string> {
  const home = join(root, '.basis', 'conformance', `ccxt-${version}`);
  const executable = join(home, 'bin', 'python');
  if (importsCcxt(executable, version)) return executable;
  tell(`installing ccxt ${version} for Python into ${home}`);
  mkdirSync(home, { recursive: true });
  await run(python, ['-m', 'venv', '--clear', home]);
  await run(executable, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `ccxt==${version}`]);
  if (!importsCcxt(executable, version)) throw new Error(`ccxt ${version} was installed but cannot be imported`);
  return executable;
}

/** Whether there is such a Python at all. */
export function isPython(python: string): boolean {
  return spawnSync(python, ['-c', 'import venv'], { stdio: 'ignore' }).status === 0;
}

function importsCcxt(executable: string, version: string): boolean {
  if (!existsSync(executable)) return false;
  const check = spawnSync(executable, ['-c', 'import ccxt; print(ccxt.__version__)'], { encoding: 'utf8' });
  return check.status === 0 && check.stdout.trim() === version;
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${said}`);
}
