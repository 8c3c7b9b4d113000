/** The doctor's findings: a table of one line a check, then what to do; or one JSON document. */
import { table } from '../text/table.ts';
import type { Check, CheckStatus } from './check.ts';

const width = 80;
const words: Readonly<Record<CheckStatus, string>> = {
  ok: 'ok',
  warning: 'warning',
  failed: 'failed',
  cannot_be_told: 'cannot be told',
};

export interface DoctorDocument {
  /** Nothing failed. */
  readonly ok: boolean;
  readonly failed: number;
  readonly warnings: number;
  readonly cannotBeTold: number;
  readonly checks: readonly Check[];
}

export function doctorDocument(checks: readonly Check[]): DoctorDocument {
  const count = (status: CheckStatus): number => checks.filter((check) => check.status === status).length;
  return {
    ok: count('failed') === 0,
    failed: count('failed'),
    warnings: count('warning'),
    cannotBeTold: count('cannot_be_told'),
    checks,
  };
}

export function doctorText(document: DoctorDocument): string {
  const { checks, failed, warnings, cannotBeTold } = document;
  const lines = table<Check>(
    [
      { heading: 'WHERE', text: ({ subject }) => shortened(subject, 12) },
      { heading: 'CHECK', text: ({ check }) => check },
      { heading: 'RESULT', text: ({ status }) => words[status] },
      { heading: 'FINDING', text: ({ finding }) => finding },
    ],
    checks,
    Infinity,
  ).split('\n');
  const todo = checks.flatMap(adviceOn);
  return [
    ...lines.map((line) => shortened(line, width)),
    '',
    `${checks.length} checks: ${failed} failed, ${warnings} warnings, ${cannotBeTold} cannot be told`,
    ...(todo.length === 0 ? [] : ['', 'What to do', ...todo]),
  ].join('\n');
}

/** In full, as the table has no room for it. */
function adviceOn({ subject, check, symbol, status, finding, advice }: Check): string[] {
  if (advice === null) return [];
  const about = symbol === null || finding.includes(symbol) ? '' : `${symbol}: `;
  return [`${subject}, ${check}: ${words[status]}`, ...wrapped(`${about}${finding}`), ...wrapped(`→ ${advice}`)];
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`${line === undefined ? '  ' : '    '}${word}`);
  }
  return lines;
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
