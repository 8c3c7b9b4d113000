/**
 * Bringing a position to zero without Temporal: the last resort. The position is fenced first, so that its workflow,
 * which may wake at any time, can send nothing; then it is the same machine as a close: look up, decide, claim, send.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/activity';
import { decideFlat, legPlan, type Move } from '../../src/domain/execution/decide.ts';
import { project, takenByVenueBase, type OrderObservation } from '../../src/domain/execution/observation.ts';
import { unhedgedPart } from '../../src/domain/execution/pacing.ts';
import { observationOf } from '../../src/domain/execution/recorded.ts';
import { loanOf } from '../../src/domain/margin/borrow.ts';
import { decimal, toText, type DecimalText } from '../../src/domain/decimal.ts';
import { feeRates } from '../../src/domain/fees.ts';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import type { LegName, Order, OrderIntent } from '../../src/domain/order.ts';
import type { Attribution } from '../../src/domain/pnl.ts';
import type { PositionPlan } from '../../src/domain/position.ts';
import { legsToClose } from '../../src/domain/position-state.ts';
import type { LegPrices } from '../../src/domain/watch.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger, PositionRow } from '../../src/ports/ledger.ts';
import { VenueError, type Venue } from '../../src/ports/venue.ts';
import { orderIntent } from '../../src/strategy/plan.ts';
import { finishPosition } from '../execution/finishing.ts';
import { bookInterest, chargedInterest } from '../records/interest.ts';
import { sendOnce } from '../execution/sending.ts';
import { settleOrder } from '../execution/settling.ts';
import { bookForeignFills } from '../records/venue-fills.ts';

export interface HandPorts {
  readonly ledger: Ledger;
  /** By account, of both legs. */
  readonly venues: ReadonlyMap<string, Venue>;
  /** Why those of `venues` that are missing cannot be reached, by account. */
  readonly unreachable?: ReadonlyMap<string, string>;
  readonly alerts: Alerts;
  readonly clock: Clock;
  readonly progress: (line: string) => void;
}

export interface BreakGlassPorts extends HandPorts {
  /** Of these legs alone: what is closed must not wait for an order book that it does not need. */
  readonly closingPrices: (plan: PositionPlan, legs: readonly LegName[]) => Promise<Partial<LegPrices>>;
}

export type BreakGlassResult =
  | { readonly kind: 'flat'; readonly attribution: Attribution }
  /** Nothing was sent, or not everything could be: run it again. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Rounds of orders in one run; a person runs it again. */
const mostRounds = 20;
/** An order that is not known by then is left for the next run; wall time. */
const settlingMs = 60_000;

/** @param isLegByLeg a leg is closed also while it hedges the other, whose market does not answer */
export async function flattenByHand(
  ports: BreakGlassPorts,
  key: string,
  anchor: ClockAnchor,
  isLegByLeg = false,
): Promise<BreakGlassResult> {
  const { ledger, progress } = ports;
  const fence = await fenceOnceKnown(ports, key);
  if (fence.kind === 'refused') return fence;
  const position = await ledger.position(key);
  if (position === null) throw new Error(`position ${key} is gone`);
  progress(`${key} is fenced: its workflow can send nothing any more`);
  const { plan } = position;
  // First our own: while one is on its way, no fill can be called another's.
  await observe(ports, position);
  const silent = await bookForeign(ports, plan, anchor);
  const wasHedged = position.openedAtMarketMs !== null;
  // What was declared to stay sold is not bought back.
  const legs = legsToClose(position.baselineChange === undefined ? null : { keepsQuote: true });
  for (let round = 1; round <= mostRounds; round += 1) {
    const observations = await observe(ports, position);
    const decision = decideFlat(
      plan,
      observations,
      wasHedged ? 'close' : 'unwind',
      true,
      legs,
      await interestOf(ports, plan),
    );
    switch (decision.kind) {
      case 'flat':
        // What an exchange has done by itself may be missing.
        if (silent.size > 0) return { kind: 'refused', reason: `${[...silent.values()].join('; ')}; run it again` };
        return { kind: 'flat', attribution: await finish(ports, position, wasHedged, anchor) };
      case 'resolve':
        return { kind: 'refused', reason: `not known yet: ${decision.clientOrderIds.join(', ')}; run it again` };
      case 'send': {
        await pause(Math.max(decision.afterMs, decision.depthPauseMs ?? 0));
        const { orders, left } = await sendable(ports, plan, observations, decision.moves, silent, isLegByLeg);
        if (orders.length === 0) return { kind: 'refused', reason: `not flat: ${left.join('; ')}; run it again` };
        await send(ports, position, orders, toText(takenByVenueBase(observations)));
        break;
      }
      case 'quote':
      case 'watch':
      case 'convert':
      case 'hedged':
      case 'unwind':
      case 'stuck':
        throw new Error(`bringing the legs to zero decided ${decision.kind}`);
    }
  }
  return {
    kind: 'refused',
    reason: `not flat after ${mostRounds} rounds of orders: look at the order books, run it again; --accept gives up what stays`,
  };
}

