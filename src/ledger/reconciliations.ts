/** Reports of reconciliations, the newest of which commands show. */
import type { ReconciliationReport } from '../domain/reconciliation/reconciliation.ts';
import type { Db } from './database.ts';

export async function recordReconciliation(db: Db, report: ReconciliationReport): Promise<void> {
  await db
    .insertInto('reconciliations')
    .values({ at_wall_ms: report.atWallMs, report: JSON.stringify(report) })
    .execute();
}

export async function latestReconciliations(db: Db, count: number): Promise<ReconciliationReport[]> {
  const rows = await db.selectFrom('reconciliations').select('report').orderBy('id', 'desc').limit(count).execute();
  return rows.map(({ report }) => report);
}
