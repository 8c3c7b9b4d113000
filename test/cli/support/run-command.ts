/** A command as a person types it, without npm. */
import { execFile } from 'node:child_process';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm run basis -- …`, with nothing of this process's own servers in its environment. */
export function runBasis(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return runEntry('src/cli/main.ts', args, env);
}

export function runEntry(
  entry: string,
  args: readonly string[],
  given: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const { TEMPORAL_ADDRESS: _address, TEMPORAL_NAMESPACE: _namespace, DATABASE_URL: _database, ...env } = process.env;
  return new Promise((done) => {
    execFile(process.execPath, [entry, ...args], { env: { ...env, ...given } }, (error, stdout, stderr) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}
