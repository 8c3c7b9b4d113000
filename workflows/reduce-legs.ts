/**
 * Reducing an open position because its perpetual comes near to its liquidation: both legs at once, reduce-only on the
 * perpetual, until they hold what is to remain and are equal. What cannot be brought to that end is closed whole.
 */
import { condition, patched, sleep } from '@temporalio/workflow';
import { builtLegs } from '../src/domain/execution/legs.ts';
import { decideReduction, reductionTo } from '../src/domain/execution/reduce.ts';
import type { CloseRequest, HedgedLegs, ReductionRequest } from '../src/domain/position-state.ts';
import type { PositionPlan } from '../src/domain/position.ts';
import type { ExitDecision } from '../src/domain/watch.ts';
import { deciding, type OrderDesk } from './order-desk.ts';
import { sendMoves, settleUnresolved } from './order-loop.ts';
import { alertPerson, stuckBy } from './watching.ts';

/** Wall time after a reduction within which no other one is begun: what asks for it may have been seen before it. */
const betweenReductionsMs = 15_000;

/** Older code closed whole, whatever share it was told to keep. */
export function isReduction({ keepShare }: ExitDecision): boolean {
  return keepShare !== undefined && patched('reduced-near-liquidation');
}

/** Null: it was seen too soon after the last one. */
export function reductionOf(
  { keepShare = '0', detail, prices, observedAtMs }: ExitDecision,
  { reducedAtWallMs }: HedgedLegs,
): ReductionRequest | null {
  if (reducedAtWallMs !== undefined && observedAtMs < reducedAtWallMs + betweenReductionsMs) return null;
  return { keepShare, detail, prices };
}

export interface ReductionResult {
  /** What is on now. */
  readonly legs: HedgedLegs;
  /** Both legs are to be closed whole, after all. */
  readonly close: CloseRequest | null;
}

/**
 * @param isCloseAsked no further order is sent then: the close goes on from what is there
 * @throws FencedOff
 */
export async function reduceLegs(
  desk: OrderDesk,
  request: ReductionRequest,
  before: HedgedLegs,
  isCloseAsked: () => boolean,
): Promise<ReductionResult> {
  const close = await reduce(desk, request, isCloseAsked).catch((error: unknown) =>
    whole(request, stuckBy(error).reason),
  );
  const built = builtLegs(desk.plan.direction, desk.observations);
  if (built === null) throw new Error('a reduced position without fills');
  const legs = { ...before, ...built, reducedAtWallMs: Date.now() };
  if (close === null && !isCloseAsked()) await tell(desk.plan, request, before, legs);
  return { legs, close };
}

/** Null: reduced, or a close was asked for. */
async function reduce(
  desk: OrderDesk,
  request: ReductionRequest,
  isCloseAsked: () => boolean,
): Promise<CloseRequest | null> {
  const reduction = reductionTo(desk.plan, desk.observations, request.keepShare);
  let known = request.prices;
  while (!isCloseAsked()) {
    const { plan, observations } = deciding(desk);
    const decision = decideReduction(plan, observations, reduction);
    switch (decision.kind) {
      case 'resolve':
        await settleUnresolved(desk, decision.clientOrderIds, 'close');
        break;
      case 'send':
        await waitUnless(isCloseAsked, decision.afterMs);
        if (isCloseAsked() && patched('reduction-ends-for-a-close')) break;
        await sendMoves(desk, decision.moves, { close: null, known, fallback: request.prices, isRetry: false });
        known = null;
        break;
      case 'hedged':
        return null;
      case 'whole':
        return whole(request, decision.reason);
    }
  }
  return null;
}

/** A close that is asked for does not wait for what the venue asks for before the next order of the reduction. */
async function waitUnless(isCloseAsked: () => boolean, waitMs: number): Promise<void> {
  if (waitMs <= 0) return;
  const summary = 'wait before the next order';
  if (patched('reduction-ends-for-a-close')) await condition(isCloseAsked, waitMs, { summary });
  else await sleep(waitMs, { summary });
}

function whole({ detail }: ReductionRequest, reason: string): CloseRequest {
  const words = `${detail}; closed whole instead: ${reason}`;
  return { reason: 'liquidation_distance', detail: words, observedAtMs: Date.now(), prices: null };
}

async function tell(
  { key, asset }: PositionPlan,
  { detail }: ReductionRequest,
  before: HedgedLegs,
  { spotBase, perpBase }: HedgedLegs,
): Promise<void> {
  const from = `${before.spotBase} spot and ${before.perpBase} perpetual`;
  const message = `reduced from ${from} to ${spotBase} and ${perpBase} ${asset}, and held: ${detail}`;
  await alertPerson(key, 'reduced', 'warning', message);
}
