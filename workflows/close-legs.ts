/**
 * Closing: both legs at once, reduce-only on the perpetual, with slippage that widens up to its cap.
 *
 * The first step uses the prices that the decision to close was made on, so that no read stands between the decision
 * and the orders; later steps read fresh order books.
 */
import { sleep } from '@temporalio/workflow';
import { decideFlat, type Move } from '../src/domain/execution/decide.ts';
import { settlementTimes } from '../src/domain/funding-times.ts';
import type { CloseRequest, PositionInput } from '../src/domain/position-state.ts';
import type { LegPrices } from '../src/domain/watch.ts';
import { accountActivities, ledgerActivities } from './activity-proxies.ts';
import { closingPrices, intentsOf, settleUnresolved, submitAndSettle, type OrderDesk } from './order-loop.ts';

export type ClosingResult = { readonly kind: 'flat' } | { readonly kind: 'stuck'; readonly reason: string };

/** @param force sends once more where it would be stuck */
export async function closeLegs(desk: OrderDesk, close: CloseRequest, force: boolean): Promise<ClosingResult> {
  let prices: LegPrices | null = force ? null : close.prices;
  let forced = force;
  for (;;) {
    const decision = decideFlat(desk.plan, desk.observations, 'close', forced);
    switch (decision.kind) {
      case 'resolve':
        await settleUnresolved(desk, decision.clientOrderIds, 'close');
        break;
      case 'send':
        if (decision.afterMs > 0) await sleep(decision.afterMs, { summary: 'wait before the next order' });
        await sendClosing(desk, decision.moves, close, prices);
        prices = null;
        forced = false;
        break;
      case 'flat':
      case 'stuck':
        return decision;
      case 'hedged':
      case 'unwind':
        throw new Error(`a close decided ${decision.kind}`);
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
    expectedAtMs: settlementTimes(openedAtMs, closedAtMs, plan.fundingIntervalHours),
    closedAtWallMs: Date.now(),
  });
}

async function sendClosing(
  desk: OrderDesk,
  moves: readonly Move[],
  close: CloseRequest,
  known: LegPrices | null,
): Promise<void> {
  const { plan } = desk;
  const prices = known ?? (await closingPrices(desk, close.prices));
  const orders = await ledgerActivities('close', 'write the closing intents').prepareOrders({
    positionKey: plan.key,
    workflowId: desk.workflowId,
    intents: intentsOf(plan, moves, prices),
    closing: { exitReason: close.reason, nowWallMs: Date.now() },
  });
  await submitAndSettle(desk, orders, 'close');
}
