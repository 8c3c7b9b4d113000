/** `stack.json`: where the servers of a running home are, for the commands that talk to them, and what it was started with. Private: it holds a password. */
import { join } from 'node:path';
import { asRecord, readJson, writePrivateJson } from './json-file.ts';

export interface StackAddresses {
  readonly temporalAddress: string;
  readonly namespace: string;
  /** Null with an external server. */
  readonly uiUrl: string | null;
  readonly databaseUrl: string;
  /** Path of the file with the simulated venues' addresses; null where the real ones are used. */
  readonly endpointsFile: string | null;
  /** Absolute path of the configuration that the home was started with; null: a start of an older version. */
  readonly configPath: string | null;
}

export function writeStackAddresses(homeDir: string, addresses: StackAddresses): void {
  writePrivateJson(join(homeDir, 'stack.json'), addresses);
}

/** The addresses of the last start on this home, running or not; null when there was none. */
export function readStackAddresses(homeDir: string): StackAddresses | null {
  const found = asRecord(readJson(join(homeDir, 'stack.json'))) ?? {};
  const { temporalAddress, namespace, uiUrl, databaseUrl, endpointsFile, configPath } = found;
  if (typeof temporalAddress !== 'string' || typeof namespace !== 'string' || typeof databaseUrl !== 'string')
    return null;
  return {
    temporalAddress,
    namespace,
    databaseUrl,
    uiUrl: textOrNull(uiUrl),
    endpointsFile: textOrNull(endpointsFile),
    configPath: textOrNull(configPath),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
