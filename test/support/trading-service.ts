/**
 * The whole service for one test file: simulated exchanges as a process, a database and a namespace of its own, and
 * the real workers with their real activities in this process. Only the stack around them is the test run's.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { z } from 'zod';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { accountSymbols } from '../../src/cli/start/bootstrap.ts';
import { simConfig } from '../../src/cli/start/sim-config.ts';
import type { Comparison } from '../../src/domain/reconciliation/comparison.ts';
import { zero } from '../../src/domain/decimal.ts';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import {
  accountWatchWorkflowId,
  basisTaskQueue,
  marketTaskQueue,
  positionWorkflowId,
  venueReadTaskQueue,
  venueTaskQueue,
  workflowTypes,
} from '../../src/domain/names.ts';
import type { PositionInput, PositionView } from '../../src/domain/position-state.ts';
import { positionKey } from '../../src/domain/position.ts';
import { makeUlid } from '../../src/domain/ulid.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { keyVariables } from '../../src/stack/home/account-keys.ts';
import { prepareNamespace } from '../../src/stack/servers/prepare-namespace.ts';
import { planCandidate } from '../../src/strategy/admission.ts';
import { createTemporalLogger } from '../../workers/logging.ts';
import type { basisPosition } from '../../workflows/basis-position.ts';
import { marketKinds } from '../../workers/pairs.ts';
import { createWorker } from '../../workers/runtime.ts';
import {
  accountActivities,
  admissionRules,
  basisActivities,
  buildLedger,
  buildMarketData,
  buildVenue,
  candidateOf,
  freeBalances,
  loadPairs,
  marketActivities,
  prepareAccount,
  reservationLimits,
  withListedPairs,
  type Surroundings,
} from '../../workers/wiring.ts';
import { startSim, testBundle, testDatabase, testTemporal, type RunningSim } from './services.ts';
import type { Direction } from '../../src/domain/direction.ts';

const quiet = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'fatal' });
Runtime.install({ logger: createTemporalLogger(quiet) });

export type PositionHandle = WorkflowHandle<typeof basisPosition>;

export interface TradingService {
  readonly config: Config;
  readonly client: Client;
  readonly ledger: Ledger;
  readonly sim: RunningSim;
  readonly anchor: ClockAnchor;
  /** What a command of this service needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The accounts' keys, for a command that reaches the venues itself. */
  readonly keys: Readonly<Record<string, string>>;
  /** The simulated exchanges' control API. @throws AssertionError on a refusal */
  control(method: string, path: string, body?: object): Promise<unknown>;
  /** Sets both order books of the first pair around these prices, so that s·B of either side is known. */
  setPrices(spot: string, perp: string): Promise<void>;
  /** A position as `basis open --yes` makes it, at whatever gap there is. */
  openPosition(
    direction: Direction,
    change?: (input: PositionInput) => PositionInput | Promise<PositionInput>,
  ): Promise<PositionHandle>;
  /** A position from a state of one's choice. */
  startPosition(input: Pick<PositionInput, 'plan' | 'state' | 'orders'>): Promise<PositionHandle>;
  /** Waits until the position's status is one of these. */
  untilStatus(handle: PositionHandle, ...statuses: PositionView['status'][]): Promise<PositionView>;
  compare(): Promise<Comparison>;
  /** Takes the worker of an account's reads away, and puts another in its place after `meanwhile`. */
  replaceReads(account: string, meanwhile: () => Promise<void>): Promise<void>;
  /** Venue orders by client order id, over both venues. */
  venueOrders(): Promise<Map<string, number>>;
  stop(): Promise<void>;
}

/** The demo's configuration, with the market under the test's control and at the given scale. */
export interface TradingServiceOptions {
  readonly scale?: number;
  /** Market time at the start; 01:00 of the tape's first day by default. */
  readonly marketMs?: number;
  readonly change?: (yaml: string) => string;
  /** In place of the timers of the accounts' reads. */
  readonly pause?: (durationMs: number, signal: AbortSignal) => Promise<void>;
  /** Mid prices of the first pair at the start. */
  readonly prices?: readonly [spot: string, perp: string];
}

