/** One line of a child's log, made short for people. */

import { asRecord } from '../home/json-file.ts';

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: '',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};
const HIDDEN = new Set([
  'level',
  'time',
  'pid',
  'hostname',
  'msg',
  'name',
  'v',
  'ts',
  'logging-call-at',
  'taskToken',
  'isLocal',
  'namespace',
]);

/** `{"level":40,"msg":"late","venue":"okx"}` becomes `WARN late venue=okx`; anything that is no JSON stays as it is. */
export function shortLogLine(line: string): string {
  const entry = parse(line);
  if (entry === null || typeof entry['msg'] !== 'string') return line;
  const { level } = entry;
  const label = typeof level === 'number' ? (LEVELS[level] ?? String(level)) : levelName(level);
  const fields = Object.entries(entry)
    .filter(([name]) => !HIDDEN.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [label, entry['msg'], ...fields].filter((part) => part !== '').join(' ');
}

function levelName(level: unknown): string {
  return typeof level === 'string' && level !== 'info' ? level.toUpperCase() : '';
}

function parse(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    return asRecord(JSON.parse(line));
  } catch {
    return null;
  }
}
