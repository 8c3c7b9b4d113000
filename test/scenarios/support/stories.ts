/** Recorded series of `data/stories/`, line by line. */
import { readFileSync } from 'node:fs';

/** Fields by column name; `atMs` is the first column, `time`. */
export function recorded(name: string): (Readonly<Record<string, string>> & { readonly atMs: string })[] {
  const [header = '', ...lines] = readFileSync(`data/stories/${name}`, 'utf8').trim().split('\n');
  const columns = header.split(',');
  return lines.map((line) => {
    const values = line.split(',');
    const fields = Object.fromEntries(columns.map((column, index) => [column, values[index] ?? '']));
    return { ...fields, atMs: String(Date.parse(values[0] ?? '')) };
  });
}