export async function startTradingService(options: TradingServiceOptions = {}): Promise<TradingService> {
  const scale = options.scale ?? 60;
  // Two settlements lie 8 h apart: at these scales none falls into a test that does not ask for it.
  const gridMs = 8 * 3_600_000;
  const marketMs = options.marketMs ?? Math.ceil(Date.now() / gridMs) * gridMs + 300_000;
  const anchor: ClockAnchor = { wallMs: Date.now(), marketMs, scale, tapeEndMs: null };
  // Stories move prices by more than the demo's profit target, and wait for the reason that they are about.
  const yaml = readFileSync('config/demo.yaml', 'utf8')
    .replace(/scale: \d+/, `scale: ${scale}`)
    .replace('profitTargetPct: 0.1', 'profitTargetPct: 2');
  const config = parseConfig(options.change?.(yaml) ?? yaml, { marketKinds });
  const namespace = `test-${randomBytes(6).toString('hex')}`;
  const temporal = testTemporal();
  const [sim, database] = await Promise.all([
    startSim({ config: simConfigOf(config), anchor }),
    testDatabase(),
    prepareNamespace({ address: temporal.address }, namespace),
  ]);
  const endpointsFile = join(sim.homeDir, 'endpoints.json');
  writeFileSync(endpointsFile, JSON.stringify(sim.venues));
  const stopping = new AbortController();
  const surroundings: Surroundings = {
    config,
    homeDir: sim.homeDir,
    env: { DATABASE_URL: database.databaseUrl, BASIS_ENDPOINTS: endpointsFile, ...keysOf(config, sim) },
    log: quiet,
    stopping: stopping.signal,
    isLive: false,
  };
  const control = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${sim.control}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    assert.ok(response.ok, JSON.stringify(answer));
    return answer;
  };
  const setPrices = async (spot: string, perp: string): Promise<void> => {
    const [pair] = config.pairs;
    assert.ok(pair);
    await Promise.all(
      [
        { ...pair.spot, centre: spot },
        { ...pair.perp, centre: perp },
      ].map(({ account, symbol, centre }) =>
        control('POST', `/venues/${config.accounts[account]?.venue}/prices`, { symbol, centre }),
      ),
    );
  };
  await setPrices(...(options.prices ?? (['0.9996', '0.9990'] as const)));

  const connection = await NativeConnection.connect({ address: temporal.address });
  const client = new Client({ connection: await Connection.connect({ address: temporal.address }), namespace });
  const ledger = buildLedger(surroundings);
  const marketData = await buildMarketData(surroundings);
  const accounts = Object.keys(config.accounts);
  const venues = await Promise.all(accounts.map((account) => buildVenue(surroundings, account)));
  for (const venue of venues) await prepareAccount(surroundings, venue);
  const workers: Worker[] = [
    await createWorker(connection, namespace, {
      taskQueue: basisTaskQueue,
      activities: basisActivities(surroundings, ledger),
      workflowBundle: { codePath: testBundle() },
    }),
    await createWorker(connection, namespace, {
      taskQueue: marketTaskQueue,
      activities: await marketActivities(surroundings, ledger, marketData),
    }),
  ];
  const readWorkers = new Map<string, ReadWorker>();
  for (const venue of venues) {
    const { orders, reads } = accountActivities(
      surroundings,
      ledger,
      venue,
      options.pause === undefined ? {} : { pause: options.pause },
    );
    workers.push(
      await createWorker(connection, namespace, { taskQueue: venueTaskQueue(venue.account), activities: orders }),
    );
    readWorkers.set(venue.account, {
      make: () =>
        createWorker(connection, namespace, { taskQueue: venueReadTaskQueue(venue.account), activities: reads }),
      worker: null,
    });
  }
  const running = workers.map((worker) => worker.run());
  const startReads = async (reads: ReadWorker): Promise<void> => {
    const worker = await reads.make();
    workers.push(worker);
    reads.worker = { shutdown: () => worker.shutdown(), ended: worker.run() };
    running.push(reads.worker.ended);
  };
  for (const reads of readWorkers.values()) await startReads(reads);
  const symbols = accountSymbols(await withListedPairs(config, marketData));
  await Promise.all(
    symbols.map((account) =>
      client.workflow.start(workflowTypes.accountWatch, {
        workflowId: accountWatchWorkflowId(account.account),
        taskQueue: basisTaskQueue,
        args: [{ ...account, anchor }],
      }),
    ),
  );
  await eventually(async () =>
    (await Promise.all(accounts.map((account) => ledger.latestReading(account)))).every((reading) => reading !== null),
  );

  const defaults = (): Omit<PositionInput, 'plan'> => ({
    needs: [],
    limits: reservationLimits(config, 'client'),
    anchor,
    source: 'client',
    shard: '0',
    state: { kind: 'reserving' },
    orders: [],
  });
  const start = (input: PositionInput): Promise<PositionHandle> =>
    client.workflow.start<typeof basisPosition>(workflowTypes.position, {
      workflowId: positionWorkflowId(input.plan.key),
      taskQueue: basisTaskQueue,
      args: [input],
    });

  return {
    config,
    client,
    ledger,
    sim,
    anchor,
    env: {
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: namespace,
      DATABASE_URL: database.databaseUrl,
      BASIS_ENDPOINTS: endpointsFile,
    },
    keys: keysOf(config, sim),
    control,
    setPrices,
    async openPosition(direction, change = (input) => input) {
      const [pair] = await loadPairs(config, marketData);
      assert.ok(pair);
      const rules = admissionRules(config);
      const planned = planCandidate({
        key: positionKey(
          pair.asset,
          pair.spot.instrument.venue,
          pair.perp.instrument.venue,
          direction,
          makeUlid(Date.now(), Math.random),
        ),
        book: config.book,
        candidate: await candidateOf({ config, ledger, marketData }, pair, direction, marketMs),
        rules: { ...rules, strategy: { ...rules.strategy, entryBps: '-1000', anyReturn: true } },
        pairExposureUsd: zero,
        freeOf: await freeBalances(ledger, pair),
        nowWallMs: Date.now(),
        nowMarketMs: marketMs,
      });
      assert.equal(planned.kind, 'planned', JSON.stringify(planned));
      assert.ok(planned.kind === 'planned');
      const { plan, needs } = planned;
      return start(await change({ ...defaults(), plan, needs }));
    },
    startPosition: (input) => start({ ...defaults(), ...input }),
    async untilStatus(handle, ...statuses) {
      let view: PositionView | null = null;
      await eventually(
        async () => {
          view = await handle.query<PositionView>('position');
          return statuses.includes(view.status);
        },
        () => `status ${view?.status}, wanted ${statuses.join(' or ')}: ${JSON.stringify(view?.state)}`,
      );
      assert.ok(view);
      return view;
    },
    compare: () =>
      client.workflow.execute(workflowTypes.comparison, {
        workflowId: `comparison/${randomBytes(4).toString('hex')}`,
        taskQueue: basisTaskQueue,
        args: [{ accounts: symbols }],
      }),
    async replaceReads(account, meanwhile) {
      const reads = readWorkers.get(account);
      assert.ok(reads?.worker);
      reads.worker.shutdown();
      await reads.worker.ended;
      await meanwhile();
      await startReads(reads);
    },
    async venueOrders() {
      const counts = new Map<string, number>();
      for (const venue of Object.keys(sim.venues)) {
        for (const { clientOrderId } of ordersSchema.parse(await control('GET', `/venues/${venue}/orders`))) {
          counts.set(clientOrderId, (counts.get(clientOrderId) ?? 0) + 1);
        }
      }
      return counts;
    },
    async stop() {
      stopping.abort();
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.all(running);
      await Promise.all(venues.map((venue) => venue.close()));
      await marketData.close();
      await ledger.close();
      await client.connection.close();
      await connection.close();
      await sim.stop();
      await database.drop();
    },
  };
}

