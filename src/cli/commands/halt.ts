/** The emergency stop. It needs the ledger or the engine, whichever answers; what only one of them does is said. */
import type { Command } from 'commander';
import { signalNames } from '../../domain/names.ts';
import { alertHalt } from '../alerts/alert-halt.ts';
import { reachEngine } from '../engine.ts';
import { createOutput } from '../text/output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { withLedgerAlone } from '../service.ts';
import { wrapped } from '../text/wrapped.ts';

interface HaltOptions extends CommonOptions {
  readonly reason: string;
  readonly closeAll: boolean;
}

/** Texts say why not; null: it is so. */
interface Outcome {
  readonly closeAll: boolean;
  readonly unrecorded: string | null;
  readonly silent: string | null;
  /** Temporal has the signal, for when the engine is back. */
  readonly isSignalled: boolean;
}

export function haltCommand(program: Command): void {
  withCommonOptions(program.command('halt'))
    .description('open no new positions, by hand neither, until a person resumes; --close-all closes what is open')
    .option('--close-all', 'close every position of the book, both legs at once', false)
    .option('--reason <text>', 'shown by the engine', 'basis halt')
    .addHelpText(
      'after',
      '\nWithout Temporal or the engine nothing is opened either: the ledger refuses it.\n' +
        'Exit code 1 when not all that was asked for is done; the text says what to do.\n' +
        '\nExample:\n  npm run basis -- halt --close-all --reason "an exchange is in trouble"',
    )
    .action(run);
}

async function run(options: HaltOptions): Promise<void> {
  const { reason, closeAll } = options;
  await withLedgerAlone(options, async ({ config, ledger }) => {
    const { book } = config;
    // First the ledger: its row is what refuses a reservation, whoever asks, and whether the engine hears of it or not.
    const unrecorded = await failureOf(() => ledger.recordHalt(book, reason, Date.now()));
    let isSignalled = false;
    const reached = await reachEngine(options, config, async (engine) => {
      await engine.signal(signalNames.halt, { reason, closeAll });
      isSignalled = true;
      await engine.query('engine');
    });
    const silent = reached.kind === 'silent' ? reached.why : null;
    if (unrecorded !== null && !isSignalled) throw new Error(`NOT halted: ${unrecorded}; ${silent}`);
    if (unrecorded === null) await alertHalt(ledger, book, `${reason}${closeAll ? '; what is open is closed' : ''}`);
    const document = {
      book,
      halted: true,
      reason,
      closeAll,
      recorded: unrecorded === null,
      engineAnswers: silent === null,
    };
    createOutput(options.json).result(
      { ...document, reasons: [unrecorded, silent].filter((why) => why !== null) },
      () => sentence({ closeAll, unrecorded, silent, isSignalled }),
    );
    if (unrecorded !== null || (closeAll && silent !== null)) process.exitCode = 1;
  });
}

async function failureOf(act: () => Promise<void>): Promise<string | null> {
  try {
    await act();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function sentence({ closeAll, unrecorded, silent, isSignalled }: Outcome): string {
  const lines: string[] = [];
  if (unrecorded === null && silent === null)
    lines.push(closeAll ? 'halted: no new positions, and what is open is closed' : 'halted: no new positions');
  if (unrecorded !== null) {
    lines.push(silent === null ? 'halted: the engine opens nothing' : 'the engine is told, and does not answer');
    lines.push(`NOT recorded, so that a person may still open by hand: ${unrecorded}. Halt again.`);
  } else if (silent !== null) {
    const nothing = closeAll ? ', so nothing is closed by it' : '';
    lines.push(`recorded: nothing is opened any more; the engine does not answer${nothing}`, silent);
  }
  if (silent !== null && isSignalled) lines.push('Temporal has the halt for it, for when its worker is back.');
  if (silent !== null && closeAll) {
    lines.push('To close now, where Temporal and the workers run: npm run basis -- close-all');
    lines.push('Without them, each position: npm run basis -- flatten <key> --break-glass');
  }
  return lines.flatMap((line) => wrapped(line, 80)).join('\n');
}
