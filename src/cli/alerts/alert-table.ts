/** Alerts and their targets for an 80-column terminal: what each says stands in lines below it, in full. */
import { alertEvent } from '../../domain/alert-keys.ts';
import type { TargetState } from '../../ports/alert-outbox.ts';
import type { Severity } from '../../ports/alerts.ts';
import type { AlertRow } from '../../ports/ledger.ts';
import { table, tableText } from '../text/table.ts';
import { wrapped } from '../text/wrapped.ts';

export interface ShownTarget extends TargetState {
  /** Null of one that is not configured any more. */
  readonly kind: string | null;
  readonly minSeverity: Severity | null;
}

export interface AlertsDocument {
  readonly alerts: readonly AlertRow[];
  readonly targets: readonly ShownTarget[];
}

const width = 80;

export function alertsText({ alerts, targets }: AlertsDocument): string {
  return `${alertTable(alerts)}\n\n${targetTable(targets)}`;
}

function alertTable(alerts: readonly AlertRow[]): string {
  if (alerts.length === 0) return 'no alert stands';
  const { heading, rows } = tableText<AlertRow>(
    [
      { heading: 'SINCE (UTC)', text: ({ raisedAtMs }) => utcMinute(raisedAtMs) },
      { heading: 'SEVERITY', text: ({ severity }) => severity },
      { heading: 'TIMES', align: 'right', text: ({ count }) => String(count) },
      { heading: 'EVENT', text: ({ key }) => alertEvent(key) },
    ],
    alerts,
  );
  const below = alerts.map(({ message }) => wrapped(message, width - 2).map((line) => `  ${line}`));
  return [heading, ...rows.flatMap((line, index) => [line, ...(below[index] ?? [])])].join('\n');
}

function targetTable(targets: readonly ShownTarget[]): string {
  if (targets.length === 0) return 'nobody is told: the configuration names no alert target';
  const rows = table<ShownTarget>(
    [
      { heading: 'TARGET', text: ({ name }) => name },
      { heading: 'KIND', text: ({ kind }) => kind ?? 'not configured' },
      { heading: 'FROM', text: ({ minSeverity }) => minSeverity ?? '' },
      { heading: 'WAITING', align: 'right', text: ({ pending }) => String(pending) },
      { heading: 'LAST TOLD', text: ({ lastSentAtMs }) => (lastSentAtMs === null ? 'never' : utcMinute(lastSentAtMs)) },
      {
        heading: 'FAILING SINCE',
        text: ({ failingSinceMs }) => (failingSinceMs === null ? '' : utcMinute(failingSinceMs)),
      },
    ],
    targets,
  );
  const reasons = targets.flatMap(({ name, lastError }) =>
    lastError === null ? [] : wrapped(`${name}: ${lastError}`, width - 2).map((line) => `  ${line}`),
  );
  return [rows, ...reasons].join('\n');
}

/** `11-26 12:13`: wall time, as alerts are. */
function utcMinute(atMs: number): string {
  return new Date(atMs).toISOString().slice(5, 16).replace('T', ' ');
}
