/** The alerts of a run: how many of each, and the newest words of those that somebody should look at. */
import { alertEvent } from '../../domain/alert-keys.ts';
import type { Severity } from '../../ports/alerts.ts';
import type { RaisedAlert } from '../../ports/ledger.ts';
import { tableText } from '../text/table.ts';
import { wrapped } from '../text/wrapped.ts';

interface AlertGroup {
  readonly event: string;
  readonly severity: Severity;
  readonly raised: number;
  readonly standing: number;
  /** Of the newest. */
  readonly message: string;
}

const width = 80;
const ranks: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

export function alertSummary(alerts: readonly RaisedAlert[]): string {
  if (alerts.length === 0) return 'no alerts';
  const groups = groupsOf(alerts);
  const { heading, rows } = tableText<AlertGroup>(
    [
      { heading: 'ALERTS', text: ({ event }) => event },
      { heading: 'SEVERITY', text: ({ severity }) => severity },
      { heading: 'RAISED', align: 'right', text: ({ raised }) => String(raised) },
      { heading: 'STANDING', align: 'right', text: ({ standing }) => String(standing) },
    ],
    groups,
  );
  const below = groups.map(({ severity, message }) =>
    severity === 'info' ? [] : wrapped(message, width - 2).map((line) => `  ${line}`),
  );
  return [heading, ...rows.flatMap((line, index) => [line, ...(below[index] ?? [])])].join('\n');
}

/** The most severe first, then in the order in which they first came. */
function groupsOf(alerts: readonly RaisedAlert[]): AlertGroup[] {
  const groups = Map.groupBy(alerts, ({ severity, key }) => `${severity} ${alertEvent(key)}`);
  return [...groups.values()]
    .flatMap((members): AlertGroup[] => {
      const last = members.at(-1);
      if (last === undefined) return [];
      const standing = members.filter(({ resolvedAtMs }) => resolvedAtMs === null).length;
      const { key, severity, message } = last;
      return [{ event: alertEvent(key), severity, raised: members.length, standing, message }];
    })
    .toSorted((one, other) => ranks[one.severity] - ranks[other.severity]);
}
