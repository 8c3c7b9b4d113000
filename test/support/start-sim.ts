/** A simulated exchange process for one test file, in a throw-away home, with its control port. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../../src/stack/processes/child.ts';
import type { ChildSpec, StartedChild } from '../../src/stack/processes/child.ts';
import { identifyProcess, signalRecorded } from '../../src/stack/processes/process-identity.ts';
import { readSimReadyFile, simChild } from '../../src/stack/servers/sim-child.ts';
import type { SimReady } from '../../src/stack/servers/sim-child.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';

export interface StartSimOptions {
  /** The simulator's own configuration, written to a file as it is. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly anchor: ClockAnchor;
  /** Extra command-line arguments. */
  readonly args?: readonly string[];
}

export interface RunningSim extends SimReady {
  readonly homeDir: string;
  /** The process ends by this signal at once; its journal stays. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Started again on the same home after `kill`; addresses may be new. */
  restart(): Promise<RunningSim>;
  /** Ends the process and removes its home. */
  stop(): Promise<void>;
}

export async function startSim(options: StartSimOptions): Promise<RunningSim> {
  const homeDir = mkdtempSync(join(tmpdir(), 'basiskeeper-sim-'));
  mkdirSync(join(homeDir, 'sim'));
  writeFileSync(join(homeDir, 'sim', 'config.json'), JSON.stringify(options.config));
  writeFileSync(join(homeDir, 'anchor.json'), JSON.stringify(options.anchor));
  const spec = simChild({ homeDir, controlPort: 0 });
  // Not detached: whoever ends the test run by its process group ends the simulators too.
  return run({ ...spec, detached: false, args: [...spec.args, ...(options.args ?? [])] }, homeDir);
}

async function run(spec: ChildSpec, homeDir: string): Promise<RunningSim> {
  const logFile = join(homeDir, 'sim.log');
  const child = await startChild(spec, logFile, () => undefined);
  // A test file that ends without stopping its simulator takes it along.
  const endWithUs = (): void => void signalRecorded(child.identity, 'SIGKILL', false);
  process.once('exit', endWithUs);
  await untilReady(spec, child, logFile);
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    signalRecorded(child.identity, signal, false);
    await child.exit;
    process.off('exit', endWithUs);
  };
  return {
    ...readSimReadyFile(homeDir),
    homeDir,
    kill,
    restart: () => run(spec, homeDir),
    async stop() {
      if (identifyProcess(child.identity.pid) !== null) await kill('SIGKILL');
      rmSync(homeDir, { recursive: true, force: true });
    },
  };
}

async function untilReady(spec: ChildSpec, child: StartedChild, logFile: string): Promise<void> {
  let ended: string | null = null;
  void child.exit.then((how) => (ended = how));
  const complaint = (): string => `the simulated exchanges are not ready: ${readFileSync(logFile, 'utf8')}`;
  await waitUntil(() => (ended === null ? spec.ready() : fail(complaint())), spec.readyTimeoutMs, complaint);
}

function fail(sentence: string): never {
  throw new Error(sentence);
}
