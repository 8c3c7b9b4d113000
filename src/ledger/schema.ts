/** Tables as kysely sees them; a test holds them against the database. Numerics and bigints arrive as text. */
import type { ColumnType, Generated } from 'kysely';
import type { DecimalText } from '../domain/decimal.ts';
import type { Transfer } from '../domain/equity/mark.ts';
import type { ValuePart } from '../domain/equity/valuation.ts';
import type { Money } from '../domain/money.ts';
import type { LegName, OrderPurpose, OrderSide, OrderState, OrderTimeInForce } from '../domain/order.ts';
import type { ExitReason, PositionPlan, PositionStatus } from '../domain/position.ts';
import type { ReconciliationReport } from '../domain/reconciliation/reconciliation.ts';
import type { Watch } from '../domain/watch.ts';
import type { Severity } from '../ports/alerts.ts';
import type { DailyPerformance } from '../ports/ledger.ts';
import type { AccountReading, VenueBalance, VenuePosition } from '../ports/venue.ts';
import type { Direction } from '../domain/direction.ts';
import type { CapitalNeed } from '../domain/portfolio/capital-need.ts';

/** Epoch milliseconds: written as numbers, read as text, converted in `rows.ts`. */
type Milliseconds = ColumnType<string, number, number>;
type MaybeMilliseconds = ColumnType<string | null, number | null | undefined, number | null>;
/** Written as JSON text, read as a value. */
type Json<T> = ColumnType<T, string, string>;

