/**
 * Opening by orders that rest on one leg. The machine decides; this places a quote, leaves it to be watched by two
 * activities (its fills on the account's queue, its price on the market's), and hedges what it receives.
 */
import { ActivityFailure, CancellationScope, condition, sleep } from '@temporalio/workflow';
import { decimal } from '../src/domain/decimal.ts';
import type { Move } from '../src/domain/execution/decide.ts';
import { legPlan } from '../src/domain/execution/moves.ts';
import { hasFilled, project, type OrderObservation } from '../src/domain/execution/observation.ts';
import { coarserLot } from '../src/domain/execution/quantity.ts';
import type { QuoteMoment } from '../src/domain/execution/quoting.ts';
import { feeRates } from '../src/domain/fees.ts';
import type { OrderProgress } from '../src/domain/order.ts';
import type { MakerStyle } from '../src/domain/position.ts';
import type { LegPrices } from '../src/domain/watch.ts';
import { quoteIntent } from '../src/strategy/plan.ts';
import { marketActivities, quoteActivities, restingActivities } from './activity-proxies.ts';
import { planPrices } from './closing-prices.ts';
import { FencedOff, updateOrder, type OrderDesk } from './order-desk.ts';
import { placeResting, sendMoves, writeIntents } from './order-loop.ts';
import type { Decision } from '../src/domain/execution/decision.ts';

export interface Quoting {
  /** What the machine has to know beside the orders, as of now. */
  moment(): QuoteMoment;
  quote(move: Move, afterMs: number): Promise<void>;
  watch(decision: Extract<Decision, { kind: 'watch' }>): Promise<void>;
  /** Sends orders that bring a leg up to the other one. */
  follow(moves: readonly Move[]): Promise<void>;
  convert(decision: Extract<Decision, { kind: 'convert' }>): Promise<void>;
}

