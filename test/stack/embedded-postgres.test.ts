/** The embedded PostgreSQL: also as root, also after SIGKILL, with nothing lost and nobody let in without the password. */
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Client } from 'pg';
import { embeddedPostgres } from '../../src/stack/servers/embedded-postgres.ts';
import { freePorts } from '../../src/stack/servers/free-ports.ts';
import { createSupervisor } from '../../src/stack/processes/supervisor.ts';
import type { Supervisor } from '../../src/stack/processes/supervisor.ts';
import { temporaryHome } from '../support/temporary-home.ts';

async function query(databaseUrl: string, sql: string): Promise<unknown[][]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

async function startPostgres(homeDir: string): Promise<{ supervisor: Supervisor; databaseUrl: string }> {
  const [port] = await freePorts([0]);
  const supervisor = await createSupervisor({ homeDir, log: () => undefined });
  const { databaseUrl, child } = await embeddedPostgres({ dir: join(homeDir, 'postgres'), port: port!, durable: true });
  await supervisor.start(child, 0);
  return { supervisor, databaseUrl };
}

async function homeWithPostgres(
  context: TestContext,
): Promise<{ homeDir: string } & Awaited<ReturnType<typeof startPostgres>>> {
  const homeDir = temporaryHome();
  const started = await startPostgres(homeDir);
  context.after(() => started.supervisor.stop());
  return { homeDir, ...started };
}

test('it keeps committed rows over SIGKILL and comes back by itself on the same port', async (context) => {
  const { supervisor, databaseUrl } = await homeWithPostgres(context);
  await query(databaseUrl, 'CREATE TABLE kept (value numeric); INSERT INTO kept VALUES (0.00019)');
  const ready = new Promise<void>((resolve) => {
    supervisor.onEvent((event) => event.kind === 'ready' && resolve());
  });
  process.kill(supervisor.status()[0]!.pid!, 'SIGKILL');
  await ready;
  assert.deepEqual(await query(databaseUrl, 'SELECT value FROM kept'), [['0.00019']]);
});

test('it is durable, private, and speaks UTC', async (context) => {
  const { homeDir, databaseUrl } = await homeWithPostgres(context);
  const settings =
    "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'listen_addresses', 'TimeZone') ORDER BY lower(name)";
  assert.deepEqual(await query(databaseUrl, settings), [
    ['fsync', 'on'],
    ['listen_addresses', '127.0.0.1'],
    ['TimeZone', 'UTC'],
  ]);
  assert.equal(statSync(join(homeDir, 'postgres')).mode & 0o777, 0o700);
  assert.equal(statSync(join(homeDir, 'postgres', 'password')).mode & 0o777, 0o600);
  const wrong = new URL(databaseUrl);
  wrong.password = 'guessed';
  await assert.rejects(query(wrong.href, 'SELECT 1'), /password authentication failed/);
});

test('a second start finds the same cluster under the same password, on whatever port', async (context) => {
  const first = await homeWithPostgres(context);
  await query(first.databaseUrl, 'CREATE TABLE kept (value int); INSERT INTO kept VALUES (7)');
  await first.supervisor.stop();
  const second = await startPostgres(first.homeDir);
  try {
    assert.deepEqual(await query(second.databaseUrl, 'SELECT value FROM kept'), [[7]]);
    assert.equal(new URL(second.databaseUrl).password, new URL(first.databaseUrl).password);
  } finally {
    await second.supervisor.stop();
  }
});

test('a crash whose pid now belongs to another program does not keep it from starting', async (context) => {
  const first = await homeWithPostgres(context);
  await query(first.databaseUrl, 'CREATE TABLE kept (value int); INSERT INTO kept VALUES (7)');
  await first.supervisor.stop();
  const stranger = process.ppid;
  writeFileSync(
    join(first.homeDir, 'postgres', 'data', 'postmaster.pid'),
    `${stranger}\n/data\n1\n1\n\n127.0.0.1\n\nready\n`,
  );
  const second = await startPostgres(first.homeDir);
  try {
    assert.deepEqual(await query(second.databaseUrl, 'SELECT value FROM kept'), [[7]]);
  } finally {
    await second.supervisor.stop();
  }
});
