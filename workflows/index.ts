/** Every workflow of the service: what the bundle exports. */
export { accountWatch } from './account-watch.ts';
export { basisPosition } from './basis-position.ts';
export { reconcileVenues } from './reconcile.ts';
export { ledgerComparison } from './ledger-comparison.ts';
export { marketWatch } from './market-watch.ts';
export { recordPerformance } from './record-performance.ts';
export { tradingEngine } from './trading-engine.ts';
