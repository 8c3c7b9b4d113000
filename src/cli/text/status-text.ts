/** What the service is doing, and why it opens nothing, for an 80-column terminal. */
import { decimal } from '../../domain/decimal.ts';
import type { Mark } from '../../domain/watch.ts';
import type { ObservedDrawdown, PositionRow } from '../../ports/ledger.ts';
import { stopLines, type Stops } from '../engine.ts';
import { positionTable } from '../positions/position-table.ts';
import { wrapped } from './wrapped.ts';

export interface Status extends Stops {
  readonly mode: string;
  readonly book: string;
  /** Halted: by the engine or by the ledger. Unknown: the engine does not answer. */
  readonly state: 'running' | 'paused' | 'halted' | 'unknown';
  /** Why the engine does not answer; null: it does. */
  readonly silent: string | null;
  /** Its newest admissions and refusals, newest first, each after its wall time. */
  readonly recent: readonly string[];
  /** Null: not observed. */
  readonly drawdown: ObservedDrawdown | null;
  /** Null: no drawdown halts. */
  readonly maxDrawdownPct: string | null;
  /** Accounts of which nothing was read within `maxReadingAgeMs` (wall time): nothing is opened there. */
  readonly staleReadings: readonly { readonly account: string; readonly readAtMs: number | null }[];
  readonly maxReadingAgeMs: number;
  readonly standingAlerts: number;
  /** Those that have not ended. */
  readonly positions: readonly PositionRow[];
  readonly marks: readonly Mark[];
  readonly atWallMs: number;
}

const width = 80;
const shownDecisions = 8;

export function stateOf(view: { readonly paused: boolean } | null, haltReason: string | null): Status['state'] {
  if (haltReason !== null) return 'halted';
  if (view === null) return 'unknown';
  return view.paused ? 'paused' : 'running';
}

export function statusText(status: Status): string {
  const { mode, book, recent, standingAlerts } = status;
  const head = [
    `mode ${mode}, book ${book}`,
    ...engineLines(status),
    drawdownLine(status),
    ...readingLines(status),
    ...(standingAlerts === 0 ? [] : [`alerts that stand: ${standingAlerts}, see npm run basis -- alerts`]),
  ];
  const decisions = recent.slice(0, shownDecisions).flatMap((line) => {
    const [first = '', ...rest] = wrapped(shortTime(line), width - 2);
    return [first, ...rest.map((more) => `  ${more}`)];
  });
  return [
    ...head.flatMap((line) => wrapped(line, width)),
    '',
    positionTable(status.positions, status.marks),
    ...(decisions.length === 0 ? [] : ['', 'newest admissions and refusals (UTC):', ...decisions]),
  ].join('\n');
}

function engineLines(status: Status): string[] {
  const { state, silent } = status;
  const lines = stopLines(status);
  if (silent === null) return lines.length === 0 ? ['the engine runs'] : lines;
  const unknown = state === 'halted' ? '' : '; whether it is paused is not known';
  return [...lines, `the engine does not answer${unknown}: ${silent}`];
}

function drawdownLine({ drawdown, maxDrawdownPct, atWallMs }: Status): string {
  const limit = maxDrawdownPct === null ? 'none halts' : `${maxDrawdownPct} % halts`;
  if (drawdown === null) return `drawdown: not observed yet, ${limit}`;
  const ageS = Math.max(0, Math.round((atWallMs - drawdown.observedAtWallMs) / 1_000));
  return `drawdown: ${decimal(drawdown.drawdownPct).toFixed(2)} % ${ageS} s ago, ${limit}`;
}

function readingLines({ staleReadings, maxReadingAgeMs, atWallMs }: Status): string[] {
  return staleReadings.map(({ account, readAtMs }) => {
    const ageS = readAtMs === null ? null : Math.round((atWallMs - readAtMs) / 1_000);
    const seen = ageS === null ? 'was never read' : `was read ${ageS} s ago, over ${maxReadingAgeMs / 1_000} s`;
    return `${account} ${seen}: nothing is opened there`;
  });
}

/** `2026-11-26T18:03:01.123Z refused …` → `18:03:01 refused …`. */
function shortTime(line: string): string {
  return line.replace(/^\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)\.\d+Z/, '$1');
}
