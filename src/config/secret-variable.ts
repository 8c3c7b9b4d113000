/**
 * A secret: from an environment variable, or from the file that its `_FILE` variable names, as containers are given
 * their secrets. No message of this file holds anything of a value.
 */
import { readFileSync, statSync } from 'node:fs';
import { fileVariable } from './account-variables.ts';
import type { ConfigIssue } from './issue.ts';

/** A key is a line or a PEM block; what is larger is another file. */
const largestFileBytes = 65_536;
/** Others may read, others may write. */
const openToOthers = 0o006;

export interface SecretReading {
  readonly value: string | null;
  readonly issue: ConfigIssue | null;
}

/** Exactly one of the two: a value, or what is wrong and how to put it right. */
export function readSecret(env: NodeJS.ProcessEnv, variable: string): SecretReading {
  const inFile = fileVariable(variable);
  const [text, path] = [env[variable] ?? '', env[inFile] ?? ''];
  if (text !== '' && path !== '') return refused(variable, `is set, and so is ${inFile}: set one of them`);
  if (path !== '') return readFile(inFile, path);
  if (text.trim() === '') return refused(variable, `is not set: set it, or ${inFile} to the path of a file with it`);
  return { value: cleaned(text), issue: null };
}

function readFile(variable: string, path: string): SecretReading {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return refused(variable, `${path} is not a file`);
    if ((stat.mode & openToOthers) !== 0) {
      const shown = (stat.mode & 0o777).toString(8).padStart(4, '0');
      const cure = `chmod 600 it, or mount the secret with mode 0400`;
      return refused(variable, `${path} is open to every user of this machine (mode ${shown}): ${cure}`);
    }
    if (stat.size > largestFileBytes)
      return refused(variable, `${path} is larger than ${largestFileBytes} bytes: not a key`);
    const text = readFileSync(path, 'utf8');
    return text.trim() === '' ? refused(variable, `${path} is empty`) : { value: cleaned(text), issue: null };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    return refused(variable, `${path} cannot be read: ${code}`);
  }
}

/** Without the line end of a file; a PEM block that an environment holds in one line gets its lines back. */
function cleaned(text: string): string {
  const trimmed = text.trim();
  return trimmed.startsWith('-----BEGIN') ? `${trimmed.replaceAll('\\n', '\n').trim()}\n` : trimmed;
}

function refused(path: string, message: string): SecretReading {
  return { value: null, issue: { path, message } };
}
