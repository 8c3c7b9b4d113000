/** `npm start`: the whole service on one machine, until it is stopped or `--for` has passed. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Client } from '@temporalio/client';
import type { Config } from '../../config/schema.ts';
import { tapeHasEnded, type ClockAnchor } from '../../domain/market-clock.ts';
import { engineWorkflowId, signalNames, stoppingReason } from '../../domain/names.ts';
import type { PositionStatus } from '../../domain/position.ts';
import type { Ledger } from '../../ports/ledger.ts';
import { readAnchor } from '../../stack/home/anchor-file.ts';
import type { PreferredPorts } from '../../stack/servers/stack-ports.ts';
import type { Stack, StackOptions } from '../../stack/stack-options.ts';
import { startStack } from '../../stack/start-stack.ts';
import { onStopSignal } from '../../stack/processes/stop-signals.ts';
import { startServices } from '../start/bootstrap.ts';
import { parseDuration } from '../text/duration.ts';
import { stopLines, type Stops } from '../engine.ts';
import { BadInput } from '../errors.ts';
import { createOutput, type Output } from '../text/output.ts';
import { readConfig, withCommonOptions, type CommonOptions } from '../options.ts';
import { positionsLink } from './positions.ts';
import { checkHomeOfStart, checkSwitches, demoWindow, recordHomeMode } from '../start/start-checks.ts';
import { followAlerts } from '../alerts/follow-alerts.ts';
import { listedConfig } from '../start/listed-config.ts';
import { checkOpenPositions } from '../start/open-positions-check.ts';
import { readStackAddresses } from '../../stack/home/stack-file.ts';
import { followPositions } from '../positions/follow-positions.ts';
import { reportPage } from '../report/page.ts';
import { simConfig } from '../start/sim-config.ts';
import { summarise, summaryText, unsettledStatuses } from '../start/summary.ts';
import { connectTemporal, externalTemporal, localTemporal, type TemporalTarget } from '../temporal-target.ts';

interface UpOptions extends CommonOptions {
  readonly for?: string;
  readonly fresh: boolean;
  readonly live: boolean;
  readonly control: boolean;
  readonly portBase?: string;
}

/** After `--for`, positions that are opening or closing may take this long to settle. */
const settleMs = 30_000;
/** A close is marked within two seconds, while there are quotes. */
const markedMs = 5_000;

export function upCommand(program: Command): void {
  withCommonOptions(program.command('up', { isDefault: false }))
    .description('start PostgreSQL, Temporal, the simulated exchanges, the workers and the engine; npm start')
    .option('--for <duration>', 'stop this long after ready, such as 120s; nothing is closed by force')
    .option('--fresh', "archive the home's state first and begin anew", false)
    .option('--live', 'trade real money; the configuration must say live: true as well', false)
    .option('--port-base <n>', 'first ports to try: Temporal at n, its UI at n+1, PostgreSQL at n+2')
    .option('--control', "open the simulated exchanges' control port", false)
    .addHelpText('after', '\nExample:\n  npm start -- --for 120s --json')
    .action(run);
}

