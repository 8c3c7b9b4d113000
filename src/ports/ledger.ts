/**
 * The ledger: what happened at the venues, in PostgreSQL. Every write is idempotent: repeated, it changes nothing.
 * All reads and writes throw `LedgerUnavailable` when the database cannot be reached (retry) and a plain Error for
 * what must not happen (a shrinking fill, two plans under one key).
 */
import type { BoundCoin } from '../domain/portfolio/bound-coins.ts';
import type { InterestCharge } from '../domain/margin/borrow.ts';
import type { DecimalText } from '../domain/decimal.ts';
import type { AccountFlows } from '../domain/equity/holdings.ts';
import type { EquityMark, EquityPoint } from '../domain/equity/mark.ts';
import type { VenueFill, VenueFundingPayment } from '../domain/fill.ts';
import type { OrderObservation } from '../domain/execution/observation.ts';
import type { LiquidationCharge } from '../domain/margin/liquidation-charge.ts';
import type { Order, OrderIntent, OrderState, SubmitOutcome } from '../domain/order.ts';
import type { BasisPoint } from '../domain/portfolio/correlation.ts';
import type { EquitySeen } from '../domain/portfolio/drawdown.ts';
import type { Attribution } from '../domain/pnl.ts';
import type { ExitReason, PositionPlan, PositionStatus } from '../domain/position.ts';
import type { ReconciliationReport } from '../domain/reconciliation/reconciliation.ts';
import type { OpeningRequest, ReservationRequest, ReservationResult } from '../domain/portfolio/reservation.ts';
import type { Mark, Watch } from '../domain/watch.ts';
import type { Alert } from './alerts.ts';
import type { AccountReading, SettledFundingRate, VenueBalance, VenuePosition } from './venue.ts';

export interface OrderRow extends Order {
  readonly state: OrderState;
  readonly venueOrderId: string | null;
  readonly claimedAtMs: number | null;
  readonly sendByMs: number | null;
  /** Cumulative, from the venue's trade list. */
  readonly filledBase: DecimalText;
  readonly averagePrice: DecimalText | null;
  /** Why it was rejected, is absent or is unknown. */
  readonly reason: string | null;
}

export interface LedgerFill extends VenueFill {
  readonly account: string;
  readonly clientOrderId: string;
  readonly positionKey: string;
}

export interface LedgerFundingPayment extends VenueFundingPayment {
  readonly account: string;
}

export interface LedgerCharge extends LiquidationCharge {
  readonly account: string;
}

/** What our fills of an account come to in one symbol. */
export interface NetFills {
  readonly symbol: string;
  /** Bought less sold, in base units; fees are not taken off. */
  readonly quantityBase: DecimalText;
  /** Orders that may fill, or have filled, unbooked: `sending` and `open`. */
  readonly unresolvedOrders: number;
}

/**
 * What a position has made of an account's inventory for good: with it, and with the declared baseline, the ledger says
 * what the account holds once the position has ended.
 */
export interface BaselineChange {
  readonly account: string;
  readonly currency: string;
  /** Signed coins: negative when they were sold. */
  readonly quantityBase: DecimalText;
  /** What one was worth when it was decided, in the quote coin of the position's spot leg. */
  readonly price: DecimalText;
  readonly reason: string;
  readonly declaredAtWallMs: number;
  readonly declaredAtMarketMs: number;
}

export interface PositionRow {
  readonly key: string;
  readonly workflowId: string;
  readonly plan: PositionPlan;
  readonly status: PositionStatus;
  readonly source: 'engine' | 'client';
  readonly exitReason: ExitReason | null;
  readonly abortReason: string | null;
  readonly openedAtMarketMs: number | null;
  readonly closedAtMarketMs: number | null;
  readonly createdAtWallMs: number;
  readonly updatedAtWallMs: number;
  readonly attribution: Attribution | null;
  /** A person works on it without Temporal: its workflow may claim no order any more. */
  readonly isFenced: boolean;
  /** What a person accepted as no longer the position's: signed base units of each leg. */
  readonly acceptedSpotBase: DecimalText;
  readonly acceptedPerpBase: DecimalText;
  /** Declared when it was decided that what its spot leg sold from inventory stays sold; absent otherwise. */
  readonly baselineChange?: BaselineChange;
}

/** Who claims an order: the position's workflow, or a person who has fenced the position. */
export type Claimant = 'workflow' | 'break_glass';

/** An order that the venue made by itself, as the workflow of a position that it shrank observes it. */
export interface VenueOrderOfPosition {
  readonly positionKey: string;
  readonly workflowId: string;
  readonly status: PositionStatus;
  readonly observation: OrderObservation;
}

