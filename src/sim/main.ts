/** Entry of the simulated exchanges: `npm run sim -- --help`. */
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AnchoredClock } from './clock.ts';
import { anchoredClock, writeAnchor, writeFileAtomically } from './clock.ts';
import { loadCredentials } from './credentials.ts';
import { openJournal } from './journal/journal.ts';
import { lockHome } from './home-lock.ts';
import { readableLog, stderrLog } from './log.ts';
import type { SimOptions } from './options.ts';
import { parseOptions, usage } from './options.ts';
import { readyText, unpricedSymbols } from './ready-text.ts';
import { startSimulator } from './simulator.ts';
import type { Tape } from './feed/tape.ts';
import { readTape } from './feed/tape.ts';

const anchorPollMs = 50;

async function run(options: SimOptions, tape: Tape | null): Promise<void> {
  const log = options.json ? stderrLog : readableLog;
  const home = resolve(options.home);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const unlock = lockHome(home);
  const clock = options.feedPort === null ? tapeClock(options, home, tape) : wallClock;
  const { journal, restored } = openJournal(join(home, 'journal.ndjson'));
  const simulator = await startSimulator({
    config: options.config,
    tape,
    clock,
    journal,
    restored,
    credentials: loadCredentials(home, options.config),
    seed: options.seed,
    controlPort: options.controlPort,
    feedPort: options.feedPort,
    feedMaxAgeMs: options.feedMaxAgeMs,
    log,
    onFatal(error) {
      log('error', 'the journal cannot be written', { error: String(error) });
      process.exit(1);
    },
  });
  const poll = setInterval(() => clock.poll(), anchorPollMs);
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log('info', 'stopping', { signal });
    clearInterval(poll);
    simulator.close().then(
      () => {
        unlock();
        process.exit(0);
      },
      (error: unknown) => {
        log('error', 'stopping failed', { error: String(error) });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // Whoever reads that it is ready may stop it at once.
  const line = JSON.stringify(simulator.ready);
  if (options.readyFile !== null) writeFileAtomically(resolve(options.readyFile), `${line}\n`, 0o600);
  if (options.json) process.stdout.write(`${line}\n`);
  else process.stdout.write(readyText(simulator.ready, options, tape));
  if (restored.length > 0 || options.json) log('info', 'ready', { restoredTransactions: restored.length });
  for (const [venue, symbols] of options.json && tape !== null ? unpricedSymbols(options.config, tape) : []) {
    log('warning', 'not in the tape: no prices', { venue, symbols });
  }
}

const wallClock: AnchoredClock = {
  wallMs: () => Date.now(),
  marketMs: () => Date.now(),
  poll: () => undefined,
  anchored: () => true,
};

/** Without an anchor to wait for, one is made at the first start and kept in the home. */
function tapeClock(options: SimOptions, home: string, tape: Tape | null): AnchoredClock {
  const startMs = tape?.startMs ?? Date.now();
  const anchorFile = options.anchorFile ?? join(home, 'anchor.json');
  if (options.anchorFile === null && !existsSync(anchorFile)) {
    writeAnchor(anchorFile, {
      wallMs: Date.now(),
      marketMs: startMs,
      scale: tape === null ? 1 : options.scale,
      tapeEndMs: tape?.endMs ?? null,
    });
  }
  return anchoredClock(anchorFile, startMs);
}

type ReadTape = { readonly kind: 'read'; readonly tape: Tape | null } | { readonly kind: 'invalid'; problem: string };

function tapeOf({ config }: SimOptions): ReadTape {
  try {
    return { kind: 'read', tape: config.tape === null ? null : readTape(config.tape) };
  } catch (error) {
    return { kind: 'invalid', problem: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** As every command of the project tells bad input. */
function tellProblems(problems: readonly string[], json: boolean): void {
  const message = [...problems, 'See npm run sim -- --help'].join('\n');
  if (json) process.stdout.write(`${JSON.stringify({ error: { kind: 'bad_input', message, issues: [] } })}\n`);
  else process.stderr.write(`${message}\n`);
}

const parsed = parseOptions(process.argv.slice(2));
switch (parsed.kind) {
  case 'help':
    process.stdout.write(usage);
    break;
  case 'invalid':
    tellProblems(parsed.problems, parsed.json);
    process.exitCode = 2;
    break;
  case 'run': {
    const { options } = parsed;
    const tape = tapeOf(options);
    if (tape.kind === 'invalid') {
      tellProblems([`tape ${tape.problem}`], options.json);
      process.exitCode = 2;
      break;
    }
    run(options, tape.tape).catch((error: unknown) => {
      const log = options.json ? stderrLog : readableLog;
      log('error', 'cannot start', { error: messageOf(error) });
      process.exit(1);
    });
  }
}
