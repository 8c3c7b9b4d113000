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
}

export async function withLedger(story: (parts: LedgerStory) => Promise<void>, poolSize = 10): Promise<void> {
  const database = await testDatabase();
  const { databaseUrl } = database;
  const ledger = createPostgresLedger({ databaseUrl, poolSize, log: { warn: () => undefined } });
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await story({
      ledger,
      databaseUrl,
      query: async (text, values = []) => (await client.query<Record<string, unknown>>(text, [...values])).rows,
    });
  } finally {
    await ledger.close();
    await client.end();
    await database.drop();
  }
}
