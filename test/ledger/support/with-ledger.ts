/** A ledger on a database of its own, for one story. */
import { Client } from 'pg';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import type { Ledger } from '../../../src/ports/ledger.ts';
import { testDatabase } from '../../support/services.ts';

export interface LedgerStory {
  readonly ledger: Ledger;
  readonly databaseUrl: string;
  /** Straight to the tables, past the ledger. */
  readonly query: (text: string, values?: readonly unknown[]) => Promise<Record<string, unknown>[]>;
  /** Resolves with the backends of this database that wait for a lock, once there are any. Other databases of the cluster belong to other tests. */
  readonly blocked: () => Promise<number[]>;
}

export async function withLedger(story: (parts: LedgerStory) => Promise<void>, poolSize = 10): Promise<void> {
  const database = await testDatabase();
  const { databaseUrl } = database;
  const ledger = createPostgresLedger({ databaseUrl, poolSize, log: { warn: () => undefined } });
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const query: LedgerStory['query'] = async (text, values = []) =>
    (await client.query<Record<string, unknown>>(text, [...values])).rows;
  const blocked = async (): Promise<number[]> => {
    for (;;) {
      // Within a transaction the statistics stand still unless they are told not to.
      await query('select pg_stat_clear_snapshot()');
      const waiting = await query(
        `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      if (waiting.length > 0) return waiting.map(({ pid }) => Number(pid));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  try {
    await story({ ledger, databaseUrl, query, blocked });
  } finally {
    await ledger.close();
    await client.end();
    await database.drop();
  }
}