/** Read anew in each round: what was bought is enough only when nothing was charged since. */
export async function interestOf(ports: HandPorts, plan: PositionPlan): Promise<DecimalText> {
  if (loanOf(plan) === null) return '0';
  if (ports.unreachable?.has(plan.spot.account) !== true)
    await bookInterest({ ...ports, venue: venueOf(ports, plan.spot.account) });
  return toText(await chargedInterest(ports.ledger, plan));
}

/** What a dead service left on its way is followed to its end first: nobody else is there to do it. */
async function fenceOnceKnown(ports: BreakGlassPorts, key: string) {
  const { ledger, progress } = ports;
  const fence = await ledger.fencePosition(key);
  const position = await ledger.position(key);
  if (fence.kind === 'fenced' || position === null) return fence;
  for (const order of await ledger.ordersOf(key)) {
    if (order.state !== 'sending') continue;
    progress(`order ${order.clientOrderId} at ${order.account} was on its way: looking it up`);
    await settle(ports, position.plan, order);
  }
  return ledger.fencePosition(key);
}

/** Every order of the position, those on their way followed to their end first. */
export async function observe(ports: HandPorts, { key, plan }: PositionRow): Promise<OrderObservation[]> {
  for (const order of await ports.ledger.ordersOf(key)) {
    // What was never claimed is known without its exchange: behind the fence nobody can send it.
    if (order.state === 'prepared') await ports.ledger.withdrawOrder(order.clientOrderId, 'never sent');
    if (order.state === 'sending' || order.state === 'open') await settle(ports, plan, order);
  }
  const [rows, fills] = await Promise.all([ports.ledger.ordersOf(key), ports.ledger.fillsOf(key)]);
  return rows.map((row) =>
    observationOf(
      plan,
      row,
      fills.filter(({ clientOrderId }) => clientOrderId === row.clientOrderId),
    ),
  );
}

/** What no order of ours made, of both legs. Returns the accounts that do not answer, each with why. */
export async function bookForeign(ports: HandPorts, { key, spot, perp }: PositionPlan, anchor: ClockAnchor) {
  const silent = new Map<string, string>();
  for (const { account, instrument } of [spot, perp]) {
    const { symbol } = instrument;
    const unreachable = ports.unreachable?.get(account);
    if (unreachable !== undefined) {
      silent.set(account, `${account} cannot be reached: ${unreachable}`);
      continue;
    }
    try {
      await bookForeignFills({ ...ports, venue: venueOf(ports, account) }, { symbol, anchor, positionKey: key });
    } catch (error) {
      if (!(error instanceof VenueError)) throw error;
      silent.set(account, `the fills of ${account} cannot be read: ${error.message}`);
    }
  }
  return silent;
}

/**
 * The orders of the legs whose markets answer, and in words what is left undone and why. While the other leg's does not,
 * one is reduced only by what has no hedge there, unless a person says so.
 */
