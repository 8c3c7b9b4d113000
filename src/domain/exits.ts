/**
 * When an open position is to be left. Pure and level-triggered: it says what holds now, and the caller says it again
 * for as long as it does. The first rule that holds wins, in the order of `rules` below.
 */
import { executableCloseBasisBps, type ExecutableBasis } from './basis.ts';
import { decimal, roundTo, toText, zero, type Decimal, type DecimalText } from './decimal.ts';
import { figure, signedFigure } from './figures.ts';
import { staleness } from './freshness.ts';
import { marketTimeMs, tapeHasEnded } from './market-clock.ts';
import { unrealisedPnl, type UnrealisedPnl } from './pnl.ts';
import type { ExitReason } from './position.ts';
import type { BookLevel, Quote } from './quote.ts';
import type { LegPrices, Mark, Watch } from './watch.ts';

/** Wall time for which a stop must have held, so that one bad tick does not close a position. */
export const stopHoldMs = 3_000;

export interface ExitObservation {
  readonly watch: Watch;
  readonly spotQuote: Quote | null;
  readonly perpQuote: Quote | null;
  /** Received so far, in USD; negative when paid. */
  readonly fundingUsd: DecimalText;
  /** s·Σ r̂ from now to the end of the holding, as a fraction of notional; null while the funding rate is not known. */
  readonly expectedCarry: DecimalText | null;
  readonly nowWallMs: number;
  /** `stopSinceWallMs` of the evaluation before; null at first. */
  readonly stopSinceWallMs: number | null;
}

export interface ExitEvaluation {
  readonly reason: ExitReason | null;
  /** What was seen, in words. */
  readonly detail: string;
  /** Why the rules that need prices could not be evaluated; null when they were. */
  readonly notEvaluable: string | null;
  /** The order books hold less than the position: only the stop was evaluated. Null when they hold all of it. */
  readonly shortDepth: string | null;
  readonly mark: Mark | null;
  /** Prices of the closing sides; what the order books do not hold counts at their worst level. Null when not evaluable. */
  readonly prices: LegPrices | null;
  /** Wall time since when the stop has held without a gap in what was seen; the caller hands it back next time. */
  readonly stopSinceWallMs: number | null;
}

interface Seen {
  readonly watch: Watch;
  readonly close: ExecutableBasis;
  readonly shortDepth: string | null;
  readonly pnl: UnrealisedPnl;
  readonly expectedCarry: Decimal | null;
  readonly heldForMs: number;
  readonly stopHeldForMs: number;
}

interface PriceRule {
  readonly reason: ExitReason;
  /** A profit must be there for the whole size; a loss is none the smaller for a thin order book. */
  readonly needsFullDepth: boolean;
  /** What it saw, or null. */
  readonly holds: (seen: Seen) => string | null;
}

/** The rules that look at prices, in their order. */
const rules: readonly PriceRule[] = [
  { reason: 'stop_loss', needsFullDepth: false, holds: stopLoss },
  { reason: 'profit_target', needsFullDepth: true, holds: profitTarget },
  { reason: 'convergence', needsFullDepth: true, holds: convergence },
];

export function evaluateExits(observation: ExitObservation): ExitEvaluation {
  const { watch, spotQuote, perpQuote, nowWallMs } = observation;
  const timed = timedExit(watch, nowWallMs);
  const closing = closingBasis(watch, spotQuote, perpQuote, nowWallMs);
  if (typeof closing === 'string') return unevaluated(timed, closing);
  const { close, shortDepth } = closing;
  const pnl = unrealisedPnl(watch, close, decimal(observation.fundingUsd));
  const isStopped = pnl.ratioPct.lte(zero.minus(decimal(watch.plan.exits.stopLossPct)));
  const stopSinceWallMs = isStopped ? (observation.stopSinceWallMs ?? nowWallMs) : null;
  const seen: Seen = {
    watch,
    close,
    shortDepth,
    pnl,
    expectedCarry: observation.expectedCarry === null ? null : decimal(observation.expectedCarry),
    heldForMs: marketTimeMs(watch.anchor, nowWallMs) - watch.hedgedAtMs,
    stopHeldForMs: stopSinceWallMs === null ? 0 : nowWallMs - stopSinceWallMs,
  };
  const found = firstRule(seen) ?? timed;
  return {
    reason: found?.reason ?? null,
    detail: found === null ? summary(seen) : `${found.detail}, ${summary(seen, found.reason)}`,
    notEvaluable: null,
    shortDepth,
    mark: markOf(observation, seen),
    prices: { spot: toText(close.spotPrice), perp: toText(close.perpPrice) },
    stopSinceWallMs,
  };
}

interface FoundExit {
  readonly reason: ExitReason;
  readonly detail: string;
}

function unevaluated(timed: FoundExit | null, why: string): ExitEvaluation {
  return {
    reason: timed?.reason ?? null,
    detail: timed === null ? `not evaluable: ${why}` : `${timed.detail}; not evaluable: ${why}`,
    notEvaluable: why,
    shortDepth: null,
    mark: null,
    prices: null,
    stopSinceWallMs: null,
  };
}