export type VenueFillBooking =
  /** Orders booked now, or grown; and fills of which a part, or all, shrank no position of ours. */
  | {
      readonly kind: 'booked';
      readonly orders: readonly VenueOrderOfPosition[];
      readonly unexplained: readonly VenueFill[];
    }
  /** Nothing booked yet: some of the fills are not ours, and what the venue holds now tells whose they are. */
  | { readonly kind: 'position_needed'; readonly bookedFills: number }
  /** An order of ours is on its way there, or has filled since the position was read: ask again. */
  | { readonly kind: 'unresolved' };

/** Whom a fill that no order of ours made may have shrunk. */
export type VenueFillScope =
  /** Positions with the perpetual, `first` before the others, as far as the venue holds less than they; null: not read yet. */
  | {
      readonly kind: 'perpetual';
      readonly venueHeldBase: DecimalText | null;
      readonly first: string | null;
      /** Fills that were booked before `venueHeldBase` was read: what our orders filled since may not be in it. */
      readonly bookedFills?: number;
    }
  /** One position alone: an account may hold an inventory of the coin that is traded by hand. */
  | { readonly kind: 'spot'; readonly positionKey: string };

export interface PositionUpdate {
  readonly key: string;
  readonly status: PositionStatus;
  readonly nowWallMs: number;
  readonly exitReason?: ExitReason;
  readonly abortReason?: string;
  readonly openedAtMarketMs?: number;
  readonly closedAtMarketMs?: number;
  readonly attribution?: Attribution;
}

export interface Baseline {
  readonly account: string;
  readonly balances: readonly VenueBalance[];
  readonly positions: readonly VenuePosition[];
  /** Wall and market time of the declaration: fills and funding before it are no position's. */
  readonly declaredAtWallMs: number;
  readonly declaredAtMarketMs: number;
}

export interface AlertRow extends Alert {
  readonly raisedAtMs: number;
  readonly resolvedAtMs: number | null;
  readonly count: number;
}

/** As the ledger has kept it, told of or not. */
export interface RaisedAlert extends AlertRow {
  readonly id: string;
  /** It happened, and does not stand. */
  readonly isNotice: boolean;
}

export interface LedgerTotals {
  readonly opened: number;
  readonly closed: number;
  readonly open: number;
  readonly aborted: number;
  readonly realisedPnlUsd: DecimalText;
  readonly orders: number;
  readonly fills: number;
}

export interface TradedPosition {
  readonly position: PositionRow;
  /** What the open came to; null when it was never hedged. */
  readonly watch: Watch | null;
}

/** What a book had come to at the end of a UTC day of market time; of the day that is on, so far. */
export interface DailyPerformance {
  readonly book: string;
  readonly dayMarketMs: number;
  readonly equityUsd: DecimalText;
  /** Of all positions that had ended. */
  readonly realisedUsd: DecimalText;
  /** Ratios since the first mark, each with its period and count; null where not defined. */
  readonly figures: Readonly<
    Record<string, { readonly value: number | null; readonly days: number; readonly n: number }>
  >;
  readonly recordedAtWallMs: number;
}

export interface ObservedDrawdown {
  /** Under the high-water mark, in percent, never negative. */
  readonly drawdownPct: DecimalText;
  readonly observedAtWallMs: number;
}

export class LedgerUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LedgerUnavailable';
  }
}

export interface Ledger {
  /** A ULID that the first migration stored. */
  installationId(): Promise<string>;

  /** Tests every limit and reserves, in one transaction. Repeated for a key that holds a reservation: `reserved`. */
  reserve(request: ReservationRequest): Promise<ReservationResult>;
  /** `reserve` and the intents of both legs in one transaction. Repeated: the same orders. */
  prepareOpening(
    request: OpeningRequest,
  ): Promise<{ kind: 'prepared'; orders: Order[] } | { kind: 'refused'; reasons: readonly string[] }>;
  /** The legs are filled (or flat): account readings taken after `settledAtWallMs` show it, so admission stops subtracting it. */
  settleReservation(key: string, settledAtWallMs: number): Promise<void>;

