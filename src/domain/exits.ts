/**
 * When an open position is to be left. Pure and level-triggered: it says what holds now, and the caller says it again
 * for as long as it does. The first rule that holds wins, in the order of `rules` below; each is a file in `exits/`.
 */
import { executableCloseBasisBps, executableOpenBasisBps, type ExecutableBasis } from './basis.ts';
import { decimal, roundTo, toText, type Decimal, type DecimalText } from './decimal.ts';
import { borrowRecalled } from './exits/borrow-recalled.ts';
import { convergence } from './exits/convergence.ts';
import { depeg } from './exits/depeg.ts';
import { fundingFlip } from './exits/funding-flip.ts';
import { liquidationDistance } from './exits/liquidation-distance.ts';
import { marginDistance } from './exits/margin-distance.ts';
import { maxHolding } from './exits/max-holding.ts';
import { profitTarget } from './exits/profit-target.ts';
import {
  hours,
  leave,
  type Closing,
  type Concern,
  type ExitRule,
  type MarginReading,
  type PerpReading,
  type Seen,
} from './exits/seen.ts';
import { isAtStop, stopLoss } from './exits/stop-loss.ts';
import { venueDown } from './exits/venue-down.ts';
import { figure, signedFigure } from './figures.ts';
import { staleness } from './freshness.ts';
import { marketTimeMs, tapeHasEnded } from './market-clock.ts';
import type { PegOf } from './peg.ts';
import { unrealisedPnl } from './pnl.ts';
import type { ExitReason } from './position.ts';
import type { BookLevel, Quote } from './quote.ts';
import type { ExitDecision, LegPrices, Mark, Watch } from './watch.ts';

export interface ExitObservation {
  readonly watch: Watch;
  readonly spotQuote: Quote | null;
  readonly perpQuote: Quote | null;
  /** Received so far, in USD; negative when paid. */
  readonly fundingUsd: DecimalText;
  /** From `carryAhead`; null while the funding rate is not known. */
  readonly expectedCarry: DecimalText | null;
  readonly pegOf: PegOf;
  /** Of the perpetual's account; null before the first reading. */
  readonly perpReading: PerpReading | null;
  /** Of the account of a borrowed spot leg; absent for any other. */
  readonly margin?: MarginReading | null;
  /** Charged so far for a borrowed spot leg, in the coin. */
  readonly interestBase?: DecimalText;
  readonly nowWallMs: number;
  /** `stopSinceWallMs` of the evaluation before; null at first. */
  readonly stopSinceWallMs: number | null;
  /** Since when the legs' quotes have been watched; absent for whoever looks once. */
  readonly watchedSinceWallMs?: number;
}

export interface ExitEvaluation {
  readonly reason: ExitReason | null;
  /** The exit closes the perpetual alone. */
  readonly keepsQuote: boolean;
  /** Not an exit of the whole: both legs are reduced to this share of what they hold. Null: it is. */
  readonly keepShare: DecimalText | null;
  /** What was seen, in words. */
  readonly detail: string;
  /** What a person should know while it lasts, whether or not the position is left. */
  readonly concerns: readonly Concern[];
  /** Why the rules that need prices could not be evaluated; null when they were. */
  readonly notEvaluable: string | null;
  /** The order books hold less than the position: no profit is taken on them. Null when they hold all of it. */
  readonly shortDepth: string | null;
  readonly mark: Mark | null;
  /** Prices of the closing sides; what the order books do not hold counts at their worst level. Null when not evaluable. */
  readonly prices: LegPrices | null;
  /** Wall time since when the stop has held without a gap in what was seen; the caller hands it back next time. */
  readonly stopSinceWallMs: number | null;
}

/**
 * In their order: what endangers the position, then what ends it at a loss, then what takes its profit. What closes it
 * whole for the margin of its loan comes before what would only reduce it.
 */
const rules: readonly ExitRule[] = [
  { reason: 'liquidation_distance', look: marginDistance },
  { reason: 'liquidation_distance', look: liquidationDistance },
  { reason: 'borrow_recalled', look: borrowRecalled },
  { reason: 'depeg', look: depeg },
  { reason: 'stop_loss', look: stopLoss },
  { reason: 'venue_down', look: venueDown },
  { reason: 'profit_target', look: profitTarget },
  { reason: 'funding_flip', look: fundingFlip },
  { reason: 'convergence', look: convergence },
  { reason: 'max_holding', look: maxHolding },
  { reason: 'end_of_tape', look: ({ tapeEnded }) => (tapeEnded ? leave('the tape has ended') : null) },
];

