/** What the doctor waits for, on standard error: one line that is rewritten on a terminal, else a line a subject. */
import type { Check } from './check.ts';

export interface Progress {
  started(subject: string): void;
  told(check: Check): void;
  done(subject: string): void;
  end(): void;
}

export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const width = 80;

export function createProgress(stream: ProgressStream): Progress {
  const checks = new Map<string, Check[]>();
  const open = new Set<string>();
  const show = (): void => {
    if (stream.isTTY !== true) return;
    const count = [...checks.values()].flat().length;
    const waiting = [...open].map((subject) => `${subject} (${checks.get(subject)?.length ?? 0})`).join(', ');
    const line = `${count} checks${waiting === '' ? '' : `; asking ${waiting}`}`.slice(0, width - 1);
    stream.write(`\r${line.padEnd(width - 1)}`);
  };
  return {
    started(subject) {
      open.add(subject);
      checks.set(subject, []);
      show();
    },
    told(check) {
      checks.get(check.subject)?.push(check);
      show();
    },
    done(subject) {
      open.delete(subject);
      const made = checks.get(subject) ?? [];
      const failed = made.filter(({ status }) => status === 'failed').length;
      if (stream.isTTY !== true) stream.write(`${subject}: ${made.length} checks, ${failed} failed\n`);
      show();
    },
    end() {
      if (stream.isTTY === true) stream.write(`\r${' '.repeat(width - 1)}\r`);
    },
  };
}