async function sendable(
  ports: BreakGlassPorts,
  plan: PositionPlan,
  observations: readonly OrderObservation[],
  moves: readonly Move[],
  silent: ReadonlyMap<string, string>,
  isLegByLeg: boolean,
): Promise<{ orders: OrderIntent[]; left: string[] }> {
  const looked = await Promise.all(
    moves.map(async (move) => ({ move, ...(await priceOf(ports, plan, move.leg, silent)) })),
  );
  const isAnswered = looked.every(({ price }) => price !== null);
  const orders: OrderIntent[] = [];
  const left: string[] = [];
  for (const { move, price, why } of looked) {
    const whole = isAnswered || isLegByLeg || moves.length === 1;
    const sent = whole ? move : unhedgedPart(plan, project(plan.direction, observations), observations, move);
    const { account, instrument } = legPlan(plan, move.leg);
    const order = `${move.side} ${move.quantityBase} ${instrument.symbol} at ${account}`;
    if (price === null) left.push(`${order} was not sent: ${why}`);
    else if (sent === null) left.push(`${order} was not sent, since it hedges the other leg (--leg-by-leg sends it)`);
    else orders.push(orderIntent(plan, sent, decimal(price)));
  }
  for (const line of orders.length === 0 ? [] : left) ports.progress(line);
  return { orders, left };
}

async function priceOf(
  ports: BreakGlassPorts,
  plan: PositionPlan,
  leg: LegName,
  silent: ReadonlyMap<string, string>,
): Promise<{ price: DecimalText; why: null } | { price: null; why: string }> {
  const why = silent.get(legPlan(plan, leg).account);
  if (why !== undefined) return { price: null, why };
  try {
    const price = (await ports.closingPrices(plan, [leg]))[leg];
    if (price === undefined) throw new Error(`${plan.key}: no price of its ${leg} leg was read`);
    return { price, why: null };
  } catch (error) {
    if (!(error instanceof VenueError)) throw error;
    return { price: null, why: error.message };
  }
}

/** Nothing is sent where the venue has taken something since the orders were decided: they are decided again. */
async function send(
  ports: BreakGlassPorts,
  { key, workflowId, plan }: PositionRow,
  intents: readonly OrderIntent[],
  heard: DecimalText,
): Promise<void> {
  const written = await ports.ledger.prepareNext(key, workflowId, intents, heard);
  if (written.kind === 'unheard') return;
  await Promise.all(
    written.orders.map(async (order) => {
      const { side, quantityBase, symbol, account, limitPrice } = order;
      ports.progress(`${side} ${quantityBase} ${symbol} at ${account}, limit ${limitPrice}`);
      const { outcome, recorded } = await sendOnce(
        { ...ports, venue: venueOf(ports, account) },
        order,
        'break_glass',
        ports.progress,
      );
      if (!recorded) await ports.ledger.recordOutcome(order.clientOrderId, outcome);
      if (outcome.kind !== 'accepted') ports.progress(`${account}: ${outcome.kind}: ${outcome.reason}`);
      await settle(ports, plan, order);
    }),
  );
}

/** Asks until it is known, for a minute; what is not known then is still unresolved, and nothing new is sent for it. */
async function settle(ports: HandPorts, plan: PositionPlan, order: Order): Promise<void> {
  if (ports.unreachable?.has(order.account) === true) return;
  const leg = legPlan(plan, order.leg);
  const { instrument } = leg;
  const endsAtMs = ports.clock.nowMs() + settlingMs;
  for (;;) {
    try {
      await settleOrder(
        { ...ports, venue: venueOf(ports, order.account) },
        {
          clientOrderId: order.clientOrderId,
          positionKey: plan.key,
          baseCurrency: instrument.base,
          quoteCurrency: instrument.settle ?? instrument.quote,
          rates: feeRates(leg),
        },
      );
      return;
    } catch (error) {
      const known = error instanceof ApplicationFailure || error instanceof VenueError;
      if (!known || ports.clock.nowMs() > endsAtMs) throw error;
      await pause(500);
    }
  }
}

export async function finish(
  ports: HandPorts,
  { key }: PositionRow,
  wasHedged: boolean,
  anchor: ClockAnchor,
): Promise<Attribution> {
  const nowWallMs = ports.clock.nowMs();
  const status = wasHedged ? 'closed' : 'aborted';
  // The ledger takes an end only from a state on its way there.
  await ports.ledger.updatePosition({ key, status: wasHedged ? 'closing' : 'compensating', nowWallMs });
  return finishPosition(ports, {
    key,
    status,
    exitReason: wasHedged ? 'break_glass' : null,
    abortReason: wasHedged ? null : 'flattened without Temporal',
    anchor,
    nowWallMs,
    closePrices: null,
  });
}

function venueOf({ venues }: HandPorts, account: string): Venue {
  const venue = venues.get(account);
  if (venue === undefined) throw new Error(`the account ${account} is not configured here`);
  return venue;
}