export function evaluateExits(observation: ExitObservation): ExitEvaluation {
  const { watch, spotQuote, perpQuote, nowWallMs } = observation;
  const found = closingBasis(watch, spotQuote, perpQuote, nowWallMs);
  const [closing, notEvaluable] = typeof found === 'string' ? [null, found] : [closingOf(observation, found), null];
  const seen: Seen = {
    watch,
    nowWallMs,
    heldForMs: marketTimeMs(watch.anchor, nowWallMs) - watch.hedgedAtMs,
    spotQuote,
    perpQuote,
    watchedSinceWallMs: observation.watchedSinceWallMs ?? null,
    closing,
    expectedCarry: observation.expectedCarry === null ? null : decimal(observation.expectedCarry),
    pegOf: observation.pegOf,
    perpReading: observation.perpReading,
    margin: observation.margin ?? null,
    tapeEnded: tapeHasEnded(watch.anchor, nowWallMs),
  };
  const { exit, concerns } = answers(seen);
  return {
    reason: exit?.reason ?? null,
    keepsQuote: exit?.keepsQuote ?? false,
    keepShare: exit?.keepShare ?? null,
    detail: detailOf(seen, exit, notEvaluable),
    concerns,
    notEvaluable,
    shortDepth: closing?.shortDepth ?? null,
    mark: closing === null ? null : markOf(observation, closing),
    prices: closing === null ? null : { spot: toText(closing.close.spotPrice), perp: toText(closing.close.perpPrice) },
    stopSinceWallMs: isStopped(watch, closing) ? nowWallMs - (closing?.stopHeldForMs ?? 0) : null,
  };
}

/** What of a position a decision is about, where it is not all of it. */
export function extentOf({
  keepsQuote,
  keepShare,
}: Pick<ExitEvaluation, 'keepsQuote' | 'keepShare'>): Pick<ExitDecision, 'keepsQuote' | 'keepShare'> {
  return { ...(keepsQuote ? { keepsQuote } : {}), ...(keepShare === null ? {} : { keepShare }) };
}

interface FoundExit {
  readonly reason: ExitReason;
  readonly detail: string;
  readonly keepsQuote: boolean;
  readonly keepShare: DecimalText | null;
}

/** The first rule to leave for, and every concern of those before it. */
function answers(seen: Seen): { readonly exit: FoundExit | null; readonly concerns: readonly Concern[] } {
  const concerns: Concern[] = [];
  for (const { reason, look } of rules) {
    const answer = look(seen);
    if (answer === null) continue;
    switch (answer.kind) {
      case 'leave': {
        const { detail, keepsQuote = false } = answer;
        return { exit: { reason, detail, keepsQuote, keepShare: null }, concerns };
      }
      case 'reduce': {
        const { detail, keepShare } = answer;
        return { exit: { reason, detail, keepsQuote: false, keepShare }, concerns };
      }
      case 'concern':
        concerns.push(answer.concern);
    }
  }
  return { exit: null, concerns };
}

function closingOf(
  { watch, spotQuote, perpQuote, fundingUsd, interestBase, nowWallMs, stopSinceWallMs }: ExitObservation,
  { close, shortDepth }: Pick<Closing, 'close' | 'shortDepth'>,
): Closing {
  const pnl = unrealisedPnl(watch, close, decimal(fundingUsd), decimal(interestBase ?? '0'));
  const since = isAtStop(pnl.ratioPct, watch.plan.exits) ? (stopSinceWallMs ?? nowWallMs) : nowWallMs;
  const { direction } = watch.plan;
  const open =
    spotQuote === null || perpQuote === null
      ? null
      : executableOpenBasisBps(spotQuote, perpQuote, direction, decimal(watch.perpQuantityBase));
  const signedOpenBasisBps = open?.signedBasisBps ?? null;
  return { close, signedOpenBasisBps, shortDepth, pnl, stopHeldForMs: nowWallMs - since };
}

function isStopped({ plan }: Watch, closing: Closing | null): boolean {
  return closing !== null && isAtStop(closing.pnl.ratioPct, plan.exits);
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

/** What was seen: the rule's own words, and the figures behind them. */
function detailOf(seen: Seen, exit: FoundExit | null, notEvaluable: string | null): string {
  const words = exit === null ? [] : [exit.detail];
  if (seen.closing === null) return [...words, `not evaluable: ${notEvaluable}`].join('; ');
  return [...words, summary(seen, seen.closing, exit?.reason ?? null)].join(', ');
}

/** The figures behind a decision; a convergence has named its gap already. */
function summary({ heldForMs }: Seen, { close, pnl, shortDepth }: Closing, reason: ExitReason | null): string {
  const gap = reason === 'convergence' ? '' : `s·B_close ${figure(close.signedBasisBps, 1)} bps, `;
  const net = `net ${signedFigure(pnl.netUsd, 2)} USD`;
  const depth = shortDepth === null ? '' : `; ${shortDepth}, the rest counts at the worst level`;
  return `${gap}ratio ${signedFigure(pnl.ratioPct, 3)} %, ${net}, held ${hours(heldForMs)} h${depth}`;
}

function markOf(observation: ExitObservation, { close, pnl }: Closing): Mark {
  const { watch, nowWallMs, fundingUsd } = observation;
  return {
    key: watch.key,
    atWallMs: nowWallMs,
    atMarketMs: marketTimeMs(watch.anchor, nowWallMs),
    closeBasisBps: rounded(close.basisBps),
    unrealisedPnlUsd: rounded(pnl.priceUsd),
    fundingUsd,
    netUsd: rounded(pnl.netUsd),
    ratioPct: rounded(pnl.ratioPct),
  };
}

function rounded(value: Decimal): DecimalText {
  return toText(roundTo(value, 8, 'half_even'));
}
