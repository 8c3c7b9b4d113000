/**
 * What the market-data connector costs over bare ccxt: both take the same messages of a simulated exchange, as fast as
 * they can, one after the other in the same run. And a soak: the connector's memory over time at that speed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { load, machine, type Machine } from '../machine.ts';
import { simControl } from '../sim-control.ts';
import { keepMoving, startSimulator } from '../sim/sim.ts';
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
  /** Medians of the second and of the last quarter: after the start, and in the end. */
  readonly secondQuarterMb: number;
  readonly lastQuarterMb: number;
}

const symbol = 'USDC/USDT';
const topic = 'orderbook.50.USDCUSDT';
const capturedMessages = 50;
const goalRatio = 0.8;
const warmupMs = 2_000;

export async function benchMarketData(options: MarketDataBenchOptions): Promise<MarketDataReport> {
  const loadBefore = load();
  const home = mkdtempSync(join(tmpdir(), 'basis-bench-market-'));
  const simulator = await startSimulator(home, { nodeArguments: [], signal: options.signal });
  try {
    const { venues, control } = simulator.ready;
    const address = venues['bybit'];
    if (address === undefined || control === null) throw new Error('the simulator has no bybit or no control port');
    await simControl(control).setPrice('bybit', symbol, '1.0000');
    const moving = keepMoving(simControl(control));
    const messages = await capture(`${address.ws}/v5/public/spot`, topic, capturedMessages);
    await moving.stop();
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
  } finally {
    simulator.child.kill('SIGTERM');
    await simulator.ended;
    rmSync(home, { recursive: true, force: true });
  }
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
  const rssMb: number[] = [];
  const reportEveryMs = Math.min(10_000, soakMs / 8);
  const job: ClientJob = { ...common, kind: 'connector', measuredMs: soakMs, reportEveryMs };
  const { messages } = await runClient(job, signal, (line) => {
    rssMb.push(line.rssMb);
    log(`soak, ${Math.round(line.atMs / 1_000)} s: ${line.rssMb} MB after ${line.messages} messages`);
  });
  const quarter = Math.floor(rssMb.length / 4);
  return {
    seconds: soakMs / 1_000,
    messages,
    rssMb,
    secondQuarterMb: median(rssMb.slice(quarter, 2 * quarter)),
    lastQuarterMb: median(rssMb.slice(-quarter)),
  };
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
  const child = spawn(process.execPath, [entry, JSON.stringify(job)], { stdio: ['ignore', 'pipe', 'inherit'], signal });
  const ended = once(child, 'exit');
  let figures: ClientFigures | null = null;
  for await (const line of createInterface(child.stdout)) {
    const read: ClientFigures | MemoryLine = JSON.parse(line);
    if ('rssMb' in read) onMemory(read);
    else figures = read;
  }
  await ended;
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
    lines.push(
      `soak: ${soak.seconds} s, ${soak.messages} messages, RSS ${soak.secondQuarterMb} → ${soak.lastQuarterMb} MB`,
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
