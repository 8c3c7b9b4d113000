/** The workflow code as one file: built once for all homes and test runs, copied to where it is used. */
import { accessSync, constants, copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../repository.ts';
import { runTool } from '../processes/run-tool.ts';

/**
 * Path of a current bundle in `dir`, which nobody overwrites while a worker may still read it. Null where there is no
 * bundler (an image without development files); the worker then bundles for itself.
 * @throws when the workflows cannot be bundled, with the bundler's complaint; when aborted, once the bundler has ended.
 */
export async function workflowBundle(dir: string, signal?: AbortSignal): Promise<string | null> {
  const script = join(REPOSITORY, 'workers', 'bundle.ts');
  if (!existsSync(script)) return null;
  const out = join(cacheFolder() ?? dir, 'workflow-bundle.js');
  await runTool([process.execPath, script, '--out', out], { cwd: REPOSITORY, signal });
  const copy = join(dir, 'workflow-bundle.js');
  if (copy !== out) copyFileSync(out, copy);
  return copy;
}

function cacheFolder(): string | null {
  const folder = join(REPOSITORY, 'node_modules', '.cache', 'basiskeeper');
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    return null;
  }
}
