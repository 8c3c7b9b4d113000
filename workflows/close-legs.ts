/**
 * Bringing both legs to zero: a close, or the unwind of a failed opening. Both legs at once, reduce-only on the
 * perpetual, with slippage that widens up to its cap.
 *
 * A close's first step uses the prices that its decision was made on, so that no read stands between the decision and
 * the orders; later steps, and an unwind, read fresh order books.
 */
import { sleep } from '@temporalio/workflow';
import { decideFlat } from '../src/domain/execution/decide.ts';
import { settlementTimes } from '../src/domain/funding-times.ts';
import type { CloseRequest, PositionInput } from '../src/domain/position-state.ts';
import type { LegPrices } from '../src/domain/watch.ts';
import { accountActivities } from './activity-proxies.ts';
import { planPrices, sendMoves, settleUnresolved, type OrderDesk } from './order-loop.ts';

export type FlatResult = { readonly kind: 'flat' } | { readonly kind: 'stuck'; readonly reason: string };

/** @param force sends once more where it would be stuck */
export function closeLegs(desk: OrderDesk, close: CloseRequest, force: boolean): Promise<FlatResult> {
  return flattenLegs(desk, { close, force, known: force ? null : close.prices, fallback: close.prices });
}

/** Brings a failed opening to zero, as far as the venues let it. */
export function unwindLegs(desk: OrderDesk, force: boolean): Promise<FlatResult> {
  return flattenLegs(desk, { close: null, force, known: null, fallback: planPrices(desk.plan) });
}

interface Flattening {
  /** Null: an unwind. */
  readonly close: CloseRequest | null;
  readonly force: boolean;
  /** Prices for the first step; null: read. */
  readonly known: LegPrices | null;
  /** For unequal legs while no order book can be read. */
  readonly fallback: LegPrices | null;
}

async function flattenLegs(desk: OrderDesk, { close, force, known, fallback }: Flattening): Promise<FlatResult> {
  let isForced = force;
  let prices = known;
  for (;;) {
    const decision = decideFlat(desk.plan, desk.observations, close === null ? 'unwind' : 'close', isForced);
    switch (decision.kind) {
      case 'resolve':
        await settleUnresolved(desk, decision.clientOrderIds, 'close');
        break;
      case 'send':
        if (decision.afterMs > 0) await sleep(decision.afterMs, { summary: 'wait before the next order' });
        await sendMoves(desk, decision.moves, { close, known: prices, fallback });
        prices = null;
        isForced = false;
        break;
      case 'flat':
      case 'stuck':
        return decision;
      case 'quote':
      case 'watch':
      case 'convert':
      case 'hedged':
      case 'unwind':
        throw new Error(`bringing the legs to zero decided ${decision.kind}`);
    }
  }
}

/** Books the funding that the position was paid and charged, between the perpetual's first and last fill. */
export async function collectFunding(input: PositionInput, desk: OrderDesk): Promise<void> {
  const { plan } = input;
  const fillsAtMs = desk.observations.flatMap(({ order, resolution }) =>
    order.leg === 'perp' && resolution.kind === 'done' && resolution.firstFillAtMs !== null
      ? [resolution.firstFillAtMs]
      : [],
  );
  if (fillsAtMs.length === 0) return;
  const [openedAtMs, closedAtMs] = [Math.min(...fillsAtMs), Math.max(...fillsAtMs)];
  await accountActivities(plan.perp.account, 'close', 'collect funding payments').collectFunding({
    symbol: plan.perp.instrument.symbol,
    sinceMs: openedAtMs,
    closedAtMs,
    expectedAtMs: settlementTimes(openedAtMs, closedAtMs, plan.fundingIntervalHours),
    closedAtWallMs: Date.now(),
  });
}
