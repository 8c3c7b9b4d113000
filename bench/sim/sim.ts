/**
 * How fast the simulated exchanges are: order round trips over HTTP, and market-data messages out of their websockets.
 * They run as users run them, journal and fsync included, in a process of their own; the load comes from another.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Ready } from '../../src/sim/simulator.ts';
import { startNode } from '../child.ts';
import { load, machine, type Machine } from '../machine.ts';
import { simControl, type SimControl } from '../sim-control.ts';
import type { OrdersFigures, OrdersJob, StreamsFigures, StreamsJob } from './load.ts';

export interface SimBenchOptions {
  readonly seconds: number;
  /** Of each venue. */
  readonly connections: number;
  readonly subscribers: number;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  /** Arguments of Node for the simulator, such as `--cpu-prof`. */
  readonly nodeArguments: readonly string[];
}

export interface SimReport {
  readonly name: 'sim';
  readonly orders: OrdersFigures & { readonly venues: number; readonly connections: number; readonly goal: Goal };
  readonly streams: StreamsFigures & { readonly connections: number; readonly offered: number; readonly goal: Goal };
  readonly machine: Machine;
}

interface Goal {
  readonly perSecond: number;
  readonly met: boolean;
}

const tradedVenues = ['bybit', 'binanceusdm', 'okx'] as const;
const spot = { venue: 'bybit', symbol: 'USDC/USDT' } as const;
const perpetual = { venue: 'bybit', symbol: 'USDC/USDT:USDT' } as const;
const topics = ['orderbook.50', 'orderbook.1', 'tickers'];
/** The venues look for what changed ten times a second. */
const passesPerSecond = 10;
const warmupMs = 3000;

export async function benchSim(options: SimBenchOptions): Promise<SimReport> {
  const loadBefore = load();
  return withSimulator('basis-bench-sim-', options, async (ready) => {
    if (ready.control === null) throw new Error('no control port');
    const control = simControl(ready.control);
    for (const venue of tradedVenues) await control.setPrice(venue, symbolOf(venue), '1.0000');
    await control.setPrice(perpetual.venue, perpetual.symbol, '1.0000');
    const measuredMs = options.seconds * 1000;

    options.log(`orders: ${tradedVenues.length} venues, ${options.connections} connections each`);
    const orders = await runLoad<OrdersFigures>(ordersJob(ready, options.connections, measuredMs), options.signal);
    if (orders.refused > 0) throw new Error(`${orders.refused} orders were refused`);

    options.log(`streams: ${options.subscribers} connections`);
    const streams = await whileMoving(control, () =>
      runLoad<StreamsFigures>(streamsJob(ready, options.subscribers, measuredMs), options.signal),
    );
    const venues = tradedVenues.length;
    const offered = options.subscribers * topics.length * passesPerSecond;
    return {
      name: 'sim',
      orders: { ...orders, venues, connections: venues * options.connections, goal: goal(5000, orders) },
      streams: { ...streams, connections: options.subscribers, offered, goal: goal(50_000, streams) },
      machine: machine(loadBefore),
    };
  });
}

export function simReportText({ orders, streams, machine: made }: SimReport): string {
  const verdict = ({ perSecond, met }: Goal): string => `goal ${perSecond}: ${met ? 'met' : 'not met'}`;
  const { p50Ms, p99Ms } = orders.roundTrip;
  return [
    `order round trips a second: ${orders.perSecond} (${verdict(orders.goal)})`,
    `  ${orders.venues} venues, ${orders.connections} connections, p50 ${p50Ms} ms, p99 ${p99Ms} ms`,
    `market-data messages a second: ${streams.perSecond} of ${streams.offered} offered (${verdict(streams.goal)})`,
    `  ${streams.connections} connections, ${streams.megabytesPerSecond} MB/s`,
    `machine: ${made.cores} × ${made.cpu}, ${made.memoryGb} GB, ${made.platform}, Node ${made.node}`,
    `load: ${made.loadBefore} before, ${made.loadAfter} after`,
  ].join('\n');
}

