/** Values that came over the wire, checked as far as a test reads them. */
import assert from 'node:assert/strict';
import type { Transaction } from '../../../src/sim/exchange/events.ts';
import { isObject } from '../../../src/sim/json.ts';
import { isTransaction } from '../../../src/sim/journal/journal.ts';
import type { Ready } from '../../../src/sim/simulator.ts';

export type Row = Readonly<Record<string, unknown>>;

export function row(value: unknown): Row {
  assert.ok(isObject(value), `not an object: ${JSON.stringify(value)}`);
  return value;
}

export function rows(value: unknown): Row[] {
  assert.ok(Array.isArray(value), `not a list: ${JSON.stringify(value)}`);
  return value.map(row);
}

export function parseReady(text: string): Ready {
  const value: unknown = JSON.parse(text);
  assert.ok(isReady(value), `not a ready line: ${text}`);
  return value;
}

function isReady(value: unknown): value is Ready {
  return isObject(value) && isObject(value['venues']) && 'control' in value && 'tape' in value;
}

export function parseTransactions(lines: readonly string[]): Transaction[] {
  return lines.map((line) => {
    const value: unknown = JSON.parse(line);
    assert.ok(isTransaction(value), `not a journal line: ${line}`);
    return value;
  });
}
