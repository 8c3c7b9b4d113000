/**
 * The log of an account, kept: it books funding, which is paid each hour and whenever the position changes, and what a
 * liquidation costs. Each row changes a balance, so the history service, which has a hundred requests in ten minutes for
 * all that is asked of it, is asked only after a balance has changed.
 */
import type { ExactExchange } from '../exchange.ts';
import { list, record, text, textOrNull, type RawRecord } from './raw.ts';
import { callEndpoint } from './usual.ts';

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
  /** Changes of balances from a market time; rows of the sizes of positions are left out. */
  since(sinceMs: number): Promise<readonly LogRow[]>;
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

export function createLogBook(source: LogSource): LogBook {
  const kept = new Map<number, LogRow>();
  let coveredFromMs = Infinity;
  let nextId: number | null = null;
  let isComplete = false;
  let wallet = '';
  let readAtMs = -Infinity;
  let confirmAtMs = Infinity;
  let news = mostNews;
  let newsCountedAtMs = source.nowMs();

  async function readOn(firstCount: number): Promise<void> {
    let count = firstCount;
    for (;;) {
      const rows = await source.page(nextId === null ? { since: coveredFromMs } : { from: nextId }, count);
      for (const each of rows) {
        if (isOfBalance(each.row)) kept.set(each.id, each);
        nextId = Math.max(nextId ?? 0, each.id + 1);
      }
      if (rows.length < count) break;
      count = rowsOnPage;
    }
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
    if (sinceMs < coveredFromMs || !isComplete) await cover(sinceMs);
    else await readNews();
  }

  return {
    async since(sinceMs) {
      const read = turn.catch(() => undefined).then(() => readSince(sinceMs));
      turn = read;
      await read;
      return [...kept.values()].filter(({ atMs }) => atMs >= sinceMs).sort((left, right) => left.id - right.id);
    },
  };
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
