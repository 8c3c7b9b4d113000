import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Selectable } from 'kysely';
import { Client } from 'pg';
import { migrate } from '../../src/ledger/migrate.ts';
import type { Schema } from '../../src/ledger/schema.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { withLedger, type LedgerStory } from './support/with-ledger.ts';

/** In order; each is frozen once it has landed. */
const all = [
  '2026-11-24-initial',
  '2026-11-24-one-venue-order',
  '2026-11-26-venue-fills',
  '2026-11-26-worth',
  '2026-11-27-alert-deliveries',
  '2026-11-27-portfolio',
  '2026-11-28-funding-rates',
  '2026-11-28-inventory-changes',
  '2026-11-28-kept-halts',
  '2026-11-28-liquidation-charges',
  '2026-11-28-loans',
  '2026-11-28-net-of-marks',
  '2026-11-28-recent-ends',
  '2026-11-29-charged',
];

async function emptied({ query }: LedgerStory): Promise<void> {
  await query('drop schema public cascade');
  await query('create schema public');
}

test('a new database is migrated once, and its installation has an id that stays', () =>
  withLedger(async (story) => {
    await emptied(story);
    const { applied } = await migrate(story.databaseUrl);
    assert.deepEqual(applied, all);
    const id = await story.ledger.installationId();
    assert.match(id, /^[0-9A-HJKMNP-TV-Z]{26}$/);
    assert.deepEqual(await migrate(story.databaseUrl), { applied: [] });
    assert.deepEqual(await story.query('select id from installation'), [{ id }]);
  }));

test('eight processes migrate at once and one of them does it', () =>
  withLedger(async (story) => {
    await emptied(story);
    const results = await Promise.all(Array.from({ length: 8 }, () => migrate(story.databaseUrl)));
    assert.deepEqual(
      results.map(({ applied }) => applied.length).filter((count) => count > 0),
      [all.length],
    );
    assert.equal((await story.query('select id from installation')).length, 1);
  }));

test('a migration that fails leaves nothing behind', () =>
  withLedger(async (story) => {
    await emptied(story);
    await story.query('create table alerts (of_somebody_else int)');
    await assert.rejects(migrate(story.databaseUrl), /2026-11-24-initial failed.*alerts/);
    assert.deepEqual(await story.query(`select 1 from pg_tables where tablename = 'positions'`), []);
    await story.query('drop table alerts');
    assert.equal((await migrate(story.databaseUrl)).applied.length, all.length);
  }));

test('a migration that waits for somebody else is broken off when asked', () =>
  withLedger(async (story) => {
    const other = new Client({ connectionString: story.databaseUrl });
    await other.connect();
    try {
      await other.query('begin');
      await other.query('lock table kysely_migration in access exclusive mode');
      const stopping = new AbortController();
      const migrating = migrate(story.databaseUrl, stopping.signal);
      migrating.catch(() => undefined);
      await waitUntil(
        async () =>
          (
            await other.query(
              "select 1 from pg_locks where not granted and locktype = 'relation' and database = (select oid from pg_database where datname = current_database())",
            )
          ).rows.length > 0,
        30_000,
        () => 'nobody waits',
      );
      stopping.abort();
      await assert.rejects(migrating);
    } finally {
      await other.end();
    }
    assert.deepEqual(await migrate(story.databaseUrl), { applied: [] });
  }));

type Kind = 'text' | 'numeric' | 'bigint' | 'integer' | 'boolean' | 'jsonb' | 'timestamptz';
/** The compiler holds this list to the kysely types: every table, every column, and `?` exactly where it may be null. */
type Catalogue = {
  readonly [Table in keyof Schema]: {
    readonly [Column in keyof Selectable<Schema[Table]>]: null extends Selectable<Schema[Table]>[Column]
      ? `${Kind}?`
      : Kind;
  };
};

