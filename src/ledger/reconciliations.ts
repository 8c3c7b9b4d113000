/** Reports of reconciliations, the newest of which commands show. */
import type { ReconciliationReport } from '../domain/reconciliation.ts';
import type { Db } from './database.ts';

export async function recordReconciliation(db: Db, report: ReconciliationReport): Promise<void> {
  await db
    .insertInto('reconciliations')
    .values({ at_wall_ms: report.atWallMs, report: JSON.stringify(report) })
    .execute();
}

export async function lastReconciliation(db: Db): Promise<ReconciliationReport | null> {
  const row = await db.selectFrom('reconciliations').select('report').orderBy('id', 'desc').limit(1).executeTakeFirst();
  return row?.report ?? null;
}
