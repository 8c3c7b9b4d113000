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
import { capture, startReplay } from './replay.ts';

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
  /** Messages a second, median of the rounds. */
  readonly ccxt: ClientFigures & { readonly rounds: readonly number[] };
  readonly connector: ClientFigures & { readonly rounds: readonly number[] };
  readonly ratio: number;
  readonly goal: { readonly ratio: number; readonly met: boolean };
  readonly soak: SoakFigures | null;
  readonly machine: Machine;
}

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
    const replay = await startReplay(messages);
    const common = { rest: address.rest, ws: replay.address, symbol, warmupMs };
    try {
      const rounds = await compare({ ...common, measuredMs: options.seconds * 1_000, reportEveryMs: null }, options);
      const soak = options.soakMs === null ? null : await soakOf(common, options.soakMs, options);
      return { name: 'market-data', ...rounds, soak, machine: machine(loadBefore) };
    } finally {
      await replay.close();
    }
  } finally {
    simulator.child.kill('SIGTERM');
    await simulator.ended;
    rmSync(home, { recursive: true, force: true });
  }
}

async function compare(job: Omit<ClientJob, 'kind'>, { rounds, signal, log }: MarketDataBenchOptions) {
  const figures = { ccxt: [] as ClientFigures[], connector: [] as ClientFigures[] };
  for (let round = 1; round <= rounds; round += 1) {
    for (const kind of ['ccxt', 'connector'] as const) {
      const found = await runClient({ ...job, kind }, signal, () => undefined);
      figures[kind].push(found);
      log(`round ${round}, ${kind}: ${found.perSecond} messages a second`);
    }
  }
  const [ccxt, connector] = [summary(figures.ccxt), summary(figures.connector)];
  const ratio = Math.round((connector.perSecond / ccxt.perSecond) * 1_000) / 1_000;
  return { ccxt, connector, ratio, goal: { ratio: goalRatio, met: ratio >= goalRatio } };
}

function summary(rounds: readonly ClientFigures[]) {
  const sorted = rounds.toSorted((first, second) => first.perSecond - second.perSecond);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('no rounds');
  return { ...middle, rounds: rounds.map(({ perSecond }) => perSecond) };
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

export function marketDataText({ ccxt, connector, ratio, goal, soak, machine: made }: MarketDataReport): string {
  const lines = [
    `messages a second, bare ccxt: ${ccxt.perSecond} (rounds ${ccxt.rounds.join(', ')})`,
    `messages a second, connector: ${connector.perSecond} (rounds ${connector.rounds.join(', ')})`,
    `ratio ${ratio}; goal ${goal.ratio}: ${goal.met ? 'met' : 'not met'}`,
  ];
  if (soak !== null) {
    lines.push(
      `soak: ${soak.seconds} s, ${soak.messages} messages, RSS ${soak.secondQuarterMb} → ${soak.lastQuarterMb} MB`,
    );
  }
  lines.push(`machine: ${made.cores} × ${made.cpu}, ${made.memoryGb} GB, ${made.platform}, Node ${made.node}`);
  return [...lines, `load: ${made.loadBefore} before, ${made.loadAfter} after`].join('\n');
}
