import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];

process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** An empty private folder. It goes with the test file's process, after every hook that may still write to it. */
export function temporaryHome(): string {
  const folder = mkdtempSync(join(tmpdir(), 'basiskeeper-home-'));
  folders.push(folder);
  return folder;
}
