/** Reads a list that a venue serves in pages, to its provable end. */
import { VenueError } from '../ports/venue.ts';
import { text, textOrNull } from './capabilities/raw.ts';
import type { NativeParams, Paging } from './capabilities/venue-dialect.ts';
import { read, type VenueCaller } from './venue-call.ts';

/** More pages of one window than any honest answer needs: past it the list is refused instead of cut. */
const mostPages = 200;

interface Listed {
  readonly id?: string | undefined;
  readonly timestamp?: number | undefined;
}

export type PageParams = NativeParams & { readonly until?: number };

export interface PagedList<T extends Listed> {
  readonly what: string;
  readonly paging: Paging;
  /** One request of a unified list method of ccxt. */
  readonly fetchPage: (sinceMs: number | undefined, limit: number, params: PageParams) => Promise<T[]>;
  /** Identity of an entry, for pages that overlap. */
  readonly keyOf: (entry: T) => string;
}

/**
 * Every entry with a market time in [sinceMs, untilMs], each once, oldest first.
 * @throws VenueError `malformed_reply` when the end cannot be reached provably, or a read's own error.
 */
export async function readAllPages<T extends Listed>(
  caller: VenueCaller,
  list: PagedList<T>,
  sinceMs: number,
  untilMs: number,
): Promise<T[]> {
  const entries = new Map<string, T>();
  for (let fromMs = sinceMs; fromMs <= untilMs; fromMs += list.paging.windowMs + 1) {
    const toMs = Math.min(fromMs + list.paging.windowMs, untilMs);
    // A window each: an old account has many windows, and a broken list has no end to one.
    const budget = { pages: mostPages };
    if (list.paging.kind === 'cursor') await readByCursor(caller, list, list.paging, fromMs, toMs, entries, budget);
    else await readByTime(caller, list, list.paging, fromMs, toMs, entries, budget);
  }
  return [...entries.values()].sort((left, right) => (left.timestamp ?? 0) - (right.timestamp ?? 0));
}

async function readByCursor<T extends Listed>(
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
    const params: PageParams = {
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

async function readByTime<T extends Listed>(
  caller: VenueCaller,
  list: PagedList<T>,
  paging: Paging & { kind: 'time' },
  fromMs: number,
  toMs: number,
  entries: Map<string, T>,
  budget: { pages: number },
): Promise<void> {
  let sinceMs: number | undefined = fromMs;
  let params: PageParams = { until: toMs };
  for (;;) {
    const entriesOfPage: T[] = await pageOf(caller, list, paging.pageSize, sinceMs, params, budget);
    for (const entry of entriesOfPage) if ((entry.timestamp ?? 0) <= toMs) entries.set(list.keyOf(entry), entry);
    const newestMs = Math.max(...entriesOfPage.map((entry) => entry.timestamp ?? 0));
    if (entriesOfPage.length < paging.pageSize || newestMs > toMs) return;
    if (paging.continueById !== null) {
      sinceMs = undefined;
      params = { [paging.continueById]: idAfter(entriesOfPage) };
    } else if (sinceMs !== undefined && newestMs > sinceMs) {
      sinceMs = newestMs;
    } else {
      throw new VenueError('malformed_reply', `${list.what}: more than a page within one millisecond`);
    }
  }
}

async function pageOf<T extends Listed>(
  caller: VenueCaller,
  list: PagedList<T>,
  limit: number,
  sinceMs: number | undefined,
  params: PageParams,
  budget: { pages: number },
): Promise<T[]> {
  spend(budget, list.what);
  return (await read(caller, list.what, () => list.fetchPage(sinceMs, limit, params))).value;
}

/** The number after the highest id of a page. @throws VenueError `malformed_reply` for an id that is no number. */
export function idAfter(page: readonly Listed[]): string {
  const ids = page.map((entry) => text(entry.id, 'id'));
  if (!ids.every((id) => /^\d+$/.test(id))) throw new VenueError('malformed_reply', 'an id that is not a number');
  const highest = ids.map(BigInt).reduce((most, id) => (id > most ? id : most));
  return (highest + 1n).toString();
}

function spend(budget: { pages: number }, what: string): void {
  budget.pages -= 1;
  if (budget.pages < 0) throw new VenueError('malformed_reply', `${what}: more than ${mostPages} pages in a window`);
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
