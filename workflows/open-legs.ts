/**
 * Opening: reserve and write both intents while the edge is checked on fresh order books, send both legs at once,
 * then top up or trim until they are equal within a lot. Every path ends hedged, or flat.
 */
import { patched } from '@temporalio/workflow';
import { decideOpening, type Move } from '../src/domain/execution/decide.ts';
import { builtLegs } from '../src/domain/execution/legs.ts';
import type { OrderObservation } from '../src/domain/execution/observation.ts';
import { marketTimeMs } from '../src/domain/market-clock.ts';
import type { Order } from '../src/domain/order.ts';
import type { PositionPlan } from '../src/domain/position.ts';
import type { HedgedLegs, PositionInput } from '../src/domain/position-state.ts';
import { ledgerActivities, marketActivities } from './activity-proxies.ts';
import { planPrices } from './closing-prices.ts';
import { failureMessage } from './watching.ts';
import { waitToSend } from './send-wait.ts';
import { createQuoting, type Quoting } from './quoting.ts';
import { FencedOff, deciding, type OrderDesk } from './order-desk.ts';
import { intentsOf, sendMoves, settleUnresolved, submitAndSettle } from './order-loop.ts';
import type { Decision } from '../src/domain/execution/decision.ts';

export type OpeningResult =
  | { readonly kind: 'hedged'; readonly legs: HedgedLegs }
  | { readonly kind: 'aborted'; readonly reason: string }
  /** Opening failed with exposure on: the caller unwinds it. */
  | { readonly kind: 'unwind'; readonly reason: string };

export type PreparedOpening =
  | { readonly kind: 'prepared'; readonly orders: readonly Order[] }
  | { readonly kind: 'aborted'; readonly reason: string };

const longestPreparationMs = 5_000;

/** Reserves, checks and writes both intents; at the same time re-checks the edge. Nothing is sent yet. */
export async function prepareOpening(input: PositionInput, desk: OrderDesk): Promise<PreparedOpening> {
  const { plan } = input;
  const moves = firstMoves(plan);
  const startedAtMs = Date.now();
  const [reservation, edge] = await Promise.all([
    ledgerActivities('open', 'reserve capital and write both intents').prepareOpening({
      plan,
      workflowId: desk.workflowId,
      limits: input.limits,
      needs: input.needs,
      source: input.source,
      nowWallMs: Date.now(),
      nowMarketMs: marketTimeMs(input.anchor, Date.now()),
      intents: intentsOf(plan, moves, planPrices(plan)),
    }),
    // A quote waits for the gap by itself.
    moves.length === 0 ? ({ kind: 'holds' } as const) : checkEdge(plan),
  ]);
  if (reservation.kind === 'refused') return { kind: 'aborted', reason: reservation.reasons.join('; ') };
  if (edge.kind === 'gone') return { kind: 'aborted', reason: edge.reason };
  // After an outage in between, what was seen then says nothing about now.
  if (Date.now() - startedAtMs > longestPreparationMs)
    return { kind: 'aborted', reason: 'preparing took too long: its prices are old' };
  return { kind: 'prepared', orders: reservation.orders };
}

/** None where quotes come first: they have no price yet. */
function firstMoves(plan: PositionPlan): readonly Move[] {
  if (plan.style?.kind === 'maker_hedge') return [];
  const decision = decideOpening(plan, [], Date.now(), null);
  if (decision.kind !== 'send') throw new Error(`an opening without orders decided ${decision.kind}`);
  return decision.moves;
}

function checkEdge(plan: PositionPlan) {
  return marketActivities('open', 'check the edge on fresh order books')
    .checkEdge(plan)
    .catch((error: unknown) => ({
      kind: 'gone' as const,
      reason: `the order books could not be read: ${messageOf(error)}`,
    }));
}

/**
 * Sends both legs, or quotes one and hedges on the other, and brings them to equal sizes.
 * @param isCloseAsked a position that is still quoting stops for it, and closes what it has
 */
export async function openLegs(
  input: PositionInput,
  desk: OrderDesk,
  orders: readonly Order[],
  isCloseAsked: () => boolean,
): Promise<OpeningResult> {
  const { plan } = input;
  const sentAtMs = Date.now();
  const quoting = plan.style?.kind === 'maker_hedge' ? createQuoting(desk, plan.style, isCloseAsked) : null;
  await submitAndSettle(desk, orders, 'open');
  const decide = (): Decision => {
    const decision = decideOpening(plan, deciding(desk).observations, Date.now(), sentAtMs, quoting?.moment());
    const trims = decision.kind === 'unwind' ? decision.trims : undefined;
    // Older code unwound the position for it.
    return trims !== undefined && patched('trims-beyond-dust') ? trims : decision;
  };
  for (;;) {
    const decision = decide();
    switch (decision.kind) {
      case 'resolve':
        await settleUnresolved(desk, decision.clientOrderIds, 'open');
        break;
      case 'send':
        if (decision.endFirst !== undefined && patched('nothing-rests-while-a-hedge-waits')) {
          await settleUnresolved(desk, decision.endFirst, 'open');
          break;
        }
        if (!(await waitToSend(decision.moves, decision.afterMs, () => movesOf(decide())))) break;
        if (quoting !== null && decision.moves.every(({ purpose }) => purpose !== 'trim')) {
          await quoting.follow(decision.moves);
        } else {
          await sendRepair(desk, decision.moves);
        }
        break;
      case 'hedged':
        return { kind: 'hedged', legs: hedgedLegs(desk) };
      case 'flat':
        return { kind: 'aborted', reason: flatReason(desk.observations) };
      case 'unwind':
        return decision;
      case 'quote':
        await mustQuote(quoting).quote(decision.move, decision.afterMs);
        break;
      case 'watch':
        await mustQuote(quoting).watch(decision);
        break;
      case 'convert':
        await mustQuote(quoting).convert(decision);
        break;
      case 'stuck':
        throw new Error(`an opening cannot be stuck: ${decision.reason}`);
    }
  }
}

function movesOf(decision: Decision): readonly Move[] | null {
  return decision.kind === 'send' ? decision.moves : null;
}

function mustQuote(quoting: Quoting | null): Quoting {
  if (quoting === null) throw new Error('an opening of both legs at once lets no order rest');
  return quoting;
}

/** Nothing that fails while it opens may end the workflow with a leg on. @throws FencedOff */
export function unwindBy(error: unknown): { kind: 'unwind'; reason: string } {
  if (error instanceof FencedOff) throw error;
  return { kind: 'unwind', reason: failureMessage(error) };
}

/** A top-up keeps the plan's price cap; a trim is priced on fresh order books. */
async function sendRepair(desk: OrderDesk, moves: readonly Move[]): Promise<void> {
  const plan = planPrices(desk.plan);
  const known = moves.every((move) => move.purpose === 'top_up') ? plan : null;
  await sendMoves(desk, moves, { close: null, known, fallback: plan, isRetry: false });
}

function hedgedLegs({ plan, anchor, observations }: OrderDesk): HedgedLegs {
  const built = builtLegs(plan.direction, observations);
  if (built === null) throw new Error('hedged without fills');
  return { ...built, hedgedAtWallMs: Date.now(), hedgedAtMarketMs: marketTimeMs(anchor, Date.now()) };
}

function flatReason(observations: readonly OrderObservation[]): string {
  const refusal = observations.find(({ resolution }) => resolution.kind === 'not_executed');
  if (refusal !== undefined && refusal.resolution.kind === 'not_executed') return refusal.resolution.reason;
  return 'neither leg filled within the slippage cap';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
}
