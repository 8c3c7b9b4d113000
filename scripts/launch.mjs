#!/usr/bin/env node
/**
 * The way into every command of the project: `npm start`, `npm test`, `npm run check|basis|sim|bench|faults|test:conformance`.
 *
 * It needs nothing but an older Node: it installs the packages (which bring Node 24), finds a Temporal server where the
 * command needs one, and hands over. What it does is told on standard error; standard output belongs to the command.
 */
import { installPackages } from './launch/install.mjs';
import { runChecks } from './launch/check.mjs';
import { codeOfSignal, endHelpers } from './launch/child.mjs';
import { handOver } from './launch/hand-over.mjs';
import { findTemporal } from './launch/temporal.mjs';
import { onStop } from './launch/stop.mjs';
import { Refusal } from './launch/refusal.mjs';

/** Entry file of each command, its leading arguments, and whether it needs a Temporal server. */
const COMMANDS = {
  up: { entry: ['src/cli/main.ts', 'up'], temporal: true },
  basis: { entry: ['src/cli/main.ts'], temporal: false },
  sim: { entry: ['src/sim/main.ts'], temporal: false },
  test: { entry: ['test/run.ts'], temporal: true },
  conformance: { entry: ['test/conformance/run.ts'], temporal: false },
  bench: { entry: ['bench/main.ts'], temporal: true },
  faults: { entry: ['test/faults/main.ts'], temporal: true },
};

async function main([name, ...args]) {
  requireNode(20, 3);
  await installPackages();
  if (name === 'check') return await runChecks(args);
  const command = COMMANDS[name];
  if (command === undefined) {
    throw new Refusal(`usage: node scripts/launch.mjs ${[...Object.keys(COMMANDS), 'check'].join('|')} [arguments]`);
  }
  const help = args.includes('--help') || args.includes('-h');
  const startsServer = command.temporal || (name === 'basis' && args[0] === 'up');
  const env = startsServer && !help ? await findTemporal() : {};
  if (stoppedBy !== null) return codeOfSignal(stoppedBy);
  release();
  return await handOver([...command.entry, ...args], env);
}

function requireNode(major, minor) {
  const [foundMajor, foundMinor] = process.versions.node.split('.').map(Number);
  if (foundMajor > major || (foundMajor === major && foundMinor >= minor)) return;
  throw new Refusal(`Node ${major}.${minor} or newer is needed to start; this is ${process.versions.node}`);
}

// Until the command runs, a stop ends what the launcher is doing; from then on `handOver` passes signals on.
let stoppedBy = null;
const release = onStop((signal) => {
  stoppedBy = signal;
  endHelpers();
});
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  if (stoppedBy === null) process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
} finally {
  release();
}
if (stoppedBy !== null) process.exitCode = codeOfSignal(stoppedBy);