  /** Writes intents as `prepared` rows; the client order id is a pure function of its inputs. Repeated: the same rows, whatever their state. */
  prepareOrders(positionKey: string, workflowId: string, intents: readonly OrderIntent[]): Promise<Order[]>;
  /**
   * The same for a workflow that has heard of so many base units of the venue's own fills on the position, over both legs.
   * `unheard`: there are more, so that its orders were decided on what is not so; nothing is written.
   */
  prepareNext(
    positionKey: string,
    workflowId: string,
    intents: readonly OrderIntent[],
    heardBase: DecimalText,
  ): Promise<{ kind: 'prepared'; orders: Order[] } | { kind: 'unheard'; venueOrders: OrderObservation[] }>;
  /** `prepared` → `sending`, exactly once; a workflow's not on a fenced position, a person's only there. False: never send; look up. */
  claimOrder(
    clientOrderId: string,
    claim: { claimedAtMs: number; sendByMs: number },
    claimant?: Claimant,
  ): Promise<boolean>;
  /** From now on the position's workflow claims nothing. Refused while one of its orders is `sending`. Repeated: fenced. */
  fencePosition(key: string): Promise<{ kind: 'fenced' } | { kind: 'refused'; reason: string }>;
  /** What each leg still holds (signed base units) is no position's any more. */
  acceptResidual(key: string, residual: { spotBase: DecimalText; perpBase: DecimalText }): Promise<void>;
  /** accepted → `open`; rejected → `rejected`; not_sent → `absent`; unknown keeps `sending` and notes the reason. Never moves a `done` row. */
  recordOutcome(clientOrderId: string, outcome: SubmitOutcome): Promise<void>;
  /**
   * → `open`, with what a resting order has filled so far, in one transaction. After its end, or less than is booked: nothing.
   * @throws Error when the fills do not add up, or more is said of an order that has ended.
   */
  recordProgress(
    clientOrderId: string,
    progress: { venueOrderId: string; filledBase: DecimalText; averagePrice: DecimalText | null },
    fills: readonly VenueFill[],
  ): Promise<void>;
  /** → `done`, with its fills, in one transaction. @throws Error when the cumulative fill shrinks. */
  recordSettlement(
    clientOrderId: string,
    settlement: { venueOrderId: string; filledBase: DecimalText; averagePrice: DecimalText | null },
    fills: readonly VenueFill[],
  ): Promise<void>;
  /** `prepared` or `sending` → `absent`. False when the row has moved on (open, done, rejected). */
  markAbsent(clientOrderId: string, reason: string): Promise<boolean>;
  /** `prepared` → `absent`, so that no late worker can claim it. False when it was claimed already. */
  withdrawOrder(clientOrderId: string, reason: string): Promise<boolean>;
  order(clientOrderId: string): Promise<(OrderRow & { readonly isFenced: boolean }) | null>;
  ordersOf(positionKey: string): Promise<OrderRow[]>;
  /** Client ids of the account's orders that are, or may be, at the venue and not done: `sending` and `open`. */
  unresolvedOrderIds(account: string): Promise<string[]>;
  fillsOf(positionKey: string): Promise<LedgerFill[]>;
  /** Every fill of our orders at the account, oldest first. */
  fillsOfAccount(account: string): Promise<LedgerFill[]>;
  /** The fills summed, by symbol, and the orders still unresolved, all of one moment. Symbols without either are left out. */
  netFills(account: string): Promise<NetFills[]>;
  /**
   * Books those of the fills that no order of ours made on the positions that they shrank, whose orders for that leg that
   * are still `prepared` become `absent`. Repeated: books nothing.
   */
  bookVenueFills(
    account: string,
    symbol: string,
    fills: readonly VenueFill[],
    scope: VenueFillScope,
  ): Promise<VenueFillBooking>;
  /** Orders that the venue made on positions of the account which are still live. */
  venueOrdersOfLive(account: string): Promise<VenueOrderOfPosition[]>;

  /** An end gives the reservation back, and adds what the position was charged for liquidations, in one transaction. */
  updatePosition(update: PositionUpdate): Promise<void>;
  position(key: string): Promise<PositionRow | null>;
  /** Newest first. */
  positions(filter: {
    statuses?: readonly PositionStatus[];
    limit?: number;
    keyEnding?: string;
  }): Promise<PositionRow[]>;

  recordFundingPayments(account: string, payments: readonly VenueFundingPayment[]): Promise<void>;
  fundingPaymentsOfAccount(account: string): Promise<LedgerFundingPayment[]>;
  recordInterest(account: string, charges: readonly InterestCharge[]): Promise<void>;
  /** Oldest first. */
  interestOfAccount(account: string): Promise<InterestCharge[]>;

  /**
   * Books what a venue charged for liquidations, and puts right the fees of positions that it struck and that have ended.
   * Repeated: books nothing.
   */
  recordLiquidationCharges(account: string, charges: readonly LiquidationCharge[]): Promise<void>;
  liquidationChargesOf(account: string): Promise<LedgerCharge[]>;

  /** Stores the watch on its shard and notifies listeners. Arming again replaces it. */
  armWatch(watch: Watch, shard: string): Promise<void>;
  disarmWatch(key: string): Promise<void>;
  armedWatches(shard: string): Promise<Watch[]>;
  /** Armed watches that nobody has evaluated since that wall time. */
  unevaluatedWatches(sinceMs: number): Promise<Watch[]>;
  stampEvaluated(keys: readonly string[], evaluatedAtMs: number): Promise<void>;
  /** Wall time of the last evaluation; null when never, or not armed. */
  evaluatedAtMs(key: string): Promise<number | null>;
  /** Calls back on every arming and disarming until the signal aborts; reconnects by itself and calls back after each reconnect. */
  listenForWatches(onChange: () => void, signal: AbortSignal): Promise<void>;
  writeMarks(marks: readonly Mark[]): Promise<void>;
  latestMarks(keys: readonly string[]): Promise<Mark[]>;