/** @param isCloseAsked then nothing is to rest any more */
export function createQuoting(desk: OrderDesk, style: MakerStyle, isCloseAsked: () => boolean): Quoting {
  const { plan } = desk;
  const startedAtMs = Date.now();
  const endsAtMs = startedAtMs + style.makerDeadlineMs;
  let unequalSinceMs: number | null = null;
  let isOver = false;
  let isQuoteStale = false;
  let mayConvert = true;
  /** Of the last look at the order books. */
  let seen: LegPrices = planPrices(plan);

  /** Until it answers, or a close is asked for: null then, and when it fails for good. */
  async function unlessClosed<T>(run: () => Promise<T>): Promise<T | null> {
    const scope = new CancellationScope();
    const asked = scope.run(() => condition(isCloseAsked)).then(() => null);
    const answer = scope.run(run).catch((error: unknown) => {
      if (error instanceof ActivityFailure) return null;
      throw error;
    });
    try {
      return await Promise.race([answer, asked]);
    } finally {
      scope.cancel();
      asked.catch(() => undefined);
      answer.catch(() => undefined);
    }
  }

  return {
    moment() {
      const { spot, perp } = project(plan.direction, desk.observations);
      const isEqual = spot.heldBase.minus(perp.heldBase).abs().lte(coarserLot(plan.spot, plan.perp));
      unequalSinceMs = isEqual ? null : (unequalSinceMs ?? Date.now());
      const isAsked = isCloseAsked();
      return {
        startedAtMs,
        unequalSinceMs,
        isOver: isOver || isAsked,
        isQuoteStale,
        mayConvert: mayConvert && !isAsked,
      };
    },

    async quote(move, afterMs) {
      if (afterMs > 0) await unlessClosed(() => sleep(afterMs, { summary: 'wait before the next quote' }));
      const request = { plan, quantityBase: move.quantityBase, untilMs: endsAtMs };
      const price = await unlessClosed(() =>
        quoteActivities('wait for the price of a quote', endsAtMs - Date.now()).awaitQuote(request),
      );
      if (price === null || price.kind === 'none' || isCloseAsked()) {
        // The gap did not come in time: what could be taken at the deadline would be taken without it.
        isOver = true;
        mayConvert = false;
        return;
      }
      seen = price.prices;
      isQuoteStale = false;
      const intent = quoteIntent(plan, style, move, decimal(seen[style.makerLeg]));
      const [order] = await writeIntents(desk, [intent], null, 'write the next quote', 'open');
      if (order !== undefined) await placeResting(desk, order);
    },

    async watch({ clientOrderId, wakeAtBase }) {
      const resting = desk.observations.find(({ order }) => order.clientOrderId === clientOrderId);
      if (resting === undefined) throw new Error(`order ${clientOrderId} is not on this desk`);
      const leftMs = endsAtMs - Date.now();
      const news = await unlessClosed(() =>
        Promise.race([watchFills(resting, wakeAtBase, leftMs), watchPrice(resting, leftMs), deadline(leftMs)]),
      );
      // Null: a close was asked for, or one of them cannot watch any more. Unwatched, it must not rest.
      if (news === null || news.kind === 'stale') isQuoteStale = true;
      else takeProgress(clientOrderId, news.progress);
    },

    async follow(moves) {
      // What was seen when the quote was placed is good enough for a first hedge: reading again would cost time.
      const last = desk.observations.at(-1);
      const wasDry = last?.order.purpose === 'hedge' && !hasFilled(last.resolution);
      const isHedge = moves.every(({ purpose }) => purpose === 'hedge');
      if (wasDry || !isHedge) seen = (await readTerms(moves[0]?.quantityBase ?? plan.quantityBase))?.prices ?? seen;
      await sendMoves(desk, moves, { close: null, known: seen, fallback: null, isRetry: false });
    },

    async convert({ moves, quantityBase }) {
      const terms = await readTerms(quantityBase);
      if (terms === null || terms.gone !== null || isCloseAsked()) {
        mayConvert = false;
        return;
      }
      await sendMoves(desk, moves, { close: null, known: terms.prices, fallback: null, isRetry: false });
    },
  };

  type News = { readonly kind: 'fills'; readonly progress: OrderProgress } | { readonly kind: 'stale' };

  async function watchFills({ order }: OrderObservation, wakeAtBase: string, leftMs: number): Promise<News> {
    const leg = legPlan(plan, order.leg);
    const { instrument } = leg;
    const progress = await restingActivities(order.account, `watch ${order.side} ${order.leg}`, leftMs).watchOrder({
      clientOrderId: order.clientOrderId,
      positionKey: plan.key,
      baseCurrency: instrument.base,
      quoteCurrency: instrument.settle ?? instrument.quote,
      rates: feeRates(leg),
      wakeAtBase,
    });
    return { kind: 'fills', progress };
  }

  async function watchPrice({ order }: OrderObservation, leftMs: number): Promise<News> {
    const { limitPrice, quantityBase } = order;
    const own = { limitPrice, quantityBase };
    await quoteActivities('watch the price of the quote', leftMs).watchQuote({
      plan,
      quantityBase,
      untilMs: endsAtMs,
      own,
    });
    return { kind: 'stale' };
  }

  async function deadline(leftMs: number): Promise<News> {
    await sleep(Math.max(1, leftMs), { summary: 'the time to rest is over' });
    return { kind: 'stale' };
  }

  function takeProgress(clientOrderId: string, progress: OrderProgress): void {
    if (progress.isFenced === true) desk.isFenced = true;
    if (progress.kind === 'absent') {
      const reason = 'the order is not at the venue';
      updateOrder(desk, clientOrderId, { kind: 'not_executed', reason, retryable: true, retryAfterMs: null });
    } else {
      const { kind, filledBase, receivedBase, averagePrice, feesQuote, firstFillAtMs } = progress;
      updateOrder(desk, clientOrderId, { kind, filledBase, receivedBase, averagePrice, feesQuote, firstFillAtMs });
    }
    if (desk.isFenced) throw new FencedOff('the position is fenced');
  }

  /** Null while the order books cannot be read. */
  async function readTerms(quantityBase: string) {
    try {
      return await marketActivities('close', 'read both order books').openingTerms({ ...plan, quantityBase });
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      return null;
    }
  }
}
