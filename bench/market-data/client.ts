/**
 * One client of the replay, in a process of its own: `node bench/market-data/client.ts '<job as JSON>'`. Prints one JSON
 * line of figures; with `reportEveryMs` also one line of memory at each such time.
 */
import http from 'node:http';
import { pro } from 'ccxt';
import { createMarketData } from '../../src/venues/markets/market-data.ts';

export interface ClientJob {
  readonly kind: 'ccxt' | 'connector';
  readonly rest: string;
  readonly ws: string;
  readonly symbol: string;
  readonly warmupMs: number;
  readonly measuredMs: number;
  readonly reportEveryMs: number | null;
}

export interface ClientFigures {
  /** Messages that ccxt has applied to the order book. */
  readonly messages: number;
  readonly perSecond: number;
  /** Of the client's own processor time: what other work on the machine does not change. */
  readonly perCpuSecond: number;
  /** Times that the latest book was handed on: a slow taker gets the latest state, not every message. */
  readonly books: number;
}

export interface MemoryLine {
  readonly atMs: number;
  readonly rssMb: number;
  /** In use after a collection of garbage. */
  readonly heapMb: number;
  readonly messages: number;
}

const depth = 50;
const counted = { messages: 0, books: 0 };

/** Counts in both clients alike, on what they share. */
function countMessages(): void {
  const name = 'handleOrderBook';
  const handle: unknown = Reflect.get(pro.bybit.prototype, name);
  if (typeof handle !== 'function') throw new Error(`ccxt has no ${name} any more`);
  Reflect.set(pro.bybit.prototype, name, function count(this: unknown, ...given: unknown[]): unknown {
    counted.messages += 1;
    return Reflect.apply(handle, this, given);
  });
}

async function runCcxt({ rest, ws, symbol }: ClientJob): Promise<void> {
  const exchange = new pro.bybit({
    httpAgent: new http.Agent(),
    fetchImplementation: (address: string, options: RequestInit) =>
      fetch(address.replace(/^https:..[^/]+/, rest), options),
  });
  exchange.urls['api'] = JSON.parse(JSON.stringify(exchange.urls['api']).replace(/wss:..[^/"]+/g, ws));
  exchange.has['fetchCurrencies'] = false;
  for (;;) {
    await exchange.watchOrderBook(symbol, depth);
    counted.books += 1;
  }
}

async function runConnector({ rest, ws, symbol }: ClientJob): Promise<void> {
  const market = createMarketData({
    endpoints: { bybit: { rest, ws } },
    clock: { nowMs: () => Date.now() },
    log: { info: () => undefined, warn: (_fields, message) => process.stderr.write(`${message}\n`) },
  });
  await market.watch([{ venue: 'bybit', symbol }], () => (counted.books += 1), new AbortController().signal);
}

function memory(): { readonly rssMb: number; readonly heapMb: number } {
  const rssMb = Math.round(process.memoryUsage.rss() / 2 ** 20);
  if (globalThis.gc === undefined) throw new Error('started without --expose-gc');
  globalThis.gc();
  return { rssMb, heapMb: Math.round((process.memoryUsage().heapUsed / 2 ** 20) * 10) / 10 };
}

const job: ClientJob = JSON.parse(process.argv[2] ?? '');
countMessages();
(job.kind === 'ccxt' ? runCcxt(job) : runConnector(job)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
while (counted.messages === 0) await new Promise((resolve) => setTimeout(resolve, 10));
await new Promise((resolve) => setTimeout(resolve, job.warmupMs));
const startedAt = performance.now();
const before = { ...counted };
const cpuBefore = process.cpuUsage();
if (job.reportEveryMs !== null) {
  setInterval(() => {
    const atMs = Math.round(performance.now() - startedAt);
    const line: MemoryLine = { atMs, ...memory(), messages: counted.messages };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }, job.reportEveryMs);
}
await new Promise((resolve) => setTimeout(resolve, job.measuredMs));
const messages = counted.messages - before.messages;
const perSecond = Math.round(messages / ((performance.now() - startedAt) / 1_000));
const { user, system } = process.cpuUsage(cpuBefore);
const perCpuSecond = Math.round(messages / ((user + system) / 1e6));
const figures: ClientFigures = { messages, perSecond, perCpuSecond, books: counted.books - before.books };
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0));