  /**
   * Sums of our fills, their fees and the account's funding, to a market time, or all: funding that was settled after
   * `sinceMarketMs`, every fill.
   */
  accountFlows(account: string, sinceMarketMs: number, toMarketMs: number | null): Promise<AccountFlows>;
  /** Whether no order is unresolved there, and nothing was filled or paid in that market time, both ends included. */
  isAccountQuiet(account: string, fromMarketMs: number, toMarketMs: number): Promise<boolean>;
  /** Repeated for a mark of the book that is there: nothing changes. */
  writeEquity(mark: EquityMark): Promise<void>;
  latestEquity(book: string): Promise<EquityMark | null>;
  /** From the last one at or before the time, or from the first; oldest first. */
  equityPoints(book: string, sinceMarketMs: number | null): Promise<EquityPoint[]>;
  /** Keys of the book's positions that closed at or after the time, and whose close is not marked. */
  unmarkedCloses(book: string, sinceMarketMs: number): Promise<string[]>;
  /** Those that have not ended, or ended at or after the time; oldest first. */
  tradedPositions(book: string, sinceMarketMs: number | null): Promise<TradedPosition[]>;
  /** Replaces what was recorded of the day. */
  recordPerformance(daily: DailyPerformance): Promise<void>;
  /** Oldest first. */
  dailyPerformance(book: string): Promise<DailyPerformance[]>;

  /** Mid bases at full market hours; the first value of an hour holds. */
  recordBases(points: readonly BasisPoint[]): Promise<void>;
  /** Since a market time, by pair and hour. */
  basisHistory(pairIds: readonly string[], sinceMs: number): Promise<BasisPoint[]>;
  /** What is known of a settlement holds. */
  recordFundingRates(venue: string, rates: readonly SettledFundingRate[]): Promise<void>;
  /** Settled at or after a market time, oldest first. */
  fundingRates(venue: string, symbol: string, sinceMarketMs: number): Promise<SettledFundingRate[]>;
  /** Raises the book's high-water mark or not; returns how far it is under it now, in percent. */
  observeEquity(book: string, seen: EquitySeen, nowWallMs: number): Promise<DecimalText>;
  /** As last observed; null: never, or not since a person reset it. */
  drawdownOf(book: string): Promise<ObservedDrawdown | null>;
  /** The next observation is the new high-water mark. */
  resetDrawdown(book: string): Promise<void>;
  /** From then on nothing is reserved in the book, but where a person insists; null: the halt is over. */
  recordHalt(book: string, reason: string | null, nowWallMs: number): Promise<void>;
  /** Why the book is halted; null: it is not. */
  haltOf(book: string): Promise<string | null>;
  /** Its version is another one whenever somebody halts, be it for the same reason. */
  standingHalt(book: string): Promise<{ readonly reason: string; readonly version: string } | null>;
  /**
   * Ends the halt that was seen, and no later one. Returns why the book is still halted; null: it is not.
   * @param seen its version; null: none stood
   */
  endHalt(book: string, seen: string | null): Promise<string | null>;

  writeReading(reading: AccountReading): Promise<void>;
  latestReading(account: string): Promise<AccountReading | null>;
  /** What positions need for their close of the coins that the latest readings of the accounts show. */
  boundCoins(accounts: readonly string[]): Promise<BoundCoin[]>;
  /** Stores the first declaration of an account; a later one changes nothing. Returns what holds. */
  declareBaseline(baseline: Baseline): Promise<Baseline>;
  baselines(): Promise<Baseline[]>;
  /**
   * From now on the position holds that much less on spot, and the account's inventory has changed by it for good. The
   * first declaration of a position holds; of one that has ended, or is fenced, nothing is declared.
   */
  declareBaselineChange(change: BaselineChange & { readonly positionKey: string }): Promise<void>;

  raiseAlert(alert: Alert, nowMs: number): Promise<void>;
  resolveAlert(key: string, nowMs: number): Promise<void>;
  openAlerts(): Promise<AlertRow[]>;
  /** Alerts and notices raised since that wall time, and what stands from before; oldest first. */
  alertsSince(sinceWallMs: number): Promise<RaisedAlert[]>;

  recordReconciliation(report: ReconciliationReport): Promise<void>;
  /** The newest so many, newest first. */
  latestReconciliations(count: number): Promise<ReconciliationReport[]>;

  totals(): Promise<LedgerTotals>;
  close(): Promise<void>;
}
