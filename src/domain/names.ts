/** Ids, task queues and message names, each defined once, with its inverse where it has one. */

/** Workflows and the ledger's activities. */
export const basisTaskQueue = 'basis';
/** Public market data. */
export const marketTaskQueue = 'market';
/** Orders of one account: submit, cancel, prepare. */
export const venueTaskQueue = (account: string): string => `venue.${account}`;
/** Private reads of one account. */
export const venueReadTaskQueue = (account: string): string => `venue-read.${account}`;

const positionPrefix = 'position/';
export const positionWorkflowId = (key: string): string => `${positionPrefix}${key}`;
/** The key in a position's workflow id; null when the id is not a position's. */
export function positionKeyOf(workflowId: string): string | null {
  return workflowId.startsWith(positionPrefix) ? workflowId.slice(positionPrefix.length) : null;
}
export const engineWorkflowId = (book: string): string => `engine/${book}`;
export const marketWatchWorkflowId = (shard: string): string => `market-watch/${shard}`;
export const accountWatchWorkflowId = (account: string): string => `account-watch/${account}`;

/** Why the engine is paused while the stack stops; a start on the home takes back only this. */
export const stoppingReason = 'the stack is stopping';

/** The one shard of the watches, until a second watcher is needed. */
export const firstShard = '0';

export const signalNames = {
  forceClose: 'forceClose',
  exit: 'exit',
  mark: 'mark',
  opportunities: 'opportunities',
  pause: 'pause',
  resume: 'resume',
} as const;

export const workflowTypes = {
  position: 'basisPosition',
  engine: 'tradingEngine',
  marketWatch: 'marketWatch',
  accountWatch: 'accountWatch',
  comparison: 'ledgerComparison',
} as const;