async function run(options: UpOptions): Promise<void> {
  const startedMs = Date.now();
  const config = await readConfig(options.config);
  checkSwitches(config, options);
  // A tape that cannot be taken is told before anything is asked, or put away.
  demoWindow(config);
  const forMs = options.for === undefined ? null : parseDuration(options.for, '--for');
  const external = externalTemporal(process.env);
  const output = createOutput(options.json);
  const stopping = new AbortController();
  onStopSignal(() => stopping.abort());

  const homeDir = resolve(options.home);
  checkHomeOfStart(homeDir, config, options.fresh);
  const before = readAnchor(homeDir);
  const ended = before !== null && tapeHasEnded(before, Date.now()) && !options.fresh;
  // A server of somebody's that does not answer is told at once, not after a start of everything else.
  if (external !== null) await (await connectTemporal(external)).close();
  if (ended) await closeEndedTape(options, external, config, homeDir, output, stopping.signal);
  const stack = await startStack(
    stackOptions(options, external, config, homeDir, options.fresh || ended, output, stopping.signal),
  );
  recordHomeMode(homeDir, config.mode);
  await withStack(stack, external, config, async (client, ledger) => {
    const listed = await listedPairs(config, homeDir, ledger);
    const stops = await startServices(client, listed, stack.anchor);
    const haltReason = stops.haltReason ?? (await ledger.haltOf(config.book));
    printAddresses(output, options.config, config, stack);
    printStops(output, { ...stops, haltReason });
    const following = Promise.all([
      followPositions(ledger, output, stopping.signal),
      followAlerts(ledger, output, startedMs, stopping.signal),
    ]);
    void tellEndOfTape(stack.anchor, output, stopping.signal);
    await waitFor(forMs, stopping.signal);
    const engine = client.workflow.getHandle(engineWorkflowId(config.book));
    await engine.signal(signalNames.pause, { reason: stoppingReason });
    if (forMs !== null && !stopping.signal.aborted) {
      await untilSettled(ledger, stopping.signal);
      await untilMarked(ledger, config.book, stopping.signal);
    }
    const summary = await summarise(client, { ledger, config: listed, anchor: stack.anchor }, startedMs);
    stopping.abort();
    await following;
    const page = join(homeDir, 'report.html');
    writeFileSync(page, reportPage(summary.performance));
    return () =>
      output.result(summary.document, () => `${summaryText(summary, config)}\n\nthe report with plots: ${page}`);
  });
}

/** Opens what `use` needs on a running stack; stops the stack whatever happens, and prints the result last. */
async function withStack(
  stack: Stack,
  external: TemporalTarget | null,
  config: Config,
  use: (client: Client, ledger: Ledger) => Promise<() => void>,
): Promise<void> {
  let print = (): void => undefined;
  try {
    const { client, close } = await connectTemporal(external ?? localTemporal(stack.temporalAddress, stack.namespace));
    const { buildLedger, commandSurroundings } = await import('../../../workers/wiring.ts');
    const env = { ...process.env, DATABASE_URL: stack.databaseUrl };
    const ledger = buildLedger(commandSurroundings(config, env, null));
    try {
      print = await use(client, ledger);
    } finally {
      await ledger.close();
      await close();
    }
  } finally {
    await stack.stop();
  }
  print();
}

/** A home whose tape has ended: its open positions close with `end_of_tape`, and the home goes to the archive. */
async function closeEndedTape(
  options: UpOptions,
  external: TemporalTarget | null,
  config: Config,
  homeDir: string,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  output.progress(
    'the tape of this home has ended: closing what is open, then a new home begins (the old one goes to its archive)',
  );
  const stack = await startStack(stackOptions(options, external, config, homeDir, false, output, signal));
  await withStack(stack, external, config, async (client, ledger) => {
    await startServices(client, await listedPairs(config, homeDir, ledger), stack.anchor);
    await untilNone(ledger, [...unsettledStatuses, 'hedged'], 60_000, signal);
    return () => undefined;
  });
}

/** At the exchanges of this start, whatever the environment says of others. */
function listedPairs(config: Config, home: string, ledger: Ledger): Promise<Config> {
  return listedConfig(config, { home, endpointsFile: readStackAddresses(home)?.endpointsFile ?? null, ledger });
}

function stackOptions(
  options: UpOptions,
  external: TemporalTarget | null,
  config: Config,
  homeDir: string,
  fresh: boolean,
  output: Output,
  signal: AbortSignal,
): StackOptions {
  const isSimulated = config.mode === 'demo' || config.mode === 'paper';
  const window = demoWindow(config);
  return {
    homeDir,
    configPath: resolve(options.config),
    accounts: Object.entries(config.accounts).map(([name, { venue }]) => ({ name, venue })),
    simConfig: isSimulated ? (setup) => simConfig(config, setup) : null,
    simSeed: config.simulation?.seed ?? null,
    feed: config.mode === 'paper',
    control: options.control,
    live: options.live,
    ports: preferredPorts(options.portBase),
    externalTemporal: external,
    temporalBinary: process.env['BASIS_TEMPORAL_BINARY'] ?? null,
    clock: { scale: config.clock.scale, marketStartMs: window?.startMs ?? null, tapeEndMs: window?.endMs ?? null },
    checkLedger: (databaseUrl) => checkLedger(config, databaseUrl),
    fresh,
    signal,
    log: (line) => output.progress(line),
  };
}

