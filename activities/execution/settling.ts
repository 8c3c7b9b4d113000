/** Following one order to its end: found and booked, or proven absent. Sends nothing; what rests is cancelled. */
import { decimal } from '../../src/domain/decimal.ts';
import { averagePrice, filledBase, filledOrder } from '../../src/domain/execution/received.ts';
import type { FeeRates } from '../../src/domain/fees.ts';
import type { VenueFill } from '../../src/domain/fill.ts';
import type { OrderSettlement } from '../../src/domain/order.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger, OrderRow } from '../../src/ports/ledger.ts';
import {
  VenueError,
  type ForgottenOrder,
  type OrderLookUpResult,
  type Venue,
  type VenueOrder,
} from '../../src/ports/venue.ts';
import { takeOffDeadMan, type DeadManPorts } from './dead-man.ts';
import { notYet } from '../failures.ts';

/** How soon an acknowledged order or a missing trade is asked for again. */
export const settleRetryMs = 200;

export interface SettleRequest {
  readonly clientOrderId: string;
  readonly positionKey: string;
  readonly baseCurrency: string;
  /** Of the spot leg its quote coin, of the perpetual its settle coin. */
  readonly quoteCurrency: string;
  /** Of the account; not there in what was asked before fees in a third coin were valued by them. */
  readonly rates?: FeeRates;
}

type SettlingLedger = Pick<
  Ledger,
  'order' | 'fillsOf' | 'withdrawOrder' | 'markAbsent' | 'recordSettlement' | 'recordProgress' | 'unresolvedOrderIds'
>;

export interface SettlingPorts {
  readonly venue: Pick<Venue, 'account' | 'lookUp' | 'orderFills' | 'cancel' | 'guard'>;
  readonly ledger: SettlingLedger;
  readonly clock: Clock;
}

/** @throws ApplicationFailure that says when to ask again, while it is not known; VenueError of a read */
export async function settleOrder(ports: SettlingPorts, request: SettleRequest): Promise<OrderSettlement> {
  const row = await mustFind(ports.ledger, request.clientOrderId);
  const settlement = await settleRow(ports, row, request);
  return row.isFenced ? { ...settlement, isFenced: true } : settlement;
}

async function settleRow(ports: SettlingPorts, row: OrderRow, request: SettleRequest): Promise<OrderSettlement> {
  const { ledger } = ports;
  switch (row.state) {
    case 'prepared':
      // Never claimed. Withdrawn, no late worker can send it any more.
      if (await ledger.withdrawOrder(row.clientOrderId, 'never sent')) return { kind: 'absent' };
      throw notYet('order_claimed', 'the order was claimed while it was withdrawn', settleRetryMs);
    case 'absent':
    case 'rejected':
      return { kind: 'absent' };
    case 'done':
      return settlementOf(row, await fillsOf(ledger, row), request);
    case 'sending':
    case 'open':
      return observe(ports, row, request);
  }
}

async function observe(ports: SettlingPorts, row: OrderRow, request: SettleRequest): Promise<OrderSettlement> {
  const { venue, ledger, clock } = ports;
  let result = await lookUp(venue, row);
  if (result.kind === 'found' && result.order.status === 'open' && row.timeInForce === 'post_only') {
    const { venueOrderId } = result.order;
    await venue.cancel({ clientOrderId: row.clientOrderId, venueOrderId, symbol: row.symbol });
    // The cancel may come too late: what the venue shows afterwards counts.
    result = await lookUp(venue, { ...row, venueOrderId });
  }
  switch (result.kind) {
    case 'not_yet_known':
      throw notYet('order_not_yet_known', result.reason, result.retryAtMs - clock.nowMs());
    case 'absent':
      if (await ledger.markAbsent(row.clientOrderId, 'proven absent at the venue')) return { kind: 'absent' };
      throw notYet('order_moved_on', 'the order row moved on while it was looked up', settleRetryMs);
    case 'found':
    case 'forgotten': {
      const { order } = result;
      if (order.status === 'open')
        throw notYet('order_open', `${order.filledBase} of ${row.quantityBase} filled`, settleRetryMs);
      const fills = await bookFound(ports, row, order);
      if (fills === null) throw notYet('trades_incomplete', `not all of ${order.filledBase} is listed`, settleRetryMs);
      return settlementOf({ ...row, venueOrderId: order.venueOrderId }, fills, request);
    }
  }
}

export async function lookUp(venue: Pick<Venue, 'lookUp'>, row: OrderRow): Promise<OrderLookUpResult> {
  const { clientOrderId, symbol, venueOrderId, claimedAtMs, sendByMs } = row;
  if (claimedAtMs === null || sendByMs === null)
    throw new Error(`order ${clientOrderId} is ${row.state} without a claim`);
  return venue.lookUp({ clientOrderId, symbol, venueOrderId, claimedAtMs, sendByMs });
}

/** Books an order as the venue shows it, open or done; null while its trades do not add up to what it has filled. */
export async function bookFound(
  {
    venue,
    ledger,
  }: DeadManPorts & {
    venue: Pick<Venue, 'orderFills'>;
    ledger: Pick<Ledger, 'recordProgress' | 'recordSettlement'>;
  },
  { clientOrderId, symbol, timeInForce }: OrderRow,
  order: VenueOrder | ForgottenOrder,
): Promise<readonly VenueFill[] | null> {
  const { venueOrderId, filledBase: filled, status } = order;
  const fills = 'fills' in order ? order.fills : await venue.orderFills({ venueOrderId, symbol });
  if (!filledBase(fills).eq(decimal(filled))) return null;
  const booking = { venueOrderId, filledBase: filled, averagePrice: averagePrice(fills) };
  if (status === 'open') await ledger.recordProgress(clientOrderId, booking, fills);
  else await ledger.recordSettlement(clientOrderId, booking, fills);
  // Not waited for: a fill wants its hedge.
  if (status === 'done' && timeInForce === 'post_only') void takeOffDeadMan({ venue, ledger }, symbol);
  return fills;
}

export async function mustFind(
  ledger: Pick<Ledger, 'order'>,
  clientOrderId: string,
): Promise<OrderRow & { readonly isFenced: boolean }> {
  const row = await ledger.order(clientOrderId);
  if (row === null) throw new VenueError('bad_request', `no order ${clientOrderId} in the ledger`);
  return row;
}

async function fillsOf(ledger: SettlingLedger, row: OrderRow): Promise<VenueFill[]> {
  return (await ledger.fillsOf(row.positionKey)).filter((fill) => fill.clientOrderId === row.clientOrderId);
}

export function settlementOf(row: OrderRow, fills: readonly VenueFill[], request: SettleRequest): OrderSettlement {
  const { baseCurrency, quoteCurrency, rates } = request;
  return { kind: 'done', venueOrderId: row.venueOrderId, ...filledOrder(fills, baseCurrency, quoteCurrency, rates) };
}
