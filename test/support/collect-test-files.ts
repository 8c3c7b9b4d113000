import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Test files among the given files and folders, sorted. A file counts whatever its name. */
export function collectTestFiles(paths: readonly string[]): string[] {
  const found = paths.flatMap((path) => (statSync(path).isDirectory() ? globSync(join(path, '**/*.test.ts')) : [path]));
  return [...new Set(found)].sort();
}
