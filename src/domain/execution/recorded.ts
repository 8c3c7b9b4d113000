/** The orders of a position as the ledger has recorded them, as its workflow would observe them. */
import { feeRates } from '../fees.ts';
import type { VenueFill } from '../fill.ts';
import type { Order, OrderState } from '../order.ts';
import type { PositionPlan } from '../position.ts';
import type { OrderObservation, OrderResolution } from './observation.ts';
import { filledOrder } from './received.ts';
import { recordedRefusal } from './refused.ts';

export interface RecordedOrder extends Order {
  readonly state: OrderState;
  readonly reason: string | null;
}

/** @param fills of this order alone */
export function observationOf(
  plan: PositionPlan,
  recorded: RecordedOrder,
  fills: readonly VenueFill[],
): OrderObservation {
  const { state, reason } = recorded;
  return { order: orderOf(recorded), resolution: resolutionOf(plan, recorded, state, reason, fills) };
}

function resolutionOf(
  plan: PositionPlan,
  { leg }: Order,
  state: OrderState,
  reason: string | null,
  fills: readonly VenueFill[],
): OrderResolution {
  switch (state) {
    case 'prepared':
    case 'sending':
    case 'open':
      return { kind: 'unresolved' };
    case 'rejected':
    case 'absent':
      return recordedRefusal(reason ?? state);
    case 'done':
      return settled(plan, leg, fills);
  }
}

function settled(plan: PositionPlan, leg: Order['leg'], fills: readonly VenueFill[]): OrderResolution {
  const { base, quote, settle } = plan[leg].instrument;
  return { kind: 'done', ...filledOrder(fills, base, settle ?? quote, feeRates(plan[leg])) };
}

/** What was decided, without what the ledger has noted since. */
function orderOf(recorded: RecordedOrder): Order {
  const { leg, account, venue, symbol, side, purpose, step, attempt, quantityBase, limitPrice } = recorded;
  const { timeInForce, reduceOnly, borrows, clientOrderId, positionKey } = recorded;
  return {
    clientOrderId,
    positionKey,
    leg,
    account,
    venue,
    symbol,
    side,
    purpose,
    step,
    attempt,
    quantityBase,
    limitPrice,
    timeInForce,
    reduceOnly,
    ...(borrows === undefined ? {} : { borrows }),
  };
}