interface ReadWorker {
  readonly make: () => Promise<Worker>;
  worker: { readonly shutdown: () => void; readonly ended: Promise<void> } | null;
}

const ordersSchema = z.array(z.object({ clientOrderId: z.string() }));

/** Waits for an effect, not for a time. @throws Error with the complaint after half a minute */
export async function eventually(
  holds: () => Promise<boolean>,
  complaint: () => string = () => 'it never came',
  timeoutMs = 40_000,
): Promise<void> {
  const endsAtMs = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > endsAtMs) throw new Error(complaint());
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** The configuration's accounts, fees and balances as a start would simulate them, on a market without a tape. */
function simConfigOf(config: Config): Record<string, unknown> {
  assert.ok(config.simulation);
  const model = { ...config.simulation.model, refillMs: 200 };
  const simulated = { ...config, simulation: { ...config.simulation, model } };
  return { ...simConfig(simulated, { ports: {}, credentials: {} }), tape: null };
}

function keysOf(config: Config, sim: RunningSim): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config.accounts).flatMap(([name, { venue }]) => {
      const { apiKey = '', secret = '', password = '' } = sim.venues[venue]?.credentials ?? {};
      return Object.entries(keyVariables(name, { apiKey, secret, password })).filter(([, value]) => value !== '');
    }),
  );
}