/** What closing both legs would come to now; a text says why that cannot be known. */
function closingBasis(
  watch: Watch,
  spotQuote: Quote | null,
  perpQuote: Quote | null,
  nowWallMs: number,
): { readonly close: ExecutableBasis; readonly shortDepth: string | null } | string {
  const stale = staleness(spotQuote, perpQuote, nowWallMs);
  if (stale !== null || spotQuote === null || perpQuote === null) return stale ?? 'no quotes';
  const { plan, spotQuantityBase, perpQuantityBase } = watch;
  const held = [decimal(spotQuantityBase), decimal(perpQuantityBase)] as const;
  const whole = executableCloseBasisBps(spotQuote, perpQuote, plan.direction, ...held);
  if (whole !== null) return { close: whole, shortDepth: null };
  const deepened = [endless(spotQuote, spotQuantityBase), endless(perpQuote, perpQuantityBase)] as const;
  const close = executableCloseBasisBps(...deepened, plan.direction, ...held);
  if (close !== null) {
    return {
      close,
      shortDepth: `the order books do not hold ${spotQuantityBase} and ${perpQuantityBase} to close with`,
    };
  }
  const [spotSide, perpSide] =
    plan.direction === 'long_spot_short_perp' ? (['bids', 'asks'] as const) : (['asks', 'bids'] as const);
  const empty = [
    ...(spotQuote[spotSide].length === 0 ? ['spot'] : []),
    ...(perpQuote[perpSide].length === 0 ? ['perpetual'] : []),
  ];
  return `the order book holds nothing to close the ${empty.join(' and the ')} with`;
}

/** The order book with its worst level on each side large enough for the quantity. */
function endless(quote: Quote, quantityBase: DecimalText): Quote {
  const deepen = (levels: readonly BookLevel[]): readonly BookLevel[] => {
    const worst = levels.at(-1);
    return worst === undefined ? [] : [...levels, { price: worst.price, quantityBase }];
  };
  return { ...quote, bids: deepen(quote.bids), asks: deepen(quote.asks) };
}

function firstRule(seen: Seen): FoundExit | null {
  for (const { reason, needsFullDepth, holds } of rules) {
    if (needsFullDepth && seen.shortDepth !== null) continue;
    const detail = holds(seen);
    if (detail !== null) return { reason, detail };
  }
  return null;
}

function stopLoss(seen: Seen): string | null {
  const { stopLossPct } = seen.watch.plan.exits;
  const threshold = zero.minus(decimal(stopLossPct));
  if (seen.pnl.ratioPct.gt(threshold) || seen.stopHeldForMs < stopHoldMs) return null;
  return `ratio at or under ${threshold.toFixed()} % for ${figure(decimal(String(seen.stopHeldForMs)).times(decimal('0.001')), 1)} s`;
}

function profitTarget(seen: Seen): string | null {
  const { profitTargetPct } = seen.watch.plan.exits;
  return seen.pnl.ratioPct.gte(decimal(profitTargetPct)) ? `ratio at or over ${profitTargetPct} %` : null;
}

/**
 * `net`: the gap has closed to `exitBps`, and leaving pays (or waiting does not). `literal`: the size of the gap alone,
 * on either side of zero and whatever leaving costs.
 */
function convergence(seen: Seen): string | null {
  const { exitBps, convergence: kind } = seen.watch.plan.exits;
  const exit = decimal(exitBps);
  const gap = seen.close.signedBasisBps;
  if (kind === 'literal') {
    return gap.abs().lt(exit) ? `|B_close| ${figure(gap.abs(), 1)} bps < exit ${figure(exit, 1)} bps` : null;
  }
  if (gap.gt(exit)) return null;
  const converged = `s·B_close ${figure(gap, 1)} bps ≤ exit ${figure(exit, 1)} bps`;
  if (seen.pnl.ratioPct.gte(zero)) return converged;
  // An unknown carry is not none: it is waited for until it is known.
  return seen.expectedCarry?.lte(zero) === true ? `${converged}, and no carry is left to wait for` : null;
}

/** The rules that need no prices. */
function timedExit(watch: Watch, nowWallMs: number): FoundExit | null {
  const heldForMs = marketTimeMs(watch.anchor, nowWallMs) - watch.hedgedAtMs;
  const { maxHoldingMs } = watch.plan.exits;
  if (heldForMs >= maxHoldingMs) {
    return { reason: 'max_holding', detail: `held ${hours(heldForMs)} h ≥ ${hours(maxHoldingMs)} h` };
  }
  return tapeHasEnded(watch.anchor, nowWallMs) ? { reason: 'end_of_tape', detail: 'the tape has ended' } : null;
}

/** The figures behind a decision; a convergence has named its gap already. */
function summary(seen: Seen, reason: ExitReason | null = null): string {
  const gap = reason === 'convergence' ? '' : `s·B_close ${figure(seen.close.signedBasisBps, 1)} bps, `;
  const net = `net ${signedFigure(seen.pnl.netUsd, 2)} USD`;
  const depth = seen.shortDepth === null ? '' : `; ${seen.shortDepth}, the rest counts at the worst level`;
  return `${gap}ratio ${signedFigure(seen.pnl.ratioPct, 3)} %, ${net}, held ${hours(seen.heldForMs)} h${depth}`;
}

function hours(ms: number): string {
  return (ms / 3_600_000).toFixed(1);
}

function markOf(observation: ExitObservation, { watch, close, pnl }: Seen): Mark {
  const { nowWallMs, fundingUsd } = observation;
  return {
    key: watch.key,
    atWallMs: nowWallMs,
    atMarketMs: marketTimeMs(watch.anchor, nowWallMs),
    closeBasisBps: rounded(close.basisBps),
    unrealisedPnlUsd: rounded(pnl.priceUsd),
    fundingUsd,
    ratioPct: rounded(pnl.ratioPct),
  };
}

function rounded(value: Decimal): DecimalText {
  return toText(roundTo(value, 8, 'half_even'));
}
