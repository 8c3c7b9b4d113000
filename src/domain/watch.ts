/** What the watcher needs to evaluate an open position's exits without asking anyone. */
import type { DecimalText } from './decimal.ts';
import type { ReducedLegs } from './execution/legs.ts';
import type { ClockAnchor } from './market-clock.ts';
import type { ExitReason, PositionPlan } from './position.ts';

/** An armed watch: the plan and what the open came to. Plain JSON, stored in the ledger. */
export interface Watch {
  readonly key: string;
  readonly workflowId: string;
  readonly plan: PositionPlan;
  readonly anchor: ClockAnchor;
  /** Base units held by the legs, absolute. */
  readonly spotQuantityBase: DecimalText;
  readonly perpQuantityBase: DecimalText;
  /** Volume-weighted average prices of the opening fills. */
  readonly spotOpenPrice: DecimalText;
  readonly perpOpenPrice: DecimalText;
  /** Opening fees of both legs so far, in USD. */
  readonly openFeesUsd: DecimalText;
  /** Market time of `hedged`. */
  readonly hedgedAtMs: number;
  /** Price P&L of what its opening filled too much of and took back, before fees, in USD. */
  readonly trimmedUsd?: DecimalText;
  /** Of a position that was reduced; `atWallMs` of the last time. The ratio stays one of the whole notional at open. */
  readonly reduced?: ReducedLegs & { readonly atWallMs: number };
}

/** One evaluation, for the curve of a position. */
export interface Mark {
  readonly key: string;
  readonly atWallMs: number;
  readonly atMarketMs: number;
  /** Executable close basis in bps of the close side's spot price. */
  readonly closeBasisBps: DecimalText;
  /** Price P&L of both legs alone: before fees, funding and interest. */
  readonly unrealisedPnlUsd: DecimalText;
  readonly fundingUsd: DecimalText;
  /** What the ratio is a ratio of: what a person reads. Marks of older versions have none. */
  readonly netUsd?: DecimalText;
  /** (realised + unrealised + funding − all four fees) / (Q·S at open), in percent. */
  readonly ratioPct: DecimalText;
}

/** One price a leg, in quote per base. */
export interface LegPrices {
  readonly spot: DecimalText;
  readonly perp: DecimalText;
}

/** A decision of the watcher or the watchdog; an id is acted on once. */
export interface ExitDecision {
  readonly decisionId: string;
  readonly reason: ExitReason;
  /** Wall time of the observation. */
  readonly observedAtMs: number;
  /** What was seen, in words, for the log and the UI. */
  readonly detail: string;
  /** Executable prices of the closing sides at that moment; null when the reason needed none. */
  readonly prices: LegPrices | null;
  /** The perpetual alone is closed: the coin that was sold from inventory has broken, and is not bought back. */
  readonly keepsQuote?: true;
  /** Not closed: both legs are reduced to this share of what they hold, from 0 to 1. */
  readonly keepShare?: DecimalText;
}
