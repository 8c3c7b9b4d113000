/**
 * The log of an account, kept: it books funding, which is paid each hour and whenever the position changes, and what a
 * liquidation costs. Each row changes a balance, so the history service, which has a hundred requests in ten minutes for
 * all that is asked of it, is asked only after a balance has changed. Rows are kept from the earliest time that was asked
 * for within a day; of a time that is over, what was found is kept apart.
 */
import { VenueError } from '../../ports/venue.ts';
import { createHorizon } from './krakenfutures-horizon.ts';
import { list, record, text, textOrNull, type RawRecord } from './raw.ts';
import { callEndpoint } from './usual.ts';
import type { ExactExchange } from '../exact-exchange.ts';

export interface LogRow {
  readonly id: number;
  /** Market time. */
  readonly atMs: number;
  readonly row: RawRecord;
}

export interface LogSource {
  /** Oldest first, from a market time or from an id. */
  readonly page: (from: { since: number } | { from: number }, count: number) => Promise<readonly LogRow[]>;
  /** The account's balances: another text after each booking. */
  readonly wallet: () => Promise<string>;
  /** Wall time, of any origin. */
  readonly nowMs: () => number;
}

export interface LogBook {
  /**
   * Changes of balances between two market times; rows of the sizes of positions are left out.
   * @throws VenueError unavailable where there is more than one call may read: the next one goes on
   */
  since(sinceMs: number, untilMs?: number): Promise<readonly LogRow[]>;
  /** Rows in memory. */
  size(): number;
}

/** As dear as 51 rows. */
const rowsOnPage = 1_000;
/** The cheapest page. */
const rowsOfNews = 25;
/** The log may come later than the balance. */
const confirmAfterMs = 60_000;
/** Whatever the balances say. */
const readAgainAfterMs = 600_000;
/** Reads of news: a burst, then three a minute, so that they never use up the pool. */
const mostNews = 10;
const newsEveryMs = 20_000;
/** Of one call: as dear as all that is not reserved for orders on their way. */
const mostPages = 20;
/** By how much a row may be listed later than one that is younger; market time. */
const listedWithinMs = 600_000;
const mostWindows = 4;

export function createLogBook(source: LogSource): LogBook {
  const kept = new Map<number, LogRow>();
  const windows = new Map<string, readonly LogRow[]>();
  const horizon = createHorizon(source.nowMs);
  let coveredFromMs = Infinity;
  let nextId: number | null = null;
  let newestMs = -Infinity;
  let isComplete = false;
  let wallet = '';
  let readAtMs = -Infinity;
  let confirmAtMs = Infinity;
  let news = mostNews;
  let newsCountedAtMs = source.nowMs();

  async function readOn(firstCount: number): Promise<void> {
    const first = nextId === null ? { since: coveredFromMs } : { from: nextId };
    await readPages(source, first, firstCount, (rows, next) => {
      for (const each of rows) if (isOfBalance(each.row)) kept.set(each.id, each);
      nextId = next;
      newestMs = Math.max(newestMs, ...rows.map(({ atMs }) => atMs));
      return true;
    });
    isComplete = true;
  }

  function mayReadNews(): boolean {
    const now = source.nowMs();
    news = Math.min(mostNews, news + (now - newsCountedAtMs) / newsEveryMs);
    newsCountedAtMs = now;
    return news >= 1;
  }

  async function readNews(): Promise<void> {
    const startedAtMs = source.nowMs();
    const seen = await source.wallet();
    const hasChanged = seen !== wallet;
    const isDue = hasChanged || startedAtMs >= confirmAtMs || startedAtMs - readAtMs >= readAgainAfterMs;
    if (!isDue || !mayReadNews()) return;
    news -= 1;
    await readOn(rowsOfNews);
    wallet = seen;
    readAtMs = startedAtMs;
    confirmAtMs = hasChanged ? startedAtMs + confirmAfterMs : Infinity;
  }

  async function cover(sinceMs: number): Promise<void> {
    if (sinceMs < coveredFromMs) {
      coveredFromMs = sinceMs;
      nextId = null;
      isComplete = false;
    }
    const startedAtMs = source.nowMs();
    const seen = await source.wallet();
    await readOn(rowsOnPage);
    wallet = seen;
    readAtMs = startedAtMs;
    confirmAtMs = startedAtMs + confirmAfterMs;
  }

  /** One after another: each goes on from the last row of the one before. */
  let turn: Promise<unknown> = Promise.resolve();

  async function readSince(sinceMs: number): Promise<void> {
    // Before it is read: a long one takes several calls, between which others ask for less.
    horizon.asked(sinceMs);
    if (sinceMs < coveredFromMs || !isComplete) await cover(sinceMs);
    else await readNews();
    // What was dropped is read again by who asks for it.
    coveredFromMs = horizon.fromMs();
    for (const { id, atMs } of kept.values()) if (atMs < coveredFromMs) kept.delete(id);
  }

  /** Nothing is added to it any more: it is read once, by itself, so that the log is not kept from there on. */
  async function readWindow(sinceMs: number, untilMs: number): Promise<readonly LogRow[]> {
    const key = `${sinceMs} ${untilMs}`;
    const known = windows.get(key);
    if (known !== undefined) return known;
    const found = new Map<number, LogRow>();
    await readPages(source, { since: sinceMs }, rowsOnPage, (rows) => {
      for (const each of rows) if (isOfBalance(each.row)) found.set(each.id, each);
      return rows.every(({ atMs }) => atMs <= untilMs + listedWithinMs);
    });
    const rows = within(found.values(), sinceMs, untilMs);
    windows.set(key, rows);
    const [oldest] = windows.keys();
    if (windows.size > mostWindows && oldest !== undefined) windows.delete(oldest);
    return rows;
  }

  async function readBetween(sinceMs: number, untilMs: number): Promise<readonly LogRow[]> {
    const isOver = untilMs + listedWithinMs < newestMs && isComplete;
    if (isOver && sinceMs < coveredFromMs) return readWindow(sinceMs, untilMs);
    if (!isOver) await readSince(sinceMs);
    return within(kept.values(), sinceMs, untilMs);
  }

  return {
    since(sinceMs, untilMs = Infinity) {
      const read = turn.catch(() => undefined).then(() => readBetween(sinceMs, untilMs));
      turn = read;
      return read;
    },
    size: () => kept.size + [...windows.values()].reduce((count, rows) => count + rows.length, 0),
  };
}

