/** A position rebuilt from the ledger, as the input of a workflow that takes over where the last one was ended. */
import { builtLegs } from '../../src/domain/execution/legs.ts';
import { observationOf } from '../../src/domain/execution/recorded.ts';
import { decimal } from '../../src/domain/decimal.ts';
import { rememberedOrders } from '../../src/domain/execution/remembered.ts';
import { coarserLot } from '../../src/domain/execution/quantity.ts';
import { wallTimeMs, type ClockAnchor } from '../../src/domain/market-clock.ts';
import { firstShard } from '../../src/domain/names.ts';
import type { HedgedLegs, PositionInput } from '../../src/domain/position-state.ts';
import type { ExitReason, PositionPlan } from '../../src/domain/position.ts';
import type { ReservationLimits } from '../../src/domain/portfolio/reservation.ts';
import type { Watch } from '../../src/domain/watch.ts';
import type { Ledger, PositionRow } from '../../src/ports/ledger.ts';

export interface RecoveryRequest {
  readonly key: string;
  /** `adopt`: watched again, as it stands. `flatten`: brought to zero. */
  readonly as: 'adopt' | 'flatten';
  readonly anchor: ClockAnchor;
  readonly limits: ReservationLimits;
  readonly exitReason: ExitReason;
  /** Why, in words. */
  readonly detail: string;
  /** Wall time. */
  readonly nowMs: number;
}

export type Recovered =
  { readonly kind: 'recovered'; readonly input: PositionInput } | { readonly kind: 'refused'; readonly reason: string };

/** Steps go on after the highest that the ledger holds, so that no client order id is used twice. */
export async function recoverPosition(
  ledger: Pick<Ledger, 'position' | 'ordersOf' | 'fillsOf' | 'armedWatches'>,
  request: RecoveryRequest,
): Promise<Recovered> {
  const { key } = request;
  const position = await ledger.position(key);
  if (position === null) return refused(`no position ${key} in the ledger`);
  const { status } = position;
  if (status === 'closed' || status === 'aborted') return refused(`position ${key} is ${status}`);
  const [rows, fills, watches] = await Promise.all([
    ledger.ordersOf(key),
    ledger.fillsOf(key),
    ledger.armedWatches(firstShard),
  ]);
  // A person may have adjusted the exits since the plan was made: the watch has those that hold.
  const plan = { ...position.plan, ...exitsOf(watches.find((watch) => watch.key === key)) };
  const orders = rows.map((row) =>
    observationOf(
      plan,
      row,
      fills.filter(({ clientOrderId }) => clientOrderId === row.clientOrderId),
    ),
  );
  const built = builtLegs(plan.direction, orders);
  const legs = built === null ? null : { ...built, ...hedgedAt(position, request) };
  const input = (state: PositionInput['state']): Recovered => ({
    kind: 'recovered',
    input: {
      plan,
      anchor: request.anchor,
      limits: request.limits,
      needs: [],
      source: position.source,
      shard: firstShard,
      state,
      orders: rememberedOrders(orders),
    },
  });
  if (request.as === 'flatten') return input(flattened(position, legs, request));
  if (legs === null) return refused(`position ${key} was never hedged: it can only be flattened`);
  const unequal = decimal(legs.spotBase).minus(decimal(legs.perpBase)).abs().gt(coarserLot(plan.spot, plan.perp));
  const unresolved = orders.some(({ resolution }) => resolution.kind === 'unresolved');
  if (unequal || unresolved || status !== 'hedged') {
    const held = `${legs.spotBase} spot and ${legs.perpBase} perpetual`;
    return refused(`position ${key} is ${status} with ${held}: only a hedged one is adopted; flatten it`);
  }
  return input({ kind: 'hedged', legs, spentDecisionIds: [] });
}

function flattened(
  { openedAtMarketMs, baselineChange }: PositionRow,
  legs: HedgedLegs | null,
  { exitReason, detail, nowMs }: RecoveryRequest,
): PositionInput['state'] {
  if (legs === null || openedAtMarketMs === null) {
    return { kind: 'stuck', from: { kind: 'compensating', reason: detail }, reason: detail };
  }
  // What was declared to stay sold is not bought back by whoever takes over.
  const kept = baselineChange === undefined ? {} : { keepsQuote: true as const };
  const close = { reason: exitReason, detail, observedAtMs: nowMs, prices: null, ...kept };
  return { kind: 'stuck', from: { kind: 'closing', legs, close }, reason: detail };
}

function hedgedAt({ openedAtMarketMs }: PositionRow, { anchor, nowMs }: RecoveryRequest) {
  const hedgedAtMarketMs = openedAtMarketMs ?? 0;
  const hedgedAtWallMs = openedAtMarketMs === null ? nowMs : wallTimeMs(anchor, openedAtMarketMs);
  return { hedgedAtWallMs, hedgedAtMarketMs };
}

function exitsOf(watch: Watch | undefined): Pick<PositionPlan, 'exits'> | null {
  return watch === undefined ? null : { exits: watch.plan.exits };
}

function refused(reason: string): Recovered {
  return { kind: 'refused', reason };
}
