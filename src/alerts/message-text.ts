/** An alert message for people, in plain text: one alert in full, a burst in one line each and the rest counted. */
import { alertEvent } from '../domain/alert-keys.ts';
import type { Delivery } from '../ports/alert-outbox.ts';
import type { Severity } from '../ports/alerts.ts';
import type { AlertMessage, Origin } from './target.ts';

/** One line of a burst. */
const longestLine = 200;
const ranks: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** At most `maxLength` UTF-16 units; always well-formed. */
export function messageText({ alerts, origin }: AlertMessage, maxLength: number): string {
  const [only] = alerts;
  const text = only !== undefined && alerts.length === 1 ? single(only, origin) : burst(alerts, origin, maxLength);
  return shortened(text.toWellFormed(), maxLength);
}

function single(alert: Delivery, origin: Origin): string {
  const again = alert.attempts > 0 ? ', perhaps told before' : '';
  return `${heading(alert)}\n${alert.message}\n${timing(alert)} · ${place(origin)}${again}`;
}

function heading({ phase, severity, key }: Delivery): string {
  return `${phase === 'resolved' ? 'OVER' : severity.toUpperCase()} ${alertEvent(key)}`;
}

function timing({ phase, raisedAtMs, resolvedAtMs, count }: Delivery): string {
  if (phase !== 'resolved' || resolvedAtMs === null) return utc(raisedAtMs);
  const times = count === 1 ? '' : `, raised ${count} times`;
  return `after ${duration(resolvedAtMs - raisedAtMs)}${times}, ${utc(resolvedAtMs)}`;
}

/** The most severe first; of one that began and ended meanwhile, its end alone. */
function burst(alerts: readonly Delivery[], origin: Origin, maxLength: number): string {
  const over = new Set(alerts.filter(({ phase }) => phase === 'resolved').map(({ alertId }) => alertId));
  const shown = alerts
    .filter(({ phase, alertId }) => phase !== 'raised' || !over.has(alertId))
    .toSorted((first, second) => order(first) - order(second));
  const lines = [`${alerts.length} alerts · ${place(origin)}`];
  // Room for the line that counts what is left out.
  let room = maxLength - (lines[0]?.length ?? 0) - longestLine;
  let told = 0;
  for (const alert of shown) {
    const line = shortened(`${heading(alert)}: ${alert.message.replaceAll(/\s+/g, ' ')}`, longestLine);
    if (line.length + 1 > room) break;
    lines.push(line);
    room -= line.length + 1;
    told += 1;
  }
  if (told < shown.length) lines.push(counted(shown.slice(told)));
  return lines.join('\n');
}

function order({ phase, severity }: Delivery): number {
  return phase === 'resolved' ? 3 : ranks[severity];
}

/** `and 12 more: 7 CRITICAL stuck, 5 OVER stuck; basis alerts has what stands` */
function counted(rest: readonly Delivery[]): string {
  const counts = new Map<string, number>();
  for (const alert of rest) counts.set(heading(alert), (counts.get(heading(alert)) ?? 0) + 1);
  const parts = [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
  return shortened(`and ${rest.length} more (basis alerts has what stands): ${parts}`, longestLine);
}

function place({ mode, book }: Origin): string {
  return `basiskeeper ${mode}/${book}`;
}

/** `2026-11-26 12:13:05 UTC` */
export function utc(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `12 s`, `7 min`, `3 h`, `2 d`: rounded down. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

function shortened(text: string, maxLength: number): string {
  // Cut between two units of one character, it would not be well-formed any more.
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`.toWellFormed();
}