export interface Schema {
  installation: { id: string; created_at: Generated<Date> };
  positions: {
    key: string;
    workflow_id: string;
    book: string;
    pair_id: string;
    direction: Direction;
    perp_account: string;
    perp_symbol: string;
    notional_usd: DecimalText;
    plan: Json<PositionPlan>;
    source: 'engine' | 'client';
    status: PositionStatus;
    exit_reason: ExitReason | null;
    abort_reason: string | null;
    opened_at_market_ms: MaybeMilliseconds;
    closed_at_market_ms: MaybeMilliseconds;
    created_at_wall_ms: Milliseconds;
    updated_at_wall_ms: Milliseconds;
    fenced_at: Date | null;
    basis_usd: DecimalText | null;
    funding_usd: DecimalText | null;
    fees_usd: DecimalText | null;
    slippage_usd: DecimalText | null;
    borrow_usd: DecimalText | null;
    quote_currency_usd: DecimalText | null;
    realised_usd: DecimalText | null;
    charged_usd: DecimalText | null;
    accepted_spot_base: DecimalText | null;
    accepted_perp_base: DecimalText | null;
    opening_told: Generated<boolean>;
    end_told: Generated<boolean>;
    seq: Generated<string>;
  };
  reservations: {
    key: string;
    book: string;
    needs: Json<readonly CapitalNeed[]>;
    settled_at_wall_ms: MaybeMilliseconds;
    released: Generated<boolean>;
  };
  orders: {
    client_order_id: string;
    position_key: string;
    leg: LegName;
    account: string;
    venue: string;
    symbol: string;
    side: OrderSide;
    purpose: OrderPurpose;
    step: number;
    attempt: number;
    quantity_base: DecimalText;
    limit_price: DecimalText;
    time_in_force: OrderTimeInForce;
    reduce_only: boolean;
    borrows: Generated<boolean>;
    state: Generated<OrderState>;
    venue_order_id: string | null;
    claimed_at_wall_ms: MaybeMilliseconds;
    send_by_wall_ms: MaybeMilliseconds;
    filled_base: Generated<DecimalText>;
    average_price: DecimalText | null;
    reason: string | null;
    seq: Generated<string>;
  };
  fills: {
    account: string;
    symbol: string;
    venue_order_id: string;
    trade_id: string;
    client_order_id: string;
    position_key: string;
    side: OrderSide;
    price: DecimalText;
    quantity_base: DecimalText;
    fee: DecimalText;
    fee_currency: string;
    role: 'maker' | 'taker' | 'unknown';
    executed_at_ms: Milliseconds;
    piece: Generated<number>;
    seq: Generated<string>;
  };
  funding_payments: {
    account: string;
    symbol: string;
    payment_id: string;
    amount: DecimalText;
    currency: string;
    settled_at_ms: Milliseconds;
  };
  liquidation_charges: {
    account: string;
    charge_id: string;
    symbol: string | null;
    amount: DecimalText;
    currency: string;
    charged_at_ms: Milliseconds;
  };
  interest_charges: {
    account: string;
    charge_id: string;
    currency: string;
    amount: DecimalText;
    charged_at_ms: Milliseconds;
  };
  watches: {
    key: string;
    shard: string;
    watch: Json<Watch>;
    armed: Generated<boolean>;
    evaluated_at_wall_ms: MaybeMilliseconds;
  };
  marks: {
    key: string;
    at_wall_ms: Milliseconds;
    at_market_ms: Milliseconds;
    close_basis_bps: DecimalText;
    unrealised_pnl_usd: DecimalText;
    funding_usd: DecimalText;
    net_usd: DecimalText | null;
    ratio_pct: DecimalText;
  };
  equity: {
    book: string;
    mark: string;
    at_wall_ms: Milliseconds;
    at_market_ms: Milliseconds;
    equity_usd: DecimalText;
    transfers: Json<readonly Transfer[]>;
    parts: Json<readonly ValuePart[]>;
    unpriced: Json<readonly Money[]>;
  };
  performance: {
    book: string;
    day_market_ms: Milliseconds;
    equity_usd: DecimalText;
    realised_usd: DecimalText;
    figures: Json<DailyPerformance['figures']>;
    recorded_at_wall_ms: Milliseconds;
  };
  account_readings: { account: string; reading: Json<AccountReading>; read_at_wall_ms: Milliseconds };
  baseline: {
    account: string;
    balances: Json<readonly VenueBalance[]>;
    positions: Json<readonly VenuePosition[]>;
    declared_at_wall_ms: Milliseconds;
    declared_at_market_ms: Milliseconds;
  };
  baseline_changes: {
    position_key: string;
    account: string;
    currency: string;
    quantity_base: DecimalText;
    price: DecimalText;
    reason: string;
    declared_at_wall_ms: Milliseconds;
    declared_at_market_ms: Milliseconds;
  };
  alerts: {
    key: string;
    /** `info` is for notices. */
    severity: Severity;
    message: string;
    position_key: string | null;
    raised_at_wall_ms: Milliseconds;
    resolved_at_wall_ms: MaybeMilliseconds;
    count: Generated<number>;
    is_notice: Generated<boolean>;
    raise_planned: Generated<boolean>;
    end_planned: Generated<boolean>;
    id: Generated<string>;
  };
  alert_targets: {
    name: string;
    failures: Generated<number>;
    failing_since_wall_ms: MaybeMilliseconds;
    paused_until_wall_ms: MaybeMilliseconds;
    last_error: string | null;
    last_sent_at_wall_ms: MaybeMilliseconds;
  };
  alert_deliveries: {
    alert_id: string;
    target: string;
    phase: 'raised' | 'resolved';
    planned_at_wall_ms: Milliseconds;
    attempts: Generated<number>;
    sent_at_wall_ms: MaybeMilliseconds;
    id: Generated<string>;
  };
  basis_history: { pair_id: string; hour_market_ms: Milliseconds; mid_basis_bps: DecimalText };
  funding_rates: { venue: string; symbol: string; settled_at_market_ms: Milliseconds; rate: DecimalText };
  drawdowns: {
    book: string;
    peak_equity_usd: DecimalText;
    peak_transferred_usd: DecimalText;
    drawdown_pct: DecimalText;
    observed_at_wall_ms: Milliseconds;
  };
  halts: { book: string; reason: string; since_wall_ms: Milliseconds };
  reconciliations: { id: Generated<string>; at_wall_ms: Milliseconds; report: Json<ReconciliationReport> };
}
