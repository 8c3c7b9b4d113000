/**
 * One position: open both legs, watch, close, settle. Durable: whatever process dies, at whatever instant, the
 * position goes on from its history. Cancelling the workflow closes the position.
 */
import {
  ActivityFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { OrderObservation } from '../src/domain/execution/observation.ts';
import { wallDurationMs } from '../src/domain/market-clock.ts';
import type { ExitReason, PositionStatus } from '../src/domain/position.ts';
import type {
  CloseRequest,
  HedgedLegs,
  PositionInput,
  PositionState,
  PositionView,
} from '../src/domain/position-state.ts';
import type { ExitDecision, Mark, Watch } from '../src/domain/watch.ts';
import { ledgerActivities, marketActivities } from './activity-proxies.ts';
import { closeLegs, collectFunding, unwindLegs } from './close-legs.ts';
import { forceCloseDetail, isExitDecision, isMark } from './message-shapes.ts';
import { exitSignal, forceCloseSignal, markSignal, positionQuery } from './messages.ts';
import { openLegs, prepareOpening, type OpeningResult } from './open-legs.ts';
import type { OrderDesk } from './order-loop.ts';
import { ownWorkflowId, showDetails, showPlan, showStatus } from './position-display.ts';

/** An exit decision older than this (wall) when it is handled is not acted on; the watcher sends it again while it holds. */
const exitFreshnessMs = 10_000;
/** A freshly armed watch must have been evaluated by then. */
const firstEvaluationMs = 10_000;
const longestWatchdogMs = 6 * 3_600_000;
const shortestWatchdogMs = 10_000;
const stuckRetryMs = 60_000;
const rememberedDecisions = 32;

export type PositionResult = Extract<PositionState, { kind: 'closed' | 'aborted' }>;

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
  /** Counts requests to close while stuck: each one retries at once. */
  #retries = 0;
  #mark: Mark | null = null;

  constructor(input: PositionInput) {
    this.#input = input;
    this.#state = input.state;
    const observations: OrderObservation[] = [...input.orders];
    this.#desk = { plan: input.plan, workflowId: ownWorkflowId(), observations };
  }

  listen(): void {
    setHandler(forceCloseSignal, (message) => this.#onForceClose(forceCloseDetail(message)));
    setHandler(exitSignal, (decision) => this.#onExit(decision));
    setHandler(markSignal, (mark) => this.#onMark(mark));
    setHandler(positionQuery, () => this.#view());
    // Cancelling the workflow is a person's way of saying close.
    CancellationScope.current().cancelRequested.catch(() => this.#onForceClose('the workflow was cancelled'));
  }

  /** The state is the input: a continuation goes on where its predecessor stood. */
  async run(): Promise<PositionResult> {
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
    const result = await openLegs(this.#input, this.#desk, prepared.orders).catch(
      // Nothing that fails on the way may end the workflow with a leg on.
      (error: unknown): OpeningResult => ({ kind: 'unwind', reason: failureMessage(error) }),
    );
    switch (result.kind) {
      case 'aborted':
        return this.#abort(result.reason);
      case 'unwind':
        return this.#compensate(result.reason, false);
      case 'hedged': {
        this.#enter({ kind: 'hedged', legs: result.legs, spentDecisionIds: [] }, 'both legs are on');
        showStatus('hedged', null, null);
        await ledgerActivities('open', `arm the watch of ${plan.asset}`).armPosition({
          watch: this.#watch(result.legs),
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
    const { legs } = this.#state;
    const { plan, anchor } = this.#input;
    const endsAtMs = legs.hedgedAtWallMs + wallDurationMs(anchor, plan.exits.maxHoldingMs);
    const watchdogMs = Math.max(
      shortestWatchdogMs,
      Math.min(longestWatchdogMs, wallDurationMs(anchor, plan.exits.maxHoldingMs / 12)),
    );
    let waitMs = Math.min(firstEvaluationMs, watchdogMs);
    let checkedFirst = Date.now() - legs.hedgedAtWallMs > firstEvaluationMs;
    if (checkedFirst) waitMs = watchdogMs;
    while (this.#close === null) {
      const leftMs = endsAtMs - Date.now();
      if (leftMs <= 0) {
        this.#request({
          reason: 'max_holding',
          detail: 'held for the longest allowed time',
          observedAtMs: Date.now(),
          prices: null,
        });
        break;
      }
      const summary = leftMs <= waitMs ? 'longest holding time' : checkedFirst ? 'watchdog' : 'first evaluation due';
      const asked = await condition(() => this.#close !== null, Math.min(waitMs, leftMs), { summary });
      if (asked || endsAtMs - Date.now() <= 0) continue;
      await (checkedFirst ? this.#watchdog(legs) : this.#checkArmed(legs));
      checkedFirst = true;
      waitMs = watchdogMs;
      if (this.#state.kind === 'hedged') await this.#continueAsNew(this.#state, () => this.#close === null);
    }
    return legs;
  }

  /** Evaluates the exit rules itself: a lost watcher delays an exit, it never loses one. */
  async #watchdog(legs: HedgedLegs): Promise<void> {
    try {
      const result = await marketActivities('close', 'watchdog: evaluate the exits').evaluateExit(this.#watch(legs));
      if (result.mark !== null) this.#mark = result.mark;
      if (result.decision !== null) this.#onExit(result.decision);
      if (result.notEvaluable !== null) {
        await this.#alert('watchdog', 'warning', `the watchdog could not evaluate the exits: ${result.notEvaluable}`);
      }
    } catch (error) {
      await this.#alert('watchdog', 'warning', `the watchdog could not evaluate the exits: ${failureMessage(error)}`);
    }
    showDetails(this.#input.plan, this.#state.kind, 'watched', this.#mark);
  }

  async #checkArmed(legs: HedgedLegs): Promise<void> {
    const evaluatedAtMs = await ledgerActivities('close', 'check that the watch is evaluated').watchEvaluatedAt({
      key: this.#input.plan.key,
    });
    if (evaluatedAtMs !== null) return;
    await ledgerActivities('close', 'arm the watch again').armPosition({
      watch: this.#watch(legs),
      shard: this.#input.shard,
      nowWallMs: Date.now(),
    });
    await this.#alert('unwatched', 'critical', 'its watch was not evaluated within 10 s and was armed again');
  }

  /** With a short history; not when something has come to be acted on meanwhile. */
  async #continueAsNew(state: PositionInput['state'], isStillWanted: () => boolean): Promise<void> {
    if (!workflowInfo().continueAsNewSuggested) return;
    await condition(allHandlersFinished);
    if (!isStillWanted()) return;
    await continueAsNew<typeof basisPosition>({ ...this.#input, state, orders: this.#desk.observations });
  }

  async #closePosition(legs: HedgedLegs, isRetry: boolean): Promise<PositionResult> {
    const close = this.#close;
    if (close === null) throw new Error('closing without a request to close');
    for (let force = isRetry; ; force = true) {
      this.#enter({ kind: 'closing', legs, close }, `closing: ${close.detail}`);
      showStatus('closing', close.reason, null);
      const result = await closeLegs(this.#desk, close, force).catch(stuckBy);
      if (result.kind === 'flat') break;
      await this.#waitStuck({ kind: 'closing', legs, close }, result.reason);
    }
    await this.#collectFunding();
    const attribution = await this.#finish('closed', close.reason, null, close);
    this.#enter({ kind: 'closed', exitReason: close.reason, attribution }, `closed: ${close.detail}`);
    showStatus('closed', close.reason, attribution);
    await condition(allHandlersFinished);
    return { kind: 'closed', exitReason: close.reason, attribution };
  }

  async #compensate(reason: string, isRetry: boolean): Promise<PositionResult> {
    const { key } = this.#input.plan;
    for (let force = isRetry; ; force = true) {
      this.#enter({ kind: 'compensating', reason }, `unwinding: ${reason}`);
      showStatus('compensating', null, null);
      const status = { key, status: 'compensating', nowWallMs: Date.now() } as const;
      await ledgerActivities('close', 'record that the opening is unwound').recordStatus(status);
      const result = await unwindLegs(this.#desk, force).catch(stuckBy);
      if (result.kind === 'flat') break;
      await this.#waitStuck({ kind: 'compensating', reason }, result.reason);
    }
    return this.#abort(reason);
  }

  /** Nothing is on: the reservation goes back, and what the attempt cost is booked. */
  async #abort(reason: string): Promise<PositionResult> {
    const attribution = await this.#finish('aborted', null, reason, null);
    this.#enter({ kind: 'aborted', reason }, `aborted: ${reason}`);
    showStatus('aborted', null, attribution);
    await condition(allHandlersFinished);
    return { kind: 'aborted', reason };
  }

  /** Alerts, and waits for a person's signal or the minute that brings the next try. */
  async #waitStuck(from: Extract<PositionState, { kind: 'stuck' }>['from'], reason: string): Promise<void> {
    this.#enter({ kind: 'stuck', from, reason }, `stuck: ${reason}`);
    showStatus('stuck', null, null);
    await ledgerActivities('close', 'record that the position is stuck').recordStatus({
      key: this.#input.plan.key,
      status: 'stuck',
      nowWallMs: Date.now(),
    });
    await this.#alert(
      'stuck',
      'critical',
      `stuck in ${from.kind}: ${reason}; it is tried again every minute, and at once on forceClose`,
    );
    const seen = this.#retries;
    await condition(() => this.#retries > seen, stuckRetryMs, { summary: 'try again' });
    await this.#continueAsNew({ kind: 'stuck', from, reason }, () => true);
  }

  /** What is missing is booked later; a position that is flat must not stay open for it. */
  async #collectFunding(): Promise<void> {
    try {
      await collectFunding(this.#input, this.#desk);
    } catch (error) {
      await this.#alert('funding', 'warning', `its funding could not be collected: ${failureMessage(error)}`);
    }
  }

  async #finish(
    status: 'closed' | 'aborted',
    exitReason: ExitReason | null,
    abortReason: string | null,
    close: CloseRequest | null,
  ) {
    return ledgerActivities('close', `settle the position as ${status}`).finishPosition({
      key: this.#input.plan.key,
      status,
      exitReason,
      abortReason,
      anchor: this.#input.anchor,
      nowWallMs: Date.now(),
      closePrices: close?.prices ?? null,
    });
  }

  #onForceClose(detail: string): void {
    this.#retries += 1;
    this.#request({ reason: 'force_close', detail, observedAtMs: Date.now(), prices: null });
  }

  #onExit(decision: ExitDecision): void {
    if (!isExitDecision(decision)) return;
    if (this.#state.kind !== 'hedged' || this.#close !== null) return;
    if (this.#state.spentDecisionIds.includes(decision.decisionId)) return;
    if (Date.now() - decision.observedAtMs > exitFreshnessMs) return;
    const spentDecisionIds = [...this.#state.spentDecisionIds, decision.decisionId].slice(-rememberedDecisions);
    this.#state = { ...this.#state, spentDecisionIds };
    const { reason, detail, observedAtMs, prices } = decision;
    this.#request({ reason, detail, observedAtMs, prices });
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

  #watch(legs: HedgedLegs): Watch {
    const { plan, anchor } = this.#input;
    return {
      key: plan.key,
      workflowId: this.#desk.workflowId,
      plan,
      anchor,
      spotQuantityBase: legs.spotBase,
      perpQuantityBase: legs.perpBase,
      spotOpenPrice: legs.spotOpenPrice,
      perpOpenPrice: legs.perpOpenPrice,
      openFeesUsd: legs.openFeesUsd,
      hedgedAtMs: legs.hedgedAtMarketMs,
    };
  }

  #view(): PositionView {
    const { plan } = this.#input;
    const status: PositionStatus = this.#state.kind;
    return { key: plan.key, status, plan, state: this.#state, orders: this.#desk.observations };
  }

  async #alert(name: string, severity: 'warning' | 'critical', message: string): Promise<void> {
    const { key } = this.#input.plan;
    await ledgerActivities('close', `alert: ${name}`).raiseAlert({
      key: `${name}/${key}`,
      severity,
      message: `${key}: ${message}`,
      positionKey: key,
    });
  }
}

/** An activity that failed for good while legs are on: a person is told, and it is tried again. */
function stuckBy(error: unknown): { kind: 'stuck'; reason: string } {
  return { kind: 'stuck', reason: failureMessage(error) };
}

/** The cause of a failed activity. @throws what is no such failure: a mistake of ours, to be repaired and replayed */
function failureMessage(error: unknown): string {
  if (!(error instanceof ActivityFailure)) throw error;
  return error.cause?.message ?? error.message;
}