const catalogue: Catalogue = {
  installation: { id: 'text', created_at: 'timestamptz' },
  positions: {
    key: 'text',
    workflow_id: 'text',
    book: 'text',
    pair_id: 'text',
    direction: 'text',
    perp_account: 'text',
    perp_symbol: 'text',
    notional_usd: 'numeric',
    plan: 'jsonb',
    source: 'text',
    status: 'text',
    exit_reason: 'text?',
    abort_reason: 'text?',
    opened_at_market_ms: 'bigint?',
    closed_at_market_ms: 'bigint?',
    created_at_wall_ms: 'bigint',
    updated_at_wall_ms: 'bigint',
    fenced_at: 'timestamptz?',
    basis_usd: 'numeric?',
    funding_usd: 'numeric?',
    fees_usd: 'numeric?',
    slippage_usd: 'numeric?',
    borrow_usd: 'numeric?',
    quote_currency_usd: 'numeric?',
    realised_usd: 'numeric?',
    charged_usd: 'numeric?',
    accepted_spot_base: 'numeric?',
    accepted_perp_base: 'numeric?',
    opening_told: 'boolean',
    end_told: 'boolean',
    seq: 'bigint',
  },
  reservations: {
    key: 'text',
    book: 'text',
    needs: 'jsonb',
    settled_at_wall_ms: 'bigint?',
    released: 'boolean',
  },
  orders: {
    client_order_id: 'text',
    position_key: 'text',
    leg: 'text',
    account: 'text',
    venue: 'text',
    symbol: 'text',
    side: 'text',
    purpose: 'text',
    step: 'integer',
    attempt: 'integer',
    quantity_base: 'numeric',
    limit_price: 'numeric',
    time_in_force: 'text',
    reduce_only: 'boolean',
    borrows: 'boolean',
    state: 'text',
    venue_order_id: 'text?',
    claimed_at_wall_ms: 'bigint?',
    send_by_wall_ms: 'bigint?',
    filled_base: 'numeric',
    average_price: 'numeric?',
    reason: 'text?',
    seq: 'bigint',
  },
  fills: {
    account: 'text',
    symbol: 'text',
    venue_order_id: 'text',
    trade_id: 'text',
    client_order_id: 'text',
    position_key: 'text',
    side: 'text',
    price: 'numeric',
    quantity_base: 'numeric',
    fee: 'numeric',
    fee_currency: 'text',
    role: 'text',
    executed_at_ms: 'bigint',
    piece: 'integer',
    seq: 'bigint',
  },
  funding_payments: {
    account: 'text',
    symbol: 'text',
    payment_id: 'text',
    amount: 'numeric',
    currency: 'text',
    settled_at_ms: 'bigint',
  },
  liquidation_charges: {
    account: 'text',
    charge_id: 'text',
    symbol: 'text?',
    amount: 'numeric',
    currency: 'text',
    charged_at_ms: 'bigint',
  },
  interest_charges: {
    account: 'text',
    charge_id: 'text',
    currency: 'text',
    amount: 'numeric',
    charged_at_ms: 'bigint',
  },
  watches: { key: 'text', shard: 'text', watch: 'jsonb', armed: 'boolean', evaluated_at_wall_ms: 'bigint?' },
  marks: {
    key: 'text',
    at_wall_ms: 'bigint',
    at_market_ms: 'bigint',
    close_basis_bps: 'numeric',
    unrealised_pnl_usd: 'numeric',
    funding_usd: 'numeric',
    net_usd: 'numeric?',
    ratio_pct: 'numeric',
  },
  equity: {
    book: 'text',
    mark: 'text',
    at_wall_ms: 'bigint',
    at_market_ms: 'bigint',
    equity_usd: 'numeric',
    transfers: 'jsonb',
    parts: 'jsonb',
    unpriced: 'jsonb',
  },
  performance: {
    book: 'text',
    day_market_ms: 'bigint',
    equity_usd: 'numeric',
    realised_usd: 'numeric',
    figures: 'jsonb',
    recorded_at_wall_ms: 'bigint',
  },
  account_readings: { account: 'text', reading: 'jsonb', read_at_wall_ms: 'bigint' },
  baseline: {
    account: 'text',
    balances: 'jsonb',
    positions: 'jsonb',
    declared_at_wall_ms: 'bigint',
    declared_at_market_ms: 'bigint',
  },
  baseline_changes: {
    position_key: 'text',
    account: 'text',
    currency: 'text',
    quantity_base: 'numeric',
    price: 'numeric',
    reason: 'text',
    declared_at_wall_ms: 'bigint',
    declared_at_market_ms: 'bigint',
  },
  alerts: {
    key: 'text',
    severity: 'text',
    message: 'text',
    position_key: 'text?',
    raised_at_wall_ms: 'bigint',
    resolved_at_wall_ms: 'bigint?',
    count: 'integer',
    is_notice: 'boolean',
    raise_planned: 'boolean',
    end_planned: 'boolean',
    id: 'bigint',
  },
  alert_targets: {
    name: 'text',
    failures: 'integer',
    failing_since_wall_ms: 'bigint?',
    paused_until_wall_ms: 'bigint?',
    last_error: 'text?',
    last_sent_at_wall_ms: 'bigint?',
  },
  alert_deliveries: {
    alert_id: 'bigint',
    target: 'text',
    phase: 'text',
    planned_at_wall_ms: 'bigint',
    attempts: 'integer',
    sent_at_wall_ms: 'bigint?',
    id: 'bigint',
  },
  basis_history: { pair_id: 'text', hour_market_ms: 'bigint', mid_basis_bps: 'numeric' },
  funding_rates: { venue: 'text', symbol: 'text', settled_at_market_ms: 'bigint', rate: 'numeric' },
  drawdowns: {
    book: 'text',
    peak_equity_usd: 'numeric',
    peak_transferred_usd: 'numeric',
    drawdown_pct: 'numeric',
    observed_at_wall_ms: 'bigint',
  },
  halts: { book: 'text', reason: 'text', since_wall_ms: 'bigint' },
  reconciliations: { id: 'bigint', at_wall_ms: 'bigint', report: 'jsonb' },
};

test('the types that the code is written against are the tables of the database', () =>
  withLedger(async ({ query }) => {
    const rows = await query(`
      select table_name, column_name,
        replace(data_type, 'timestamp with time zone', 'timestamptz') || case is_nullable when 'YES' then '?' else '' end as kind
      from information_schema.columns
      where table_schema = 'public' and table_name not like 'kysely%'`);
    const found: Record<string, Record<string, unknown>> = {};
    for (const { table_name: table, column_name: column, kind } of rows) {
      (found[String(table)] ??= {})[String(column)] = kind;
    }
    assert.deepEqual(found, catalogue);
  }));
