/**
 * The append-only journal: one JSON line a transaction. Nothing is answered before its line is on disk; lines that
 * wait for the disk together share one sync. A torn last line, left by a crash, was never answered and is cut off.
 */
import { closeSync, existsSync, fdatasync, openSync, readFileSync, truncateSync, write } from 'node:fs';
import { promisify } from 'node:util';
import type { Transaction } from '../exchange/events.ts';
import { isObject } from '../json.ts';

const writeAsync = promisify(write);
const syncAsync = promisify(fdatasync);

export interface Journal {
  append(transaction: Omit<Transaction, 'sequence'>): void;
  /** Resolves once everything appended so far is on disk. @throws Error when the disk refuses: the process must end. */
  durable(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenedJournal {
  readonly journal: Journal;
  /** What an earlier run left, oldest first. */
  readonly restored: readonly Transaction[];
}

/** @throws Error when a line other than the last cannot be read */
export function openJournal(path: string): OpenedJournal {
  const restored = existsSync(path) ? readJournal(path) : [];
  const file = openSync(path, 'a', 0o600);
  let sequence = restored.at(-1)?.sequence ?? 0;
  let waiting: string[] = [];
  let running: Promise<void> | null = null;
  let scheduled: Promise<void> | null = null;

  async function flush(): Promise<void> {
    const lines = waiting;
    waiting = [];
    scheduled = null;
    const bytes = Buffer.from(lines.join(''));
    let offset = 0;
    while (offset < bytes.length)
      offset += (await writeAsync(file, bytes, offset, bytes.length - offset, null)).bytesWritten;
    await syncAsync(file);
  }

  function durable(): Promise<void> {
    if (waiting.length === 0) return running ?? Promise.resolve();
    scheduled ??= (async () => {
      await running;
      running = flush();
      await running;
    })();
    return scheduled;
  }

  return {
    restored,
    journal: {
      append(transaction) {
        sequence += 1;
        waiting.push(`${JSON.stringify({ sequence, ...transaction })}\n`);
      },
      durable,
      async close() {
        await durable();
        closeSync(file);
      },
    },
  };
}

function readJournal(path: string): Transaction[] {
  const text = readFileSync(path, 'utf8');
  const end = text.lastIndexOf('\n') + 1;
  if (end < text.length) truncateSync(path, Buffer.byteLength(text.slice(0, end)));
  return text
    .slice(0, end)
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index) => {
      const transaction: unknown = JSON.parse(line);
      if (!isTransaction(transaction) || transaction.sequence !== index + 1) {
        throw new Error(`${path}:${index + 1}: not the line that should come here`);
      }
      return transaction;
    });
}

/** The envelope only: what is inside was written by this program, and is checked as it is applied. */
export function isTransaction(value: unknown): value is Transaction {
  return (
    isObject(value) &&
    typeof value['sequence'] === 'number' &&
    typeof value['venue'] === 'string' &&
    typeof value['atMs'] === 'number' &&
    Array.isArray(value['events'])
  );
}

/** Keeps lines in memory: for tests of the core. */
export function memoryJournal(): Journal & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    append: (transaction) => lines.push(JSON.stringify({ sequence: lines.length + 1, ...transaction })),
    durable: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