/** @throws Refused where an open position would be left without a worker for one of its accounts */
async function checkLedger(config: Config, databaseUrl: string): Promise<void> {
  const { buildLedger, commandSurroundings } = await import('../../../workers/wiring.ts');
  const ledger = buildLedger(commandSurroundings(config, { ...process.env, DATABASE_URL: databaseUrl }, null));
  try {
    // As the start itself decides whose server it uses.
    await checkOpenPositions(config, ledger, { isShared: (process.env['DATABASE_URL'] ?? '') !== '' });
  } finally {
    await ledger.close();
  }
}

/** @throws BadInput */
function preferredPorts(base: string | undefined): PreferredPorts {
  if (base === undefined) return {};
  const first = Number(base);
  if (!/^\d+$/.test(base) || first < 1024 || first > 65_000) {
    throw new BadInput(`--port-base ${JSON.stringify(base)}: write a port from 1024 to 65000`);
  }
  return { temporal: first, ui: first + 1, postgres: first + 2 };
}

function printAddresses(output: Output, path: string, config: Config, stack: Stack): void {
  output.progress('');
  output.progress(`mode ${config.mode}, book ${config.book}, ${path}`);
  if (stack.uiUrl !== null) {
    output.progress(`Temporal UI     ${stack.uiUrl}`);
    output.progress(`open positions  ${positionsLink(stack.uiUrl, 'hedged')}`);
    output.progress(`all positions   ${positionsLink(stack.uiUrl, 'all')}`);
  }
  output.progress(`Temporal        ${stack.temporalAddress}`);
  for (const [venue, { rest }] of Object.entries(stack.endpoints))
    output.progress(`${venue.padEnd(15)} ${rest} (simulated)`);
  if (stack.controlUrl !== null) output.progress(`control         ${stack.controlUrl}`);
  for (const [process, url] of Object.entries(stack.metricsUrls))
    output.progress(`metrics         ${url} (${process})`);
  output.progress('Ctrl-C stops everything; the next npm start resumes what is open');
  output.progress('');
}

/** What a person said before a stop holds after it: without a word a start would look as if it traded. */
function printStops(output: Output, stops: Stops): void {
  const lines = stopLines(stops);
  for (const line of lines) output.progress(line);
  if (lines.length > 0) output.progress('');
}

/** The demo would otherwise fall silent, with no word of what to do. */
async function tellEndOfTape(anchor: ClockAnchor, output: Output, signal: AbortSignal): Promise<void> {
  if (anchor.tapeEndMs === null) return;
  while (!signal.aborted && !tapeHasEnded(anchor, Date.now())) await waitFor(1_000, signal);
  if (signal.aborted) return;
  output.progress('the tape has ended: what is open closes, and nothing more is opened');
  output.progress('Ctrl-C ends the run and tells what it came to; the next npm start begins anew');
}

function waitFor(forMs: number | null, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = forMs === null ? null : setTimeout(finish, forMs);
    // Keeps the process alive where there is no timer.
    const idle = setInterval(() => undefined, 60_000);
    function finish(): void {
      if (timer !== null) clearTimeout(timer);
      clearInterval(idle);
      signal.removeEventListener('abort', finish);
      done();
    }
    signal.addEventListener('abort', finish, { once: true });
    if (signal.aborted) finish();
  });
}

/** The report's equity is to show the last close as well. */
async function untilMarked(ledger: Ledger, book: string, signal: AbortSignal): Promise<void> {
  const endsAtMs = Date.now() + markedMs;
  while (Date.now() < endsAtMs && !signal.aborted && (await ledger.unmarkedCloses(book, 0)).length > 0) {
    await waitFor(200, signal);
  }
}

function untilSettled(ledger: Ledger, signal: AbortSignal): Promise<void> {
  return untilNone(ledger, unsettledStatuses, settleMs, signal);
}

async function untilNone(
  ledger: Ledger,
  statuses: readonly PositionStatus[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const endsAtMs = Date.now() + timeoutMs;
  while (Date.now() < endsAtMs && !signal.aborted) {
    const left = await ledger.positions({ statuses });
    if (left.length === 0) return;
    await waitFor(200, signal);
  }
}
