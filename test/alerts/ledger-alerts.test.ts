import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAlerts } from '../../src/alerts/ledger-alerts.ts';
import type { Alert } from '../../src/ports/alerts.ts';
import { LedgerUnavailable } from '../../src/ports/ledger.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';

const alert: Alert = { key: 'stuck/A', severity: 'critical', message: 'stuck: no lot left', positionKey: 'A' };
const clock = { nowMs: () => 1_790_000_000_000 };

/** Lines as `level message`, and what the ledger was told. */
function recorder(ledgerFails: boolean) {
  const lines: string[] = [];
  const told: unknown[] = [];
  const write = async (...call: unknown[]): Promise<void> => {
    if (ledgerFails) throw new LedgerUnavailable('no database');
    told.push(call);
  };
  const level = (name: string) => (fields: unknown, message?: string) =>
    void lines.push(`${name} ${message} ${JSON.stringify(fields)}`);
  const log = { info: level('info'), warn: level('warn'), error: level('error') };
  return { lines, told, alerts: createAlerts({ ledger: { raiseAlert: write, resolveAlert: write }, log, clock }) };
}

test('an alert reaches the log, as loud as it is severe, and the ledger', async () => {
  const { lines, told, alerts } = recorder(false);
  await alerts.raise(alert);
  await alerts.raise({ ...alert, severity: 'warning' });
  await alerts.resolve('stuck/A');
  assert.deepEqual(lines, [
    'error stuck: no lot left {"alert":"stuck/A","positionKey":"A"}',
    'warn stuck: no lot left {"alert":"stuck/A","positionKey":"A"}',
  ]);
  assert.deepEqual(told, [
    [alert, clock.nowMs()],
    [{ ...alert, severity: 'warning' }, clock.nowMs()],
    ['stuck/A', clock.nowMs()],
  ]);
});

test('what the ledger could not take is written when it is back, in its order and with its own time', async () => {
  const told: unknown[] = [];
  let isAway = true;
  let nowMs = 1_000;
  const write = async (...call: unknown[]): Promise<void> => {
    if (isAway) throw new LedgerUnavailable('no database');
    told.push(call);
  };
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const ledger = { raiseAlert: write, resolveAlert: write };
  const alerts = createAlerts({ ledger, log: quiet, clock: { nowMs: () => nowMs }, retryMs: 5 });
  await alerts.raise(alert);
  nowMs = 2_000;
  isAway = false;
  // It could be written at once, and would overtake what it resolves.
  await alerts.resolve(alert.key);
  nowMs = 3_000;
  await waitUntil(
    () => told.length === 2,
    10_000,
    () => JSON.stringify(told),
  );
  assert.deepEqual(told, [
    [alert, 1_000],
    [alert.key, 2_000],
  ]);
  await alerts.raise({ ...alert, key: 'next' });
  assert.deepEqual(told.at(-1), [{ ...alert, key: 'next' }, 3_000], 'and what comes then is written at once');
});

test('without a database an alert is still in the log, and nobody is thrown at', async () => {
  const { lines, alerts } = recorder(true);
  await alerts.raise(alert);
  await alerts.resolve('stuck/A');
  assert.match(lines[0] ?? '', /^error stuck: no lot left/);
  assert.match(lines[1] ?? '', /could not be stored.*no database/);
  assert.match(lines[2] ?? '', /could not be resolved; it is tried again.*still away/);
});
