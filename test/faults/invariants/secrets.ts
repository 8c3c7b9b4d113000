/** Invariant 8: no key and no secret in a log, a payload or the ledger. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Arena } from '../arena/arena.ts';
import type { Violation } from './violation.ts';
import type { RecordedHistory } from './replay.ts';

const tables = ['positions', 'orders', 'fills', 'alerts', 'watches', 'account_readings', 'reconciliations'];

export async function leaks(arena: Arena, histories: readonly RecordedHistory[]): Promise<Violation[]> {
  const { homeDir, secrets } = arena;
  const found: Violation[] = [];
  const tell = (positionKey: string | null, where: string): void => {
    found.push({ invariant: 8, positionKey, detail: `a key or a secret is in ${where}` });
  };
  const holds = (text: string): boolean => secrets.some((secret) => text.includes(secret));
  for (const file of globSync(join(homeDir, 'logs', '*.log'))) {
    if (holds(readFileSync(file, 'utf8'))) tell(null, basename(file));
  }
  for (const { key, history } of histories) if (holds(payloadsOf(history))) tell(key, 'its history');
  const patterns = secrets.map((secret) => `%${secret}%`);
  for (const table of tables) {
    const rows = await arena.query<{ count: string }>(
      `select count(*) from ${table} where ${table}::text like any($1)`,
      [patterns],
    );
    if (rows[0]?.count !== '0') tell(null, `the table ${table}`);
  }
  return found;
}

/** Payloads are Base64 in the JSON of a history. */
function payloadsOf(history: RecordedHistory['history']): string {
  const json = historyToJSON(history);
  const decoded = [...json.matchAll(/"data":\s*"([^"]+)"/g)].map(([, data]) => Buffer.from(data ?? '', 'base64'));
  return [json, ...decoded.map((data) => data.toString('utf8'))].join('\n');
}
