/**
 * One position: open both legs, watch, close, settle. Durable: whatever process dies, at whatever instant, the
 * position goes on from its history. Cancelling the workflow closes the position.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { OrderObservation } from '../src/domain/execution/observation.ts';
import { stuckPauseMs } from '../src/domain/execution/progress.ts';
import { venueWaitMs } from '../src/domain/execution/pacing.ts';
import { rememberedOrders } from '../src/domain/execution/remembered.ts';
import { wallDurationMs } from '../src/domain/market-clock.ts';
import { kindOf, type ExitRules, type PositionPlan } from '../src/domain/position.ts';
import type {
  CloseRequest,
  HedgedLegs,
  PositionInput,
  PositionState,
  PositionView,
  ReductionRequest,
  PositionResult,
} from '../src/domain/position-state.ts';
import type { ExitDecision, Mark } from '../src/domain/watch.ts';
import { Arming } from './arming.ts';
import { adjusted, mayAdjust } from './exit-adjustment.ts';
import { ledgerActivities } from './activity-proxies.ts';
import {
  closedState,
  closeLegs,
  closeAfterFill,
  closeRequestOf,
  collectFunding,
  settleAborted,
  settleClosed,
  unwindLegs,
} from './close-legs.ts';
import { forceCloseDetail, forceCloseReason, isExitDecision, isMark, isVenueFill } from './message-shapes.ts';
import {
  adjustExitsUpdate,
  exitSignal,
  forceCloseSignal,
  markSignal,
  positionQuery,
  resolveUpdate,
  venueFillSignal,
  type ExitAdjustment,
  type ResolveChoice,
} from './messages.ts';
import { openLegs, prepareOpening, unwindBy } from './open-legs.ts';
import { evenIfCancelled, PersonsWord } from './persons-word.ts';
import { acceptResidual, breakGlassEnd, mayResolve, unlessEndedByHand, verifyFlat } from './resolution.ts';
import { createDesk, FencedOff, takeVenueOrder, type OrderDesk } from './order-desk.ts';
import { isReduction, reduceLegs, reductionOf } from './reduce-legs.ts';
import { alertPerson, checkArmed, reviewHolding, stuckBy, watchdog, watchdogIntervalMs, watchOf } from './watching.ts';
import { ownWorkflowId, showDetails, showPlan, showStatus } from './position-display.ts';

/** An exit decision older than this (wall) when it is handled is not acted on; the watcher sends it again while it holds. */
const exitFreshnessMs = 10_000;
/** A freshly armed watch must have been evaluated by then. */
const firstEvaluationMs = 10_000;
const rememberedDecisions = 32;

export async function basisPosition(input: PositionInput): Promise<PositionResult> {
  const position = new Position(input);
  position.listen();
  return CancellationScope.nonCancellable(() => position.run());
}

class Position {
  readonly #input: PositionInput;
  readonly #desk: OrderDesk;
  #state: PositionState;
  /** A close that was asked for; what it means depends on the state. */
  #close: CloseRequest | null = null;
  /** A reduction that was asked for, or is under way. */
  #reduction: ReductionRequest | null = null;
  /** Counts requests to close while stuck: each one retries at once. */
  #retries = 0;
  #timesStuck = 0;
  #mark: Mark | null = null;
  /** The plan, with the exits as a person has adjusted them. */
  #plan: PositionPlan;
  /** Counts adjustments: each one is taken into account at once. */
  #adjustments = 0;
  readonly #arming = new Arming();
  readonly #word = new PersonsWord();

  constructor(input: PositionInput) {
    this.#input = input;
    this.#state = input.state;
    this.#plan = input.plan;
    this.#desk = createDesk(input, ownWorkflowId(), this.#word.isHeld, (observation) => this.#onVenueFill(observation));
  }

