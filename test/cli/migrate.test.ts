/** `basis migrate` and `basis prepare`: servers of one's own are made ready, may be asked again, and are reached as ever. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http2';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { z } from 'zod';
import { testDatabase, testTemporal, type TestDatabase } from '../support/services.ts';
import { runBasis } from './support/run-command.ts';

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database.drop());

async function sql(text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: database.databaseUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

const migratedSchema = z.strictObject({ applied: z.array(z.string()), pending: z.array(z.string()) });

async function migrate(...args: string[]): Promise<z.output<typeof migratedSchema>> {
  const { code, stdout, stderr } = await runBasis(['migrate', '--json', ...args], {
    DATABASE_URL: database.databaseUrl,
  });
  assert.equal(code, 0, `${stdout}${stderr}`);
  return migratedSchema.parse(JSON.parse(stdout));
}

describe('migrate', () => {
  test('says what it will do, does it, and does nothing the second time; nobody asks for Temporal', async () => {
    await sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    const { applied: nothing, pending } = await migrate('--dry-run');
    assert.deepEqual(nothing, []);
    assert.equal(pending[0], '2026-11-24-initial');
    const tables = "SELECT table_name FROM information_schema.tables WHERE table_name = 'positions'";
    assert.deepEqual(await sql(tables), [], 'a dry run changes nothing');

    assert.deepEqual(await migrate(), { applied: pending, pending: [] });
    assert.deepEqual(await sql(tables), [{ table_name: 'positions' }]);
    assert.deepEqual(await migrate(), { applied: [], pending: [] });
  });

  test('leaves the ledger of a newer version alone, and says so', async () => {
    const name = '2099-01-01-later';
    await sql(`INSERT INTO kysely_migration (name, timestamp) VALUES ('${name}', '2099-01-01T00:00:00.000Z')`);
    const { code, stdout } = await runBasis(['migrate', '--json'], { DATABASE_URL: database.databaseUrl });
    await sql(`DELETE FROM kysely_migration WHERE name = '${name}'`);
    assert.equal(code, 1);
    assert.match(stdout, /"kind":"refused".*of a newer version \(2099-01-01-later\)/);
  });
});

describe('prepare', () => {
  test('makes a namespace with its search attributes, once', async () => {
    const namespace = `test-${randomBytes(6).toString('hex')}`;
    const { address } = testTemporal();
    const env = { DATABASE_URL: database.databaseUrl, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
    const schema = z.object({ registered: z.boolean(), searchAttributes: z.array(z.string()), namespace: z.string() });
    const prepare = async () => schema.parse(JSON.parse((await runBasis(['prepare', '--json'], env)).stdout));
    const first = await prepare();
    assert.deepEqual([first.namespace, first.registered, first.searchAttributes.length], [namespace, true, 8]);
    assert.deepEqual(await prepare(), { namespace, registered: false, searchAttributes: [] });
  });

  test('reaches a hosted server with its API key; what that keeps to itself is named', async (context) => {
    const keys = new Set<string | undefined>();
    const server = createServer();
    server.on('stream', (stream, headers) => {
      keys.add(headers.authorization);
      const isOperator = String(headers[':path']).includes('OperatorService');
      const head = { ':status': 200, 'content-type': 'application/grpc' };
      // Not allowed; everything else is answered by an empty message.
      if (isOperator) return stream.respond({ ...head, 'grpc-status': '7' }, { endStream: true });
      stream.respond(head, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.alloc(5));
    });
    context.after(() => void server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : assert.fail('it does not listen');
    const { code, stdout } = await runBasis(['prepare', '--json'], {
      DATABASE_URL: database.databaseUrl,
      TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
      TEMPORAL_API_KEY: 'key',
      TEMPORAL_TLS: 'false',
    });
    assert.equal(code, 1, stdout);
    assert.match(stdout, /keeps search attributes to its own tools: .*BasisStatus \(Keyword\).*BasisPnlUsd \(Double\)/);
    assert.deepEqual([...keys], ['Bearer key']);
  });

  test('says which servers it needs', async () => {
    const { code, stdout } = await runBasis(['prepare', '--json'], { DATABASE_URL: database.databaseUrl });
    assert.equal(code, 2);
    assert.match(stdout, /set DATABASE_URL, and TEMPORAL_ADDRESS or a Temporal profile/);
  });
});
