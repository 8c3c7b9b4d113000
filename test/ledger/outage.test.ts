import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { sql } from 'kysely';
import { DatabaseError } from 'pg';
import { createDatabase } from '../../src/ledger/database.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import { LedgerUnavailable, type Ledger } from '../../src/ports/ledger.ts';
import { embeddedPostgres } from '../../src/stack/servers/embedded-postgres.ts';
import { freePorts } from '../../src/stack/servers/free-ports.ts';
import { createSupervisor } from '../../src/stack/processes/supervisor.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { nowMs, opening, plan, reading, request } from './support/requests.ts';
import { withLedger } from './support/with-ledger.ts';

async function fund(ledger: Ledger): Promise<void> {
  await ledger.writeReading(reading('bybit', '100000'));
  await ledger.writeReading(reading('binance', '100000'));
}

async function clusterOfItsOwn(context: TestContext) {
  const homeDir = temporaryHome();
  const [port] = await freePorts([0]);
  const supervisor = await createSupervisor({ homeDir, log: () => undefined });
  context.after(() => supervisor.stop());
  const { databaseUrl, child } = await embeddedPostgres({ dir: join(homeDir, 'postgres'), port: port!, durable: true });
  await supervisor.start(child, 0);
  await migrate(databaseUrl);
  const crash = async (): Promise<{ readonly back: Promise<void> }> => {
    const back = Promise.withResolvers<void>();
    supervisor.onEvent((event) => event.kind === 'ready' && back.resolve());
    process.kill(supervisor.status()[0]!.pid!, 'SIGKILL');
    return { back: back.promise };
  };
  return { supervisor, databaseUrl, crash };
}

test('PostgreSQL is killed in the middle of everything: callers are told to try again, nothing is half written', async (context) => {
  const { databaseUrl, crash } = await clusterOfItsOwn(context);
  const ledger = createPostgresLedger({ databaseUrl, log: { warn: () => undefined } });
  context.after(() => ledger.close());
  await fund(ledger);
  const { reserved, orders } = { reserved: new Set<string>(), orders: [] as string[] };
  const openOne = async (index: number): Promise<unknown> => {
    try {
      const prepared = await ledger.prepareOpening(opening(plan(`P${index}`)));
      assert.equal(prepared.kind, 'prepared');
      reserved.add(plan(`P${index}`).key);
      return null;
    } catch (error) {
      return error;
    }
  };
  const first = await openOne(0);
  assert.equal(first, null);
  const many = Array.from({ length: 60 }, (_, index) => openOne(index + 1));
  await Promise.race(many);
  const { back } = await crash();
  const ends = await Promise.all(many);
  assert.deepEqual(
    ends.filter((error) => error !== null && !(error instanceof LedgerUnavailable)),
    [],
  );
  await back;
  await until(async () => (await ledger.installationId()) !== '' && (await ledger.positions({})).length > 0);
  // Whatever was confirmed is there, and whatever is there is whole.
  for (const { key } of await ledger.positions({})) {
    orders.push(key);
    assert.equal((await ledger.ordersOf(key)).length, 2, key);
  }
  for (const key of reserved) assert.ok(orders.includes(key), `${key} was confirmed and is lost`);
  // The same calls again come to the same end.
  assert.deepEqual((await Promise.all(Array.from({ length: 61 }, (_, index) => openOne(index)))).filter(Boolean), []);
  assert.equal((await ledger.positions({})).length, 61);
});