  listen(): void {
    setHandler(forceCloseSignal, (message) => this.#onForceClose(forceCloseDetail(message), forceCloseReason(message)));
    setHandler(exitSignal, (decision) => this.#onExit(decision));
    setHandler(markSignal, (mark) => this.#onMark(mark));
    setHandler(venueFillSignal, (observation) => this.#onVenueFill(observation));
    setHandler(positionQuery, () => this.#view());
    setHandler(resolveUpdate, (choice) => evenIfCancelled(() => this.#resolve(choice)), {
      validator: (choice) => mayResolve(this.#word.isRetried ? 'stuck' : this.#state.kind, choice),
    });
    setHandler(adjustExitsUpdate, (adjustment) => evenIfCancelled(() => this.#adjust(adjustment)), {
      validator: (adjustment) => mayAdjust(this.#reduction === null ? this.#state.kind : 'reducing', adjustment),
    });
    // Cancelling the workflow is a person's way of saying close.
    CancellationScope.current().cancelRequested.catch(() => this.#onForceClose('the workflow was cancelled'));
  }

  async run(): Promise<PositionResult> {
    try {
      return await this.#live();
    } catch (error) {
      if (!(error instanceof FencedOff)) throw error;
      this.#word.triesAreOver(true);
      const result = await breakGlassEnd(this.#plan.key);
      await condition(allHandlersFinished);
      return result;
    }
  }

  /** The state is the input: a continuation goes on where its predecessor stood. */
  async #live(): Promise<PositionResult> {
    const { state } = this.#input;
    switch (state.kind) {
      case 'reserving': {
        showPlan(this.#input.plan, 'reserving');
        const opened = await this.#open();
        if (opened !== null) return opened;
        return this.#closePosition(await this.#monitor(), false);
      }
      case 'hedged':
        return this.#closePosition(await this.#monitor(), false);
      case 'stuck':
        if (state.from.kind === 'compensating') return this.#compensate(state.from.reason, true);
        this.#close = state.from.close;
        return this.#closePosition(state.from.legs, true);
    }
  }

  async #open(): Promise<PositionResult | null> {
    const { plan } = this.#input;
    const prepared = await prepareOpening(this.#input, this.#desk);
    if (prepared.kind === 'aborted') return this.#abort(prepared.reason);
    // The last moment before the first send: a close that came until now ends the position without an order.
    if (this.#close !== null) return this.#abort(`closed before the first order: ${this.#close.detail}`);

    this.#enter({ kind: 'opening', sentAtMs: Date.now(), latchedClose: null }, 'sending both legs');
    showStatus('opening', null, null);
    const isCloseAsked = (): boolean => this.#close !== null;
    const result = await openLegs(this.#input, this.#desk, prepared.orders, isCloseAsked).catch(unwindBy);
    switch (result.kind) {
      case 'aborted':
        return this.#abort(result.reason);
      case 'unwind':
        return this.#compensate(result.reason, false);
      case 'hedged': {
        this.#enter({ kind: 'hedged', legs: result.legs, spentDecisionIds: [] }, 'both legs are on');
        showStatus('hedged', null, null);
        await ledgerActivities('open', `arm the watch of ${plan.asset}`).armPosition({
          watch: watchOf(this.#desk, this.#plan, result.legs),
          shard: this.#input.shard,
          nowWallMs: Date.now(),
        });
        return null;
      }
    }
  }

  /** Returns when the position is to be closed. */
  async #monitor(): Promise<HedgedLegs> {
    if (this.#state.kind !== 'hedged') throw new Error(`monitoring a position that is ${this.#state.kind}`);
    let { legs } = this.#state;
    const { anchor } = this.#input;
    const endsAt = (): number => legs.hedgedAtWallMs + wallDurationMs(anchor, this.#plan.exits.maxHoldingMs);
    const watchdogMs = watchdogIntervalMs(this.#input);
    let waitMs = Math.min(firstEvaluationMs, watchdogMs);
    let checkedFirst = Date.now() - legs.hedgedAtWallMs > firstEvaluationMs;
    if (checkedFirst) waitMs = watchdogMs;
    while (this.#close === null) {
      if (this.#reduction !== null) legs = await this.#reduce(this.#reduction, legs);
      if (this.#close !== null) break;
      const leftMs = endsAt() - Date.now();
      if (leftMs <= 0) {
        if (kindOf(this.#plan) === 'funding' && (await this.#review(legs))) continue;
        const ended = { reason: 'max_holding', detail: 'held for the longest allowed time' } as const;
        this.#request({ ...ended, observedAtMs: Date.now(), prices: null });
        break;
      }
      const summary = leftMs <= waitMs ? 'longest holding time' : checkedFirst ? 'watchdog' : 'first evaluation due';
      const seen = this.#adjustments;
      const isAsked = (): boolean => this.#isAsked() || this.#adjustments > seen;
      const asked = await condition(isAsked, Math.min(waitMs, leftMs), { summary });
      if (asked || endsAt() - Date.now() <= 0) continue;
      if (checkedFirst) {
        const { mark, decision } = await watchdog(this.#desk, this.#plan, legs);
        if (mark !== null) this.#mark = mark;
        if (decision !== null) this.#onExit(decision);
        showDetails(this.#plan, this.#state.kind, 'watched', this.#mark);
      } else {
        await checkArmed(this.#plan.key, (summary) => this.#armAgain(legs, summary));
      }
      checkedFirst = true;
      waitMs = watchdogMs;
      if (this.#state.kind === 'hedged') await this.#continueAsNew(this.#state, () => !this.#isAsked());
    }
    return legs;
  }

  #isAsked(): boolean {
    return this.#close !== null || this.#reduction !== null;
  }

  /** The legs that are on afterwards: the position goes on with them, or is closed. */
  async #reduce(request: ReductionRequest, before: HedgedLegs): Promise<HedgedLegs> {
    showDetails(this.#plan, 'hedged', `reducing: ${request.detail}`, null);
    const { legs, close } = await reduceLegs(this.#desk, request, before, () => this.#close !== null);
    this.#reduction = null;
    if (this.#state.kind === 'hedged') this.#enter({ ...this.#state, legs }, `${legs.perpBase} are on`);
    if (close !== null) this.#request(close);
    if (this.#close === null) await this.#armAgain(legs, 'arm the watch with what is left');
    return legs;
  }

  /** @returns whether the holding was extended, or the position is closed for what was seen */
  async #review(legs: HedgedLegs): Promise<boolean> {
    const before = this.#adjustments;
    const { mark, decision, maxHoldingMs } = await reviewHolding(this.#desk, this.#plan, legs);
    if (mark !== null) this.#mark = mark;
    if (decision !== null) this.#onExit(decision);
    // A person has adjusted the exits meanwhile: they hold, and are looked at anew.
    if (this.#adjustments > before && patched('adjusted-while-reviewed')) return true;
    if (this.#isAsked() || maxHoldingMs === null) return this.#isAsked();
    this.#plan = { ...this.#plan, exits: { ...this.#plan.exits, maxHoldingMs } };
    await this.#armAgain(legs, 'arm the watch for another horizon');
    return true;
  }

  /** With a short history; not when something has come to be acted on meanwhile. */
  async #continueAsNew(state: PositionInput['state'], isStillWanted: () => boolean): Promise<void> {
    if (!workflowInfo().continueAsNewSuggested) return;
    await condition(allHandlersFinished);
    if (!isStillWanted()) return;
    const orders = rememberedOrders(this.#desk.observations);
    await continueAsNew<typeof basisPosition>({ ...this.#input, plan: this.#plan, state, orders });
  }

  async #closePosition(legs: HedgedLegs, isRetry: boolean): Promise<PositionResult> {
    const close = this.#close;
    if (close === null) throw new Error('closing without a request to close');
    for (let force = isRetry; ; force = true) {
      this.#enter({ kind: 'closing', legs, close }, `closing: ${close.detail}`);
      showStatus('closing', close.reason, null);
      this.#word.tryBegins(force);
      const result = await closeLegs(this.#desk, close, force).catch(stuckBy);
      if (result.kind === 'flat' || this.#word.endsTry()) break;
      await this.#waitStuck({ kind: 'closing', legs, close }, result.reason);
      if (this.#word.isAccepted) break;
    }
    this.#word.triesAreOver();
    await collectFunding(this.#input, this.#desk);
    if (this.#word.isAccepted) await acceptResidual(this.#desk, close);
    const attribution = await settleClosed(this.#input, close);
    const closed = closedState(close, attribution);
    this.#enter(closed, `closed: ${close.detail}`);
    showStatus('closed', close.reason, attribution);
    await condition(allHandlersFinished);
    return closed;
  }

  async #compensate(reason: string, isRetry: boolean): Promise<PositionResult> {
    const { key } = this.#input.plan;
    for (let force = isRetry; ; force = true) {
      this.#enter({ kind: 'compensating', reason }, `unwinding: ${reason}`);
      showStatus('compensating', null, null);
      const status = { key, status: 'compensating', nowWallMs: Date.now() } as const;
      await ledgerActivities('close', 'record that the opening is unwound').recordStatus(status);
      this.#word.tryBegins(force);
      const result = await unwindLegs(this.#desk, force).catch(stuckBy);
      if (result.kind === 'flat' || this.#word.endsTry()) break;
      await this.#waitStuck({ kind: 'compensating', reason }, result.reason);
      if (this.#word.isAccepted) break;
    }
    this.#word.triesAreOver();
    if (this.#word.isAccepted) await acceptResidual(this.#desk, null);
    return this.#abort(reason);
  }

  /** Nothing is on: the reservation goes back, and what the attempt cost is booked. */
  async #abort(reason: string): Promise<PositionResult> {
    const attribution = await settleAborted(this.#input, reason);
    this.#enter({ kind: 'aborted', reason }, `aborted: ${reason}`);
    showStatus('aborted', null, attribution);
    await condition(allHandlersFinished);
    return { kind: 'aborted', reason };
  }

  /** Alerts, and waits for a person's signal or the time of the next try. */
  async #waitStuck(from: Extract<PositionState, { kind: 'stuck' }>['from'], reason: string): Promise<void> {
    const before = this.#retries;
    const { key } = this.#plan;
    await unlessEndedByHand(key);
    this.#enter({ kind: 'stuck', from, reason }, `stuck: ${reason}`);
    showStatus('stuck', null, null);
    const status = { key, status: 'stuck', nowWallMs: Date.now() } as const;
    await ledgerActivities('close', 'record that the position is stuck').recordStatus(status);
    const next = 'it is tried again within seconds, then every minute, and at once on forceClose';
    await alertPerson(key, 'stuck', 'critical', `stuck in ${from.kind}: ${reason}; ${next}`);
    // What was asked for while the ledger was told is not lost.
    const seen = this.#retries > before && patched('asked-while-telling') ? before : this.#retries;
    this.#timesStuck += 1;
    const pauseMs = Math.max(stuckPauseMs(this.#timesStuck), venueWaitMs(this.#desk.observations));
    if (!this.#word.takesRetry()) await condition(() => this.#retries > seen, pauseMs, { summary: 'try again' });
    await unlessEndedByHand(key);
    await this.#continueAsNew({ kind: 'stuck', from, reason }, () => !this.#word.isAccepted);
    if (this.#word.isHeld()) await this.#word.untilFree();
  }

  async #resolve(choice: ResolveChoice): Promise<string> {
    const verify = (): Promise<void> => verifyFlat(this.#desk, this.#close);
    await this.#word.say(choice, () => this.#state, verify);
    this.#retries += 1;
    return choice;
  }

  async #adjust(adjustment: ExitAdjustment): Promise<ExitRules> {
    const exits = adjusted(this.#plan.exits, adjustment);
    this.#plan = { ...this.#plan, exits };
    this.#adjustments += 1;
    if (this.#state.kind !== 'hedged') return exits;
    await this.#armAgain(this.#state.legs, 'arm the watch with the new exits');
    return exits;
  }

  #armAgain(legs: HedgedLegs, summary: string): Promise<void> {
    const now = (): HedgedLegs => (this.#state.kind === 'hedged' ? this.#state.legs : legs);
    return this.#arming.arm(summary, this.#input.shard, () => watchOf(this.#desk, this.#plan, now()));
  }

  #onForceClose(detail: string, reason: 'force_close' | 'portfolio_halt' = 'force_close'): void {
    this.#retries += 1;
    this.#request({ reason, detail, observedAtMs: Date.now(), prices: null });
  }

  #onExit(decision: ExitDecision): void {
    if (!isExitDecision(decision)) return;
    if (this.#state.kind !== 'hedged' || this.#close !== null) return;
    if (this.#state.spentDecisionIds.includes(decision.decisionId)) return;
    if (Date.now() - decision.observedAtMs > exitFreshnessMs) return;
    if (isReduction(decision)) {
      const reduction = reductionOf(decision, this.#state.legs);
      // What comes too soon is not taken, and is told again while it holds.
      if (reduction === null) return;
      this.#reduction ??= reduction;
    } else this.#request(closeRequestOf(decision, this.#plan));
    const spentDecisionIds = [...this.#state.spentDecisionIds, decision.decisionId].slice(-rememberedDecisions);
    this.#state = { ...this.#state, spentDecisionIds };
  }

  #onVenueFill(observation: OrderObservation): void {
    if (!isVenueFill(observation) || !takeVenueOrder(this.#desk, observation)) return;
    this.#retries += 1;
    this.#request(closeAfterFill(observation.order));
  }

  #onMark(mark: Mark): void {
    if (!isMark(mark)) return;
    this.#mark = mark;
    showDetails(this.#input.plan, this.#state.kind, 'watched', mark);
  }

  /** The first request wins; later ones change nothing. */
  #request(close: CloseRequest): void {
    this.#close ??= close;
    if (this.#state.kind === 'opening') this.#state = { ...this.#state, latchedClose: this.#close };
  }

  #enter(state: PositionState, note: string): void {
    this.#state = state;
    showDetails(this.#input.plan, state.kind, note, this.#mark);
  }

  #view(): PositionView {
    const { kind: status } = this.#state;
    return { key: this.#plan.key, status, plan: this.#plan, state: this.#state, orders: this.#desk.observations };
  }
}
