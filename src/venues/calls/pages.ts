/** Reads a list that a venue serves in pages, to its provable end. */
import { VenueError } from '../../ports/venue.ts';
import { text, textOrNull } from '../capabilities/raw.ts';
import type { NativeParams, Paging } from '../capabilities/venue-dialect.ts';
import { read, type ReadResult, type VenueCaller } from './venue-call.ts';

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
    await readWindow(caller, list, fromMs, toMs, entries, budget);
  }
  return [...entries.values()].sort((left, right) => (left.timestamp ?? 0) - (right.timestamp ?? 0));
}

async function readWindow<T extends Listed>(
  caller: VenueCaller,
  list: PagedList<T>,
  fromMs: number,
  toMs: number,
  entries: Map<string, T>,
  budget: { pages: number },
): Promise<void> {
  switch (list.paging.kind) {
    case 'cursor':
      return readByCursor(caller, list, list.paging, fromMs, toMs, entries, budget);
    case 'time':
      return readByTime(caller, list, list.paging, fromMs, toMs, entries, budget);
    case 'offset':
      return readByOffset(caller, list, list.paging, fromMs, toMs, entries, budget);
    case 'newest':
      return readNewest(caller, list, list.paging, fromMs, toMs, entries);
  }
}

/** One reply, and the proof that it reaches back to the start of the window or holds all there is. */
async function readNewest<T extends Listed>(
  caller: VenueCaller,
  list: PagedList<T>,
  paging: Paging & { kind: 'newest' },
  fromMs: number,
  toMs: number,
  entries: Map<string, T>,
): Promise<void> {
  const params: PageParams = paging.takesUntil ? { until: toMs } : {};
  const page = await read(caller, list.what, () => list.fetchPage(fromMs, paging.pageSize, params));
  const times = paging.timesOf(page.context.lastReply?.body);
  if (times.length >= paging.pageSize && Math.min(...times) >= fromMs) {
    throw new VenueError('malformed_reply', `${list.what}: the newest ${times.length} do not reach back far enough`);
  }
  for (const entry of page.value) if ((entry.timestamp ?? 0) <= toMs) entries.set(list.keyOf(entry), entry);
}

/** Newest first: what arrives meanwhile moves rows to later pages, so that they are seen twice and never missed. */
async function readByOffset<T extends Listed>(
  caller: VenueCaller,
  list: PagedList<T>,
  paging: Paging & { kind: 'offset' },
  fromMs: number,
  toMs: number,
  entries: Map<string, T>,
  budget: { pages: number },
): Promise<void> {
  for (let offset = 0, rows = paging.pageSize; rows >= paging.pageSize; offset += rows) {
    const params: PageParams = { until: toMs, [paging.parameter]: offset };
    spend(budget, list.what);
    const page = await read(caller, list.what, () => list.fetchPage(fromMs, paging.pageSize, params));
    for (const entry of page.value) entries.set(list.keyOf(entry), entry);
    rows = paging.rowsOf(page.context.lastReply?.body);
  }
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
    // What ccxt left out of a page is no end of the list: its own rows say whether there is more.
    cursor = next;
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
    const page = await pageOf(caller, list, paging.pageSize, sinceMs, params, budget);
    const entriesOfPage: T[] = page.value;
    for (const entry of entriesOfPage) if ((entry.timestamp ?? 0) <= toMs) entries.set(list.keyOf(entry), entry);
    const times: readonly number[] =
      paging.raw?.timesOf(page.context.lastReply?.body) ?? entriesOfPage.map((entry) => entry.timestamp ?? 0);
    const newestMs = Math.max(...times);
    if (times.length < (paging.raw?.fullFrom ?? paging.pageSize) || newestMs > toMs) return;
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
): Promise<ReadResult<T[]>> {
  spend(budget, list.what);
  return read(caller, list.what, () => list.fetchPage(sinceMs, limit, params));
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
