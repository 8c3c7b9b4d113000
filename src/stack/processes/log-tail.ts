/** Follows a log file that another process appends to, and keeps it from growing without end. */
import { closeSync, copyFileSync, fstatSync, openSync, readSync, statSync, truncateSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** A log beyond this size is moved to `<file>.1` and starts anew. */
const ROTATE_BYTES = 64 * 1024 * 1024;
const POLL_MS = 150;

export interface LogTail {
  /** Hands out what is still unread, and stops. */
  stop(): void;
}

/** Calls `onLine` for each complete line from the file's present end on. */
export function tailLog(file: string, onLine: (line: string) => unknown): LogTail {
  const descriptor = openSync(file, 'a+', 0o600);
  let position = fstatSync(descriptor).size;
  let decoder = new StringDecoder('utf8');
  let partial = '';
  const buffer = Buffer.alloc(64 * 1024);

  const read = (): void => {
    if (fstatSync(descriptor).size < position) position = 0;
    for (let count = 1; count > 0;) {
      count = readSync(descriptor, buffer, 0, buffer.length, position);
      position += count;
      const lines = (partial + decoder.write(buffer.subarray(0, count))).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    }
  };
  const rotate = (): void => {
    if (statSync(file).size < ROTATE_BYTES) return;
    copyFileSync(file, `${file}.1`);
    truncateSync(file, 0);
    position = 0;
    decoder = new StringDecoder('utf8');
  };
  const timer = setInterval(() => {
    read();
    rotate();
  }, POLL_MS);
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
      read();
      if (partial !== '') onLine(partial);
      closeSync(descriptor);
    },
  };
}