function goal(perSecond: number, figures: { readonly perSecond: number }): Goal {
  return { perSecond, met: figures.perSecond >= perSecond };
}

function symbolOf(venue: (typeof tradedVenues)[number]): string {
  return venue === 'binanceusdm' ? 'USDC/USDT:USDT' : 'USDC/USDT';
}

function ordersJob({ venues }: Ready, connectionsEach: number, measuredMs: number): OrdersJob {
  return {
    kind: 'orders',
    venues: tradedVenues.map((venue) => {
      const address = venues[venue];
      if (address === undefined) throw new Error(`no ${venue}`);
      return { venue, rest: address.rest, keys: address.credentials };
    }),
    connectionsEach,
    warmupMs,
    measuredMs,
  };
}

/** Half of the connections on spot, half on the perpetual; each is sent every topic of its market. */
function streamsJob({ venues }: Ready, connections: number, measuredMs: number): StreamsJob {
  const ws = venues[spot.venue]?.ws ?? '';
  const subscribe = JSON.stringify({ op: 'subscribe', args: topics.map((topic) => `${topic}.USDCUSDT`) });
  return {
    kind: 'streams',
    venues: ['spot', 'linear'].map((category) => ({ address: `${ws}/v5/public/${category}`, subscribe })),
    connectionsEach: Math.floor(connections / 2),
    warmupMs,
    measuredMs,
  };
}

/** Meanwhile prices are others whenever the venues look: they change more often, and come back only after a while. */
export async function whileMoving<T>(control: SimControl, use: () => Promise<T>): Promise<T> {
  const stopping = new AbortController();
  const move = async (): Promise<void> => {
    for (let step = 0; !stopping.signal.aborted; step += 1) {
      const price = `1.00${String(step % 50).padStart(2, '0')}`;
      await Promise.all([spot, perpetual].map(({ venue, symbol }) => control.setPrice(venue, symbol, price)));
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  };
  const [result] = await Promise.all([use().finally(() => stopping.abort()), move()]);
  return result;
}

/** Runs `use` on simulated exchanges in a home of their own, and leaves neither behind, whatever happens. */
export async function withSimulator<T>(
  prefix: string,
  { nodeArguments, signal }: Pick<SimBenchOptions, 'nodeArguments' | 'signal'>,
  use: (ready: Ready) => Promise<T>,
): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), prefix));
  try {
    const entry = fileURLToPath(new URL('../../src/sim/main.ts', import.meta.url));
    const args = ['--config', writeConfig(home), '--home', home, '--control', '--json'];
    const { process: child, ended } = startNode([...nodeArguments, entry, ...args], signal);
    try {
      const [line]: unknown[] = await Promise.race([
        once(createInterface(child.stdout), 'line'),
        ended.then((code) => Promise.reject(new Error(`the simulator ended with ${String(code)}`))),
      ]);
      const ready: Ready = JSON.parse(String(line));
      return await use(ready);
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Whose accounts never run dry, and whose depth never does. */
function writeConfig(home: string): string {
  const file = join(home, 'config.json');
  const rich = { USDT: '1000000000', USDC: '1000000000' };
  const venue = {
    rateLimits: false,
    model: { levelQuantity: '1000000000', refillMs: 0 },
    accounts: [{ name: 'main', balances: rich }],
  };
  const venues = Object.fromEntries(tradedVenues.map((name) => [name, venue]));
  writeFileSync(file, JSON.stringify({ tape: null, venues }));
  return file;
}

async function runLoad<T>(job: OrdersJob | StreamsJob, signal: AbortSignal): Promise<T> {
  const entry = fileURLToPath(new URL('load.ts', import.meta.url));
  const { process: child, ended } = startNode([entry, JSON.stringify(job)], signal);
  let text = '';
  for await (const chunk of child.stdout) text += String(chunk);
  const code = await ended;
  signal.throwIfAborted();
  if (code !== 0) throw new Error(`the load ended with ${String(code)}`);
  return JSON.parse(text);
}
