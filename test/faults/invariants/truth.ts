/** Everything that is held against each other after a round: what the venues say, and what the ledger says. */
import type { DecimalText } from '../../../src/domain/decimal.ts';
import type { LegName, OrderPurpose, OrderSide, OrderState, OrderTimeInForce } from '../../../src/domain/order.ts';
import type { PositionPlan, PositionStatus } from '../../../src/domain/position.ts';
import type { Arena } from '../arena/arena.ts';
import type { VenueName } from '../arena/configuration.ts';
import { venueStates, type VenueState } from '../arena/control.ts';

export interface LedgerOrder {
  readonly client_order_id: string;
  readonly position_key: string;
  readonly leg: LegName;
  readonly account: string;
  readonly venue: VenueName;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly purpose: OrderPurpose;
  readonly step: number;
  readonly attempt: number;
  readonly quantity_base: DecimalText;
  readonly limit_price: DecimalText;
  readonly time_in_force: OrderTimeInForce;
  readonly state: OrderState;
  readonly venue_order_id: string | null;
  readonly claimed_at_wall_ms: string | null;
  readonly filled_base: DecimalText;
  readonly reason: string | null;
  readonly seq: string;
}

export interface LedgerFillRow {
  readonly account: string;
  readonly symbol: string;
  readonly venue_order_id: string;
  readonly trade_id: string;
  readonly client_order_id: string;
  readonly position_key: string;
  readonly side: OrderSide;
  readonly price: DecimalText;
  readonly quantity_base: DecimalText;
  readonly fee: DecimalText;
  readonly fee_currency: string;
  readonly executed_at_ms: string;
}

export interface LedgerPosition {
  readonly key: string;
  readonly status: PositionStatus;
  readonly plan: PositionPlan;
  readonly exit_reason: string | null;
  readonly abort_reason: string | null;
  readonly realised_usd: DecimalText | null;
  readonly created_at_wall_ms: string;
  readonly updated_at_wall_ms: string;
  readonly released: boolean | null;
}

export interface LedgerTruth {
  readonly positions: readonly LedgerPosition[];
  readonly orders: readonly LedgerOrder[];
  readonly fills: readonly LedgerFillRow[];
  readonly funding: readonly { readonly account: string; readonly currency: string; readonly amount: DecimalText }[];
  readonly charges: readonly { readonly account: string; readonly currency: string; readonly amount: DecimalText }[];
  readonly alerts: readonly { readonly key: string; readonly position_key: string | null; readonly message: string }[];
  readonly baselines: readonly {
    readonly account: string;
    readonly balances: readonly { readonly currency: string; readonly total: string }[];
  }[];
}

export interface Truth {
  readonly venues: Readonly<Record<VenueName, VenueState>>;
  readonly ledger: LedgerTruth;
}

/** The venues first: whatever they have by then, the ledger must know. Otherwise everything has settled, or is read again. */
export async function readTruth({ control, query }: Pick<Arena, 'control' | 'query'>): Promise<Truth> {
  const states = await venueStates(control);
  const ledger: LedgerTruth = {
    positions: await query<LedgerPosition>(
      'select p.*, r.released from positions p left join reservations r using (key) order by p.seq',
    ),
    orders: await query<LedgerOrder>('select * from orders order by seq'),
    fills: await query<LedgerFillRow>('select * from fills order by seq'),
    funding: await query('select account, currency, amount from funding_payments'),
    charges: await query('select account, currency, amount from liquidation_charges'),
    alerts: await query('select key, position_key, message from alerts'),
    baselines: await query('select account, balances from baseline'),
  };
  return { venues: states, ledger };
}
