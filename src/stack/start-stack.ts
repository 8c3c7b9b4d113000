/**
 * The whole service on one machine: PostgreSQL, Temporal, simulated exchanges, workers.
 *
 * Servers start side by side, workers when all servers are ready. An external Temporal server or PostgreSQL
 * (DATABASE_URL) is used where one is named. A start that fails ends what it had started, and waits for it.
 */
import { resolve } from 'node:path';
import { checkAccountNames } from './home/account-keys.ts';
import { forgetAnchor, homeAnchor, readAnchor } from './home/anchor-file.ts';
import { archiveHome } from './home/archive-home.ts';
import { EndedBeforeReady } from './processes/managed-child.ts';
import { writeStackAddresses } from './home/stack-file.ts';
import type { Stack, StackOptions } from './stack-options.ts';
import { metricsUrls } from './workers/metrics-urls.ts';
import { chooseStackPorts, metricsPortName, venuePortName } from './servers/stack-ports.ts';
import { startDatabase, startSim, startTemporal } from './servers/start-servers.ts';
import type { StackStart } from './servers/start-servers.ts';
import { measuredWorkers, startWorkers } from './workers/start-workers.ts';
import { createSupervisor } from './processes/supervisor.ts';
import type { Supervisor } from './processes/supervisor.ts';
import { timed } from './timed.ts';
import { together } from './processes/together.ts';
import { workflowBundle } from './workers/workflow-bundle.ts';

/** @throws HomeBusyError, or with the reason why a part did not become ready; nothing is left running then. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { homeDir, log, signal } = options;
  checkAccountNames(options.accounts.map((account) => account.name));
  if (options.fresh === true) {
    const folder = await archiveHome(homeDir);
    if (folder !== null) log(`the old state is in ${folder}`);
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (signal?.aborted === true) throw new Error('stopped before it was ready', { cause: error });
      // Ports are chosen before they are bound: another program may have taken one in between.
      if (attempt === STARTS || !(error instanceof EndedBeforeReady)) throw error;
      log(`${error.message}; starting again`);
    }
  }
}

const STARTS = 3;

/** @throws the first reason why it failed, when every part of it has ended. */
async function startOnce(options: StackOptions): Promise<Stack> {
  const { homeDir, log, signal } = options;
  signal?.throwIfAborted();
  const supervisor = await createSupervisor({ homeDir, log });
  const wasReady = readAnchor(homeDir) !== null;
  const givenUp = new AbortController();
  const giveUp = (): void => {
    givenUp.abort();
    // What it throws is told where it is waited for.
    supervisor.stop().catch(() => undefined);
  };
  signal?.addEventListener('abort', giveUp, { once: true });
  if (signal?.aborted === true) giveUp();
  try {
    return await startParts(options, supervisor, givenUp.signal, giveUp);
  } catch (error) {
    giveUp();
    await stopAfter(error, supervisor);
    if (!wasReady) forgetAnchor(homeDir);
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

/** Nobody starts again over a process that could not be ended. */
async function stopAfter(reason: unknown, supervisor: Supervisor): Promise<void> {
  try {
    await supervisor.stop();
  } catch (error) {
    const words = [reason, error].map((one) => (one instanceof Error ? one.message : String(one)));
    throw new Error(words.join('; and '), { cause: error });
  }
}

async function startParts(
  options: StackOptions,
  supervisor: Supervisor,
  signal: AbortSignal,
  giveUp: () => void,
): Promise<Stack> {
  const { homeDir, log } = options;
  const startedAtMs = Date.now();
  const accounts = options.accounts.map((account) => account.name);
  const venues = [...new Set(options.accounts.map((account) => account.venue))];
  const measured = measuredWorkers(options);
  const names = [...venues.map(venuePortName), ...measured.map(metricsPortName)];
  const ports = await chooseStackPorts(options.ports ?? {}, supervisor.ports(), names, log);
  supervisor.setPorts(ports);
  const start: StackStart = { options, supervisor, ports, accounts, venues, signal, giveUp };
  const database = timed(log, 'PostgreSQL', () => checkedDatabase(start));
  // The exchanges of a home that was ready once refuse other accounts too, but do not know which positions need them.
  const exchanges = async () => {
    if (readAnchor(homeDir) !== null) await database;
    return startSim(start);
  };
  const [databaseUrl, temporal, sim, bundle] = await together(
    [
      database,
      timed(log, 'Temporal', () => startTemporal(start)),
      options.simConfig === null ? null : timed(log, 'simulated exchanges', exchanges),
      timed(log, 'workflow bundle', () => workflowBundle(homeDir, signal)),
    ],
    giveUp,
  );
  const { temporalAddress, namespace, uiUrl } = temporal;
  const endpointsFile = sim?.file ?? null;
  writeStackAddresses(homeDir, {
    temporalAddress,
    namespace,
    uiUrl,
    databaseUrl,
    endpointsFile,
    configPath: resolve(options.configPath),
  });
  const home = homeAnchor(homeDir, options.clock);
  const addresses = {
    ...temporal.env,
    DATABASE_URL: databaseUrl,
    BASIS_ENDPOINTS: sim?.file,
    BASIS_FEED: sim?.feedUrl ?? undefined,
  };
  await startWorkers(start, addresses, sim?.credentials ?? null, bundle);
  const startedInMs = Date.now() - startedAtMs;
  log(`ready in ${(startedInMs / 1000).toFixed(1)} s`);
  return {
    temporalAddress,
    namespace,
    uiUrl,
    databaseUrl,
    endpoints: sim?.endpoints ?? {},
    controlUrl: sim?.controlUrl ?? null,
    metricsUrls: metricsUrls(ports, measured, uiUrl !== null),
    anchor: home.anchor,
    isNewHome: home.isNew,
    startedInMs,
    status: () => supervisor.status(),
    onEvent: (listener) => supervisor.onEvent(listener),
    stop: () => supervisor.stop(),
  };
}

/** The ledger, and no word against it. */
async function checkedDatabase(start: StackStart): Promise<string> {
  const databaseUrl = await startDatabase(start);
  await start.options.checkLedger?.(databaseUrl);
  return databaseUrl;
}
