/** Ids, task queues and message names, each defined once. */

/** Workflows and the ledger's activities. */
export const basisTaskQueue = 'basis';
/** Public market data. */
export const marketTaskQueue = 'market';
/** Orders of one account: submit, cancel, prepare. */
export const venueTaskQueue = (account: string): string => `venue.${account}`;
/** Private reads of one account. */
export const venueReadTaskQueue = (account: string): string => `venue-read.${account}`;

export const positionWorkflowId = (key: string): string => `position/${key}`;
export const engineWorkflowId = (book: string): string => `engine/${book}`;
export const marketWatchWorkflowId = (shard: string): string => `market-watch/${shard}`;
/** Of the Schedule, and the beginning of the ids of its workflows. */
export const performanceScheduleId = (book: string): string => `performance/${book}`;
export const accountWatchWorkflowId = (account: string): string => `account-watch/${account}`;

/** Why the engine is paused while the stack stops; a start on the home takes back only this. */
export const stoppingReason = 'the stack is stopping';

/** The one shard of the watches, until a second watcher is needed. */
export const firstShard = '0';

export const signalNames = {
  forceClose: 'forceClose',
  exit: 'exit',
  mark: 'mark',
  venueFill: 'venueFill',
  opportunities: 'opportunities',
  pause: 'pause',
  halt: 'halt',
  resume: 'resume',
  watchedSymbols: 'watchedSymbols',
} as const;

export const updateNames = { resolve: 'resolve', adjustExits: 'adjustExits' } as const;

export const workflowTypes = {
  position: 'basisPosition',
  engine: 'tradingEngine',
  marketWatch: 'marketWatch',
  accountWatch: 'accountWatch',
  comparison: 'ledgerComparison',
  reconcile: 'reconcileVenues',
  performance: 'recordPerformance',
} as const;
