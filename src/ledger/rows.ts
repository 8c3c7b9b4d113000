/** Rows of the database as the port's types: the one place where `bigint` and `numeric` text is converted. */
import type { Selectable } from 'kysely';
import { decimal, toText, type DecimalText } from '../domain/decimal.ts';
import type {
  AlertRow,
  BaselineChange,
  LedgerFill,
  LedgerFundingPayment,
  OrderRow,
  PositionRow,
} from '../ports/ledger.ts';
import type { EquityMark } from '../domain/equity/mark.ts';
import type { Mark } from '../domain/watch.ts';
import type { Schema } from './schema.ts';

export function milliseconds(text: string): number;
export function milliseconds(text: string | null): number | null;
export function milliseconds(text: string | null): number | null {
  return text === null ? null : Number(text);
}

/** Without trailing zeros. */
export function amount(text: string): DecimalText;
export function amount(text: string | null): DecimalText | null;
export function amount(text: string | null): DecimalText | null {
  return text === null ? null : toText(decimal(text));
}

export function orderOf(row: Selectable<Schema['orders']>): OrderRow {
  return {
    clientOrderId: row.client_order_id,
    positionKey: row.position_key,
    leg: row.leg,
    account: row.account,
    venue: row.venue,
    symbol: row.symbol,
    side: row.side,
    purpose: row.purpose,
    step: row.step,
    attempt: row.attempt,
    quantityBase: amount(row.quantity_base),
    limitPrice: amount(row.limit_price),
    timeInForce: row.time_in_force,
    reduceOnly: row.reduce_only,
    ...(row.borrows ? { borrows: true } : {}),
    state: row.state,
    venueOrderId: row.venue_order_id,
    claimedAtMs: milliseconds(row.claimed_at_wall_ms),
    sendByMs: milliseconds(row.send_by_wall_ms),
    filledBase: amount(row.filled_base),
    averagePrice: amount(row.average_price),
    reason: row.reason,
  };
}

export function fillOf(row: Selectable<Schema['fills']>): LedgerFill {
  return {
    account: row.account,
    clientOrderId: row.client_order_id,
    positionKey: row.position_key,
    venueOrderId: row.venue_order_id,
    tradeId: row.trade_id,
    symbol: row.symbol,
    side: row.side,
    price: amount(row.price),
    quantityBase: amount(row.quantity_base),
    fee: amount(row.fee),
    feeCurrency: row.fee_currency,
    role: row.role,
    executedAtMs: milliseconds(row.executed_at_ms),
  };
}

export function fundingOf(row: Selectable<Schema['funding_payments']>): LedgerFundingPayment {
  return {
    account: row.account,
    symbol: row.symbol,
    paymentId: row.payment_id,
    amount: amount(row.amount),
    currency: row.currency,
    settledAtMs: milliseconds(row.settled_at_ms),
  };
}

/** @param row with what it has made of an inventory, where a query asks for that */
export function positionOf(
  row: Selectable<Schema['positions']> & { readonly baseline_change?: BaselineChange | null },
): PositionRow {
  const { baseline_change: baselineChange } = row;
  return {
    key: row.key,
    workflowId: row.workflow_id,
    plan: row.plan,
    status: row.status,
    source: row.source,
    exitReason: row.exit_reason,
    abortReason: row.abort_reason,
    openedAtMarketMs: milliseconds(row.opened_at_market_ms),
    closedAtMarketMs: milliseconds(row.closed_at_market_ms),
    createdAtWallMs: milliseconds(row.created_at_wall_ms),
    updatedAtWallMs: milliseconds(row.updated_at_wall_ms),
    isFenced: row.fenced_at !== null,
    acceptedSpotBase: amount(row.accepted_spot_base ?? '0'),
    acceptedPerpBase: amount(row.accepted_perp_base ?? '0'),
    ...(baselineChange == null
      ? {}
      : {
          baselineChange: {
            ...baselineChange,
            quantityBase: amount(baselineChange.quantityBase),
            price: amount(baselineChange.price),
          },
        }),
    attribution:
      row.realised_usd === null
        ? null
        : {
            basisUsd: amount(row.basis_usd ?? '0'),
            fundingUsd: amount(row.funding_usd ?? '0'),
            feesUsd: amount(row.fees_usd ?? '0'),
            slippageUsd: amount(row.slippage_usd ?? '0'),
            borrowUsd: amount(row.borrow_usd ?? '0'),
            quoteCurrencyUsd: amount(row.quote_currency_usd ?? '0'),
            realisedUsd: amount(row.realised_usd),
          },
  };
}

export function markOf(row: Selectable<Schema['marks']>): Mark {
  return {
    key: row.key,
    atWallMs: milliseconds(row.at_wall_ms),
    atMarketMs: milliseconds(row.at_market_ms),
    closeBasisBps: amount(row.close_basis_bps),
    unrealisedPnlUsd: amount(row.unrealised_pnl_usd),
    fundingUsd: amount(row.funding_usd),
    ...(row.net_usd === null ? {} : { netUsd: amount(row.net_usd) }),
    ratioPct: amount(row.ratio_pct),
  };
}

export function equityOf(row: Selectable<Schema['equity']>): EquityMark {
  return {
    book: row.book,
    mark: row.mark,
    atWallMs: milliseconds(row.at_wall_ms),
    atMarketMs: milliseconds(row.at_market_ms),
    equityUsd: amount(row.equity_usd),
    transfers: row.transfers,
    parts: row.parts,
    unpriced: row.unpriced,
  };
}

export function alertOf(row: Selectable<Schema['alerts']>): AlertRow {
  return {
    key: row.key,
    severity: row.severity,
    message: row.message,
    positionKey: row.position_key,
    raisedAtMs: milliseconds(row.raised_at_wall_ms),
    resolvedAtMs: milliseconds(row.resolved_at_wall_ms),
    count: row.count,
  };
}
