/** All activities, as workflows see them. Workflows import this file by type only. */
import type { AccountActivities } from './account.ts';
import type { LedgerActivities } from './ledger.ts';
import type { MarketActivities } from './market.ts';
import type { OrderActivities } from './orders.ts';
import type { ReconcileActivities } from './reconciliation/reconciling.ts';

export type { AccountActivities, LedgerActivities, MarketActivities, OrderActivities, ReconcileActivities };
