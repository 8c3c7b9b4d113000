/** Signals, queries, priorities and search attributes of the workflows; ids and queues are in `src/domain/names.ts`. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { signalNames, updateNames } from '../src/domain/names.ts';
import type { ExitRules } from '../src/domain/position.ts';
import type { OrderObservation } from '../src/domain/execution/observation.ts';
import type { PositionView } from '../src/domain/position-state.ts';
import type { ExitDecision, Mark } from '../src/domain/watch.ts';
import type { OpportunityReport } from '../src/strategy/candidate.ts';

/** Closes overtake opens on every task queue. */
export const closePriority = { priorityKey: 1 } as const;
export const openPriority = { priorityKey: 3 } as const;

export const searchAttributes = {
  status: defineSearchAttributeKey('BasisStatus', 'KEYWORD'),
  asset: defineSearchAttributeKey('BasisAsset', 'KEYWORD'),
  spotVenue: defineSearchAttributeKey('BasisSpotVenue', 'KEYWORD'),
  perpVenue: defineSearchAttributeKey('BasisPerpVenue', 'KEYWORD'),
  direction: defineSearchAttributeKey('BasisDirection', 'KEYWORD'),
  exitReason: defineSearchAttributeKey('BasisExitReason', 'KEYWORD'),
  notionalUsd: defineSearchAttributeKey('BasisNotionalUsd', 'DOUBLE'),
  pnlUsd: defineSearchAttributeKey('BasisPnlUsd', 'DOUBLE'),
};

/** The reason is optional, and a bare text is taken as one: the signal is also sent by hand, from the UI. */
export type ForceClose = { readonly reason?: string } | string | null | undefined;
export const forceCloseSignal = defineSignal<[ForceClose?]>(signalNames.forceClose);
export const exitSignal = defineSignal<[ExitDecision]>(signalNames.exit);
export const markSignal = defineSignal<[Mark]>(signalNames.mark);
/** An order that the venue made by itself, or a person by hand, on the position: it has shrunk. */
export const venueFillSignal = defineSignal<[OrderObservation]>(signalNames.venueFill);
/** What a person decides of a stuck position: try again, accept what is left as no position's, or: it is flat. */
export const resolveChoices = ['retry', 'accept', 'flat'] as const;
export type ResolveChoice = (typeof resolveChoices)[number];
export const resolveUpdate = defineUpdate<string, [ResolveChoice]>(updateNames.resolve);

/** New exit thresholds of an open position; what is left out stays. Percentages of Q·S at open, bps, hours of market time. */
export interface ExitAdjustment {
  readonly stopLossPct?: string;
  readonly profitTargetPct?: string;
  readonly exitBps?: string;
  readonly maxHoldingHours?: string;
  readonly liquidationDistancePct?: string;
  readonly liquidationTargetPct?: string;
  /** With it the depeg exit is on. */
  readonly depegMaxCostBps?: string;
  /** `on`: a coin that was sold from inventory and broke is bought back. */
  readonly depegBuyBack?: string;
  readonly fundingFlip?: string;
}
export const adjustExitsUpdate = defineUpdate<ExitRules, [ExitAdjustment]>(updateNames.adjustExits);
export const positionQuery = defineQuery<PositionView>('position');

export const opportunitiesSignal = defineSignal<[OpportunityReport]>(signalNames.opportunities);
/** What an account trades, from the configured pairs. */
export interface WatchedSymbols {
  readonly symbols: readonly string[];
  /** Those of the symbols that pay funding. */
  readonly perpetuals: readonly string[];
}
/** At each start: the configuration may name other pairs than when the watcher began. */
export const watchedSymbolsSignal = defineSignal<[WatchedSymbols]>(signalNames.watchedSymbols);

export const pauseSignal = defineSignal<[{ readonly reason?: string }?]>(signalNames.pause);
/** No new positions until a person resumes; `closeAll`: and what is open is closed. */
export interface Halt {
  readonly reason?: string;
  readonly closeAll?: boolean;
}
export const haltSignal = defineSignal<[Halt?]>(signalNames.halt);
/** A person's word ends a pause and a halt, and what is there then is the new high-water mark. */
export interface Resume {
  /** A start says it, and no person: it takes back the pause of a stop, and nothing else. */
  readonly afterStop?: boolean;
  /** Version of the halt that stood in the ledger when the person said so; null: none. A later halt holds. */
  readonly seenHalt?: string | null;
}
export const resumeSignal = defineSignal<[Resume?]>(signalNames.resume);
export const engineQuery = defineQuery<EngineView>('engine');

/** What the query `engine` answers. */
export interface EngineView {
  readonly book: string;
  readonly paused: boolean;
  readonly pauseReason: string | null;
  /** Why the book is halted; null: it is not. */
  readonly haltReason: string | null;
  /** The newest admissions and refusals, newest first. */
  readonly recent: readonly string[];
}
