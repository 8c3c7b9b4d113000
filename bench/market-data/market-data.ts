/**
 * What the market-data connector costs over bare ccxt: both take the same messages of a simulated exchange, as fast as
 * they can, one after the other in the same run. And a soak: the connector's memory over time at that speed.
 */
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startNode } from '../child.ts';
import { load, machine, type Machine } from '../machine.ts';
import { simControl } from '../sim-control.ts';
import { whileMoving, withSimulator } from '../sim/sim.ts';
import type { ClientFigures, ClientJob, MemoryLine } from './client.ts';
import { capture, startReplay, type Pace } from './replay.ts';

export interface MarketDataBenchOptions {
  readonly seconds: number;
  /** Of each client; the median counts. */
  readonly rounds: number;
  /** Null: no soak. */
  readonly soakMs: number | null;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

export interface MarketDataReport {
  readonly name: 'market-data';
  /** Many messages at once: the latest book is handed on. */
  readonly fast: Comparison;
  /** One message after the other: every book is handed on. */
  readonly singly: Comparison;
  readonly goal: { readonly ratio: number; readonly met: boolean };
  readonly soak: SoakFigures | null;
  readonly machine: Machine;
}

interface Comparison {
  readonly ccxt: Rounds;
  readonly connector: Rounds;
  /** Of messages in a second of processor time: both clients have the same work, the machine may have other. */
  readonly ratio: number;
}

/** Of the round that is the median by `perCpuSecond`, and that figure of every round. */
type Rounds = ClientFigures & { readonly rounds: readonly number[] };

export interface SoakFigures {
  readonly seconds: number;
  readonly messages: number;
  readonly rssMb: readonly number[];
  /** After a collection of garbage: what is in use. The process itself keeps what it once needed. */
  readonly heapMb: readonly number[];
  /** Medians of the second and of the last quarter: after the start, and in the end. */
  readonly secondQuarter: Memory;
  readonly lastQuarter: Memory;
}

interface Memory {
  readonly rssMb: number;
  readonly heapMb: number;
}

const symbol = 'USDC/USDT';
const topic = 'orderbook.50.USDCUSDT';
const capturedMessages = 50;
const goalRatio = 0.8;
const warmupMs = 2_000;

export async function benchMarketData(options: MarketDataBenchOptions): Promise<MarketDataReport> {
  const loadBefore = load();
  return withSimulator('basis-bench-market-', { nodeArguments: [], signal: options.signal }, async (ready) => {
    const { venues, control } = ready;
    const address = venues['bybit'];
    if (address === undefined || control === null) throw new Error('the simulator has no bybit or no control port');
    await simControl(control).setPrice('bybit', symbol, '1.0000');
    const messages = await whileMoving(simControl(control), () =>
      capture(`${address.ws}/v5/public/spot`, topic, capturedMessages),
    );
    options.log(`captured ${messages.length} messages of ${topic}`);
    const [fastReplay, singleReplay] = await Promise.all([
      startReplay(messages, 'fast'),
      startReplay(messages, 'singly'),
    ]);
    const common = { rest: address.rest, symbol, warmupMs, measuredMs: options.seconds * 1_000, reportEveryMs: null };
    try {
      const fast = await compare({ ...common, ws: fastReplay.address }, 'fast', options);
      const singly = await compare({ ...common, ws: singleReplay.address }, 'singly', options);
      const goal = { ratio: goalRatio, met: Math.min(fast.ratio, singly.ratio) >= goalRatio };
      const soak =
        options.soakMs === null ? null : await soakOf({ ...common, ws: fastReplay.address }, options.soakMs, options);
      return { name: 'market-data', fast, singly, goal, soak, machine: machine(loadBefore) };
    } finally {
      await Promise.all([fastReplay.close(), singleReplay.close()]);
    }
  });
}

async function compare(
  job: Omit<ClientJob, 'kind'>,
  pace: Pace,
  { rounds, signal, log }: MarketDataBenchOptions,
): Promise<Comparison> {
  const figures = { ccxt: [] as ClientFigures[], connector: [] as ClientFigures[] };
  for (let round = 1; round <= rounds; round += 1) {
    for (const kind of ['ccxt', 'connector'] as const) {
      const found = await runClient({ ...job, kind }, signal, () => undefined);
      figures[kind].push(found);
      log(
        `${pace}, round ${round}, ${kind}: ${found.perSecond} messages a second, ${found.perCpuSecond} in one of processor time`,
      );
    }
  }
  const [ccxt, connector] = [summary(figures.ccxt), summary(figures.connector)];
  const ratio = Math.round((connector.perCpuSecond / ccxt.perCpuSecond) * 1_000) / 1_000;
  return { ccxt, connector, ratio };
}

function summary(rounds: readonly ClientFigures[]) {
  const sorted = rounds.toSorted((first, second) => first.perCpuSecond - second.perCpuSecond);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('no rounds');
  return { ...middle, rounds: rounds.map(({ perCpuSecond }) => perCpuSecond) };
}

async function soakOf(
  common: Pick<ClientJob, 'rest' | 'ws' | 'symbol' | 'warmupMs'>,
  soakMs: number,
  { signal, log }: MarketDataBenchOptions,
): Promise<SoakFigures> {
  const lines: MemoryLine[] = [];
  const reportEveryMs = Math.min(10_000, soakMs / 8);
  const job: ClientJob = { ...common, kind: 'connector', measuredMs: soakMs, reportEveryMs };
  const { messages } = await runClient(job, signal, (line) => {
    lines.push(line);
    log(
      `soak, ${Math.round(line.atMs / 1_000)} s: RSS ${line.rssMb} MB, heap ${line.heapMb} MB after ${line.messages} messages`,
    );
  });
  const quarter = Math.floor(lines.length / 4);
  return {
    seconds: soakMs / 1_000,
    messages,
    rssMb: lines.map(({ rssMb }) => rssMb),
    heapMb: lines.map(({ heapMb }) => heapMb),
    secondQuarter: medianOf(lines.slice(quarter, 2 * quarter)),
    lastQuarter: medianOf(lines.slice(-quarter)),
  };
}

function medianOf(lines: readonly MemoryLine[]): Memory {
  return { rssMb: median(lines.map(({ rssMb }) => rssMb)), heapMb: median(lines.map(({ heapMb }) => heapMb)) };
}

function median(values: readonly number[]): number {
  return values.toSorted((first, second) => first - second)[Math.floor(values.length / 2)] ?? 0;
}

async function runClient(
  job: ClientJob,
  signal: AbortSignal,
  onMemory: (line: MemoryLine) => void,
): Promise<ClientFigures> {
  const entry = fileURLToPath(new URL('client.ts', import.meta.url));
  // For the heap that is left after a collection.
  const { process: child, ended } = startNode(['--expose-gc', entry, JSON.stringify(job)], signal);
  let figures: ClientFigures | null = null;
  for await (const line of createInterface(child.stdout)) {
    const read: ClientFigures | MemoryLine = JSON.parse(line);
    if ('rssMb' in read) onMemory(read);
    else figures = read;
  }
  await ended;
  signal.throwIfAborted();
  if (figures === null) throw new Error(`the client ${job.kind} ended without figures`);
  return figures;
}

export function marketDataText({ fast, singly, goal, soak, machine: made }: MarketDataReport): string {
  const lines = [
    ...[fast, singly].flatMap(({ ccxt, connector, ratio }) => [
      shown('bare ccxt', ccxt),
      shown('connector', connector),
      `ratio ${ratio}`,
    ]),
    `goal ${goal.ratio} of both: ${goal.met ? 'met' : 'not met'}`,
  ];
  if (soak !== null) {
    const { seconds, messages, secondQuarter: early, lastQuarter: late } = soak;
    lines.push(
      `soak: ${seconds} s, ${messages} messages, RSS ${early.rssMb} → ${late.rssMb} MB, heap ${early.heapMb} → ${late.heapMb} MB`,
    );
  }
  lines.push(`machine: ${made.cores} × ${made.cpu}, ${made.memoryGb} GB, ${made.platform}, Node ${made.node}`);
  return [...lines, `load: ${made.loadBefore} before, ${made.loadAfter} after`].join('\n');
}

function shown(name: string, { perSecond, perCpuSecond, messages, books, rounds }: Rounds): string {
  const perBook = Math.round(messages / Math.max(books, 1));
  const rate = `${perCpuSecond} messages in a second of processor time (rounds ${rounds.join(', ')})`;
  return `${name}: ${rate}; ${perSecond} a second here, a book after ${perBook}`;
}