function within(rows: Iterable<LogRow>, sinceMs: number, untilMs: number): LogRow[] {
  return [...rows].filter(({ atMs }) => atMs >= sinceMs && atMs <= untilMs).sort((left, right) => left.id - right.id);
}

/**
 * To the end of the log, or until `taken` wants no more.
 * @param taken is given each page with the id to go on from
 */
async function readPages(
  source: LogSource,
  first: { since: number } | { from: number },
  firstCount: number,
  taken: (rows: readonly LogRow[], nextId: number | null) => boolean,
): Promise<void> {
  let from = first;
  let count = firstCount;
  for (let page = 0; page < mostPages; page += 1) {
    const rows = await source.page(from, count);
    const before = 'from' in from ? from.from : null;
    const next = rows.reduce((id: number | null, row) => Math.max(id ?? 0, row.id + 1), before);
    if (!taken(rows, next) || rows.length < count) return;
    if (next === null || next === before)
      throw new VenueError('malformed_reply', 'krakenfutures: its log stands still');
    from = { from: next };
    count = rowsOnPage;
  }
  throw new VenueError('unavailable', `krakenfutures: its log is longer than the ${mostPages} pages of one call`);
}

/** A trade has two rows: of the balance, and of the size of the position, which names the contract as its asset. */
function isOfBalance(row: RawRecord): boolean {
  return textOrNull(row['asset'])?.toUpperCase() !== textOrNull(row['contract'])?.toUpperCase();
}

const books = new WeakMap<ExactExchange, LogBook>();

export function logBookOf(exchange: ExactExchange): LogBook {
  const known = books.get(exchange);
  if (known !== undefined) return known;
  const book = createLogBook({
    page: async (from, count) => {
      const reply = await callEndpoint(exchange, 'historyGetAccountLog', { ...from, sort: 'asc', count });
      return list(reply['logs'], 'logs').map((each) => {
        const row = record(each, 'log');
        return { id: Number(text(row['id'], 'log id')), atMs: Date.parse(text(row['date'], 'date')), row };
      });
    },
    wallet: async () => {
      const { accounts } = await callEndpoint(exchange, 'privateGetAccounts');
      const flex = record(record(accounts, 'accounts')['flex'], 'the multi-collateral account');
      const currencies = Object.entries(record(flex['currencies'], 'currencies'));
      return currencies.map(([id, value]) => `${id} ${text(record(value, id)['quantity'], 'quantity')}`).join(', ');
    },
    nowMs: () => performance.now(),
  });
  books.set(exchange, book);
  return book;
}
