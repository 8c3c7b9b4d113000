/** A position: two legs of one pair, its direction and its plan. Its states are in `position-state.ts`. */
import type { DecimalText } from './decimal.ts';
import type { Instrument } from './instrument.ts';
import type { LegName } from './order.ts';
import type { Direction, Side } from './direction.ts';
import type { BorrowTerms } from './margin/borrow-terms.ts';

export function sideOf(direction: Direction): Side {
  return direction === 'long_spot_short_perp' ? 1 : -1;
}

/** What a position is entered for, fixed at entry: the gap, or what funding pays. */
export type PositionKind = 'basis' | 'funding';

/** Plans made before there were two kinds have none. */
export function kindOf(plan: { readonly kind?: PositionKind }): PositionKind {
  return plan.kind ?? 'basis';
}

export type ExitReason =
  | 'force_close'
  | 'portfolio_halt'
  | 'adl'
  | 'liquidation_distance'
  | 'borrow_recalled'
  | 'depeg'
  | 'stop_loss'
  | 'venue_down'
  | 'profit_target'
  | 'funding_flip'
  | 'convergence'
  | 'max_holding'
  | 'end_of_tape'
  | 'break_glass';

/** Status names as the ledger, the search attribute and the tables show them. */
export type PositionStatus =
  'reserving' | 'opening' | 'hedged' | 'closing' | 'closed' | 'compensating' | 'aborted' | 'stuck';

/** Of a position that holds, or may come to hold, exposure. */
export const liveStatuses: readonly PositionStatus[] = [
  'reserving',
  'opening',
  'hedged',
  'closing',
  'compensating',
  'stuck',
];

export interface LegPlan {
  /** Configured account name. */
  readonly account: string;
  readonly instrument: Instrument;
  /** Taker fee of this account, in basis points of the fill. */
  readonly takerFeeBps: DecimalText;
  /** The same of an order that rests; the taker fee unless given. */
  readonly makerFeeBps?: DecimalText;
  /** A third coin that the configuration says its fees are taken in: the rates above are what they count as. */
  readonly feeCoin?: string;
}

/** How both legs' orders are made; `execution.style` of the configuration. */
export type ExecutionStyle = 'taker_taker' | 'maker_hedge' | 'market';

/** Opening by orders that rest on one leg, each fill hedged at once on the other. */
export interface MakerStyle {
  readonly kind: 'maker_hedge';
  /** Where the orders rest. */
  readonly makerLeg: LegName;
  /** Wall time from the first quote until what is still missing is converted, or left. */
  readonly makerDeadlineMs: number;
  /** The most that rests, or waits for its hedge, at a time; in USD of the maker leg. */
  readonly maxUnhedgedUsd: DecimalText;
  /** `convert`: the rest is taken on both legs. `stop`: the position is as large as what was filled. */
  readonly atMakerDeadline: 'convert' | 'stop';
}

/** How the orders of a position are made, where they are not marketable limit orders on both legs at once. */
export type PlanStyle = MakerStyle | { readonly kind: 'market' };

/** Exit thresholds, fixed at entry. Percentages are of Q·S at open. */
export interface ExitRules {
  readonly stopLossPct: DecimalText;
  readonly profitTargetPct: DecimalText;
  /** Convergence: the gap s·(B_close − m) at or under this, in bps. */
  readonly exitBps: DecimalText;
  /** m, in bps: the centre that the entry was measured from; 0 where a plan says nothing. */
  readonly centreBps?: DecimalText;
  /** `net`: only after costs, or when the carry left is not worth waiting for. `literal`: the article's rule. */
  readonly convergence: 'net' | 'literal';
  /** Market time. Of a `funding` position: until the next review, which may extend it by `reviewMs`. */
  readonly maxHoldingMs: number;
  /** Market time over which carry is expected; to the end of the holding where a plan says nothing. */
  readonly horizonMs?: number;
  /** Of a `funding` position: by how much a review extends the holding. */
  readonly reviewMs?: number;
  /** Of a `funding` position: no review extends it beyond; null: no such bound. */
  readonly maxLifeMs?: number | null;
  /** Leave when the perpetual's mark is nearer than this to its liquidation price; 10 where a plan says nothing. */
  readonly liquidationDistancePct?: DecimalText;
  /** Both legs are then reduced until the distance is this, 20 where a plan says nothing; at or under it: closed whole. */
  readonly liquidationTargetPct?: DecimalText;
  /** Leave on a depeg while closing costs at most this, in bps of the notional; without it the rule is off. */
  readonly depegMaxCostBps?: DecimalText;
  /**
   * A coin that was sold from inventory breaks: buy it back, like any close does. Otherwise the perpetual alone is closed
   * and the quote kept.
   */
  readonly depegBuyBack?: boolean;
  /** Leave when what is still to be earned turns negative; off where a plan says nothing. */
  readonly fundingFlip?: 'on' | 'off';
  /** Wall time without a sign of life from a leg's market, and what then happens to the other leg. */
  readonly venueDown?: { readonly afterMs: number; readonly closeReachable: boolean };
}

/** Everything that was decided before the first order. Plain JSON: it is the input of the workflow. */
export interface PositionPlan {
  readonly key: string;
  readonly pairId: string;
  readonly asset: string;
  readonly book: string;
  readonly direction: Direction;
  /** `basis` where it is not said. */
  readonly kind?: PositionKind;
  readonly spot: LegPlan;
  readonly perp: LegPlan;
  /** Q: base units that both legs are meant to hold; a multiple of the coarser lot. */
  readonly quantityBase: DecimalText;
  /** Reference prices at decision: the executable price of the opening side of each order book for Q. */
  readonly spotReferencePrice: DecimalText;
  readonly perpReferencePrice: DecimalText;
  /** Q·S at the reference price, in USD. */
  readonly notionalUsd: DecimalText;
  /** The least executable basis s·B_open, in bps, at which the legs may still be sent; re-checked on fresh order books. */
  readonly minimumEntryBps: DecimalText;
  readonly exits: ExitRules;
  readonly maxOpenSlippageBps: DecimalText;
  readonly maxCloseSlippageBps: DecimalText;
  readonly hedgeDeadlineMs: number;
  readonly maxCloseRejections: number;
  readonly leverage: DecimalText;
  /** Hours between funding settlements of the perpetual at entry; settlements fall on multiples of it, UTC. */
  readonly fundingIntervalHours: number;
  /** Absent: `taker_taker`, marketable limit orders on both legs at once. */
  readonly style?: PlanStyle;
  /** Of a short spot leg: what is sold is borrowed. Absent: it is sold from inventory. */
  readonly borrow?: BorrowTerms;
}

/** `USDC-bybit-binanceusdm-long-01J…`: asset, venues, direction and a ULID. */
export function positionKey(
  asset: string,
  spotVenue: string,
  perpVenue: string,
  direction: Direction,
  ulid: string,
): string {
  const word = direction === 'long_spot_short_perp' ? 'long' : 'short';
  return `${asset}-${spotVenue}-${perpVenue}-${word}-${ulid}`;
}