/** Until PostgreSQL takes connections again; anything but being away is an error. */
async function until(done: () => Promise<boolean>): Promise<void> {
  for (;;) {
    try {
      if (await done()) return;
    } catch (error) {
      if (!(error instanceof LedgerUnavailable)) throw error;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function isUnavailable(error: unknown): boolean {
  assert.ok(error instanceof LedgerUnavailable, String(error));
  assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /secret-word/);
  assert.match(error.message, /ECONNREFUSED/);
  return true;
}

test('nobody listens there: unavailable, for the ledger and for its migration', async () => {
  const [port] = await freePorts([0]);
  const databaseUrl = `postgres://basiskeeper:secret-word@127.0.0.1:${port}/basiskeeper`;
  const ledger = createPostgresLedger({ databaseUrl, log: { warn: () => undefined } });
  await assert.rejects(ledger.installationId(), isUnavailable);
  await assert.rejects(ledger.claimOrder('bk', { claimedAtMs: nowMs, sendByMs: nowMs }), isUnavailable);
  await assert.rejects(migrate(databaseUrl), isUnavailable);
  await ledger.close();
});

test('a connection that is cut in a transaction costs that call alone', () =>
  withLedger(async ({ ledger, query, blocked }) => {
    await fund(ledger);
    for (let cut = 0; cut < 5; cut += 1) {
      // The call waits for the lock inside its transaction; then its connection goes.
      await query('select pg_advisory_lock(hashtextextended($1, 0))', ['account/bybit']);
      const reserving = ledger.reserve(request(plan(`P${cut}`)));
      const told = assert.rejects(reserving, LedgerUnavailable);
      await query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [await blocked()]);
      await told;
      await query('select pg_advisory_unlock_all()');
      assert.equal(await ledger.position(plan(`P${cut}`).key), null);
      assert.equal((await ledger.reserve(request(plan(`P${cut}`)))).kind, 'reserved');
    }
  }));

test('who stands still in the middle of a transaction keeps its locks no longer, and is told to try again', () =>
  withLedger(async ({ databaseUrl, query }) => {
    const database = createDatabase(databaseUrl, 1, () => undefined);
    try {
      const standing = database.transact(async (db) => {
        const { rows } = await sql<{ limit: string }>`
          select current_setting('idle_in_transaction_session_timeout') as limit, pg_advisory_xact_lock(7)`.execute(db);
        assert.equal(rows[0]?.limit, '10s');
        await sql`set local idle_in_transaction_session_timeout = 1`.execute(db);
        await query('select pg_advisory_lock(7)');
        await sql`select 1`.execute(db);
      });
      await assert.rejects(standing, LedgerUnavailable);
    } finally {
      await database.close();
    }
  }));

test('a database whose transactions see one moment by default is served like others', () =>
  withLedger(async ({ databaseUrl, query, blocked }) => {
    await query(
      `do $$ begin execute format('alter database %I set default_transaction_isolation = ''repeatable read''', current_database()); end $$`,
    );
    const ledger = createPostgresLedger({ databaseUrl, log: { warn: () => undefined } });
    try {
      await ledger.writeReading(reading('bybit', '1500'));
      await ledger.writeReading(reading('binance', '100000'));
      await query('select pg_advisory_lock(hashtextextended($1, 0))', ['portfolio']);
      const reserving = ['A', 'B'].map((name) => ledger.reserve(request(plan(name))));
      await blocked();
      while ((await blocked()).length < 2);
      await query('select pg_advisory_unlock_all()');
      const kinds = (await Promise.all(reserving)).map(({ kind }) => kind);
      assert.deepEqual(kinds.sort(), ['refused', 'reserved'], 'of 1,500 one has taken 1,000');
    } finally {
      await ledger.close();
    }
  }));

test('two calls that lock each other out are both served', () =>
  withLedger(async ({ ledger, query, blocked }) => {
    await fund(ledger);
    await ledger.prepareOpening(opening(plan('A')));
    const [spot] = await ledger.ordersOf(plan('A').key);
    // We hold the order and want the position; the claim holds the position and wants the order.
    await query('begin');
    await query('select 1 from orders where client_order_id = $1 for update', [spot!.clientOrderId]);
    const claiming = ledger.claimOrder(spot!.clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 1 });
    await blocked();
    const ours = await query('update positions set updated_at_wall_ms = 1 where key = $1', [plan('A').key]).then(
      () => 'served',
      (error: unknown) => (error instanceof DatabaseError ? error.code : String(error)),
    );
    await query('rollback');
    assert.ok(ours === 'served' || ours === '40P01', ours);
    assert.equal(await claiming, true);
  }));
