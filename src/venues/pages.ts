/** Reads a list that a venue serves in pages, to its provable end. */
import { VenueError } from '../ports/venue.ts';
import { textOrNull } from './capabilities/raw.ts';
import type { NativeParams, Paging } from './capabilities/venue-dialect.ts';
import { read, type VenueCaller } from './venue-call.ts';

/** More pages than any honest answer needs: past it the list is refused instead of cut. */
const mostPages = 200;

interface Timed {
  readonly timestamp?: number | undefined;
}

export interface PagedList<T extends Timed> {
  readonly what: string;
  readonly paging: Paging;
  /** One request of a unified list method of ccxt. */
  readonly fetchPage: (sinceMs: number, limit: number, params: NativeParams & { until?: number }) => Promise<T[]>;
  /** Identity of an entry, for pages that overlap. */
  readonly keyOf: (entry: T) => string;
}

/**
 * Every entry with a market time in [sinceMs, untilMs], each once, oldest first.
 * @throws VenueError `malformed_reply` when the end cannot be reached provably, or a read's own error.
 */
export async function readAllPages<T extends Timed>(
  caller: VenueCaller,
  list: PagedList<T>,
  sinceMs: number,
  untilMs: number,
): Promise<T[]> {
  const entries = new Map<string, T>();
  const budget = { pages: mostPages };
  for (let fromMs = sinceMs; fromMs <= untilMs; fromMs += list.paging.windowMs + 1) {
    const toMs = Math.min(fromMs + list.paging.windowMs, untilMs);
    if (list.paging.kind === 'cursor') await readByCursor(caller, list, list.paging, fromMs, toMs, entries, budget);
    else await readByTime(caller, list, list.paging, fromMs, toMs, entries, budget);
  }
  return [...entries.values()].sort((left, right) => (left.timestamp ?? 0) - (right.timestamp ?? 0));
}

async function readByCursor<T extends Timed>(
  caller: VenueCaller,
  list: PagedList<T>,
  paging: Paging & { kind: 'cursor' },
  fromMs: number,
  toMs: number,
  entries: Map<string, T>,
  budget: { pages: number },
): Promise<void> {
  let cursor: string | null = null;
  do {
    const params: NativeParams & { until?: number } = {
      until: toMs,
      ...(cursor === null ? {} : { [paging.parameter]: cursor }),
    };
    spend(budget, list.what);
    const page = await read(caller, list.what, () => list.fetchPage(fromMs, paging.pageSize, params));
    for (const entry of page.value) entries.set(list.keyOf(entry), entry);
    const next = paging.nextCursor(page.context.lastReply?.body);
    if (next !== null && next === cursor)
      throw new VenueError('malformed_reply', `${list.what}: the cursor stands still`);
    cursor = page.value.length === 0 ? null : next;
  } while (cursor !== null);
}

async function readByTime<T extends Timed>(
  caller: VenueCaller,
  list: PagedList<T>,
  paging: Paging & { kind: 'time' },
  fromMs: number,
  toMs: number,
  entries: Map<string, T>,
  budget: { pages: number },
): Promise<void> {
  for (let sinceMs = fromMs; ;) {
    spend(budget, list.what);
    const start = sinceMs;
    const page = await read(caller, list.what, () => list.fetchPage(start, paging.pageSize, { until: toMs }));
    for (const entry of page.value) entries.set(list.keyOf(entry), entry);
    if (page.value.length < paging.pageSize) return;
    const newestMs = Math.max(...page.value.map((entry) => entry.timestamp ?? 0));
    if (newestMs <= sinceMs) {
      throw new VenueError('malformed_reply', `${list.what}: more than a page within one millisecond`);
    }
    sinceMs = newestMs;
  }
}

function spend(budget: { pages: number }, what: string): void {
  budget.pages -= 1;
  if (budget.pages < 0) throw new VenueError('malformed_reply', `${what}: more than ${mostPages} pages`);
}

/** A key from the ids that a venue promises. @throws VenueError `malformed_reply` without them. */
export function keyFrom(what: string, ...parts: readonly unknown[]): string {
  const texts = parts.map((part) => {
    const found = textOrNull(part);
    if (found === null) throw new VenueError('malformed_reply', `${what} has no id`);
    return found;
  });
  return texts.join(' ');
}
