/** As root in a container without user namespaces: PostgreSQL runs as `nobody`, below folders that only root may enter. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from 'pg';
import { embeddedPostgres } from '../../src/stack/servers/embedded-postgres.ts';
import { freePorts } from '../../src/stack/servers/free-ports.ts';
import { createSupervisor } from '../../src/stack/processes/supervisor.ts';
import { temporaryHome } from '../support/temporary-home.ts';

/** A PATH that lacks `unshare`. */
function pathWithoutNamespaces(): string {
  const bin = temporaryHome();
  for (const name of ['setpriv', 'chown', 'true']) {
    symlinkSync(execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(bin, name));
  }
  return bin;
}

test('without namespaces the database belongs to nobody, and so does its process', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('only root has to become somebody else');
  const homeDir = temporaryHome();
  process.env['PATH'] = pathWithoutNamespaces();
  const dir = join(homeDir, 'postgres');
  mkdirSync(dir, { mode: 0o700 });
  const [port] = await freePorts([0]);
  const supervisor = await createSupervisor({ homeDir, log: () => undefined });
  try {
    const { databaseUrl, child } = await embeddedPostgres({ dir, port: port!, durable: false });
    await supervisor.start(child, 0);

    const status = readFileSync(`/proc/${supervisor.status()[0]!.pid}/status`, 'utf8');
    assert.match(status, /^Uid:\t65534\t65534\t65534\t65534$/m);
    assert.equal(statSync(join(dir, 'data')).uid, 65_534);
    assert.equal(statSync(homeDir).mode & 0o777, 0o700, 'the folder above stays closed to everybody but root');
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    assert.deepEqual((await client.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
    await client.end();
  } finally {
    await supervisor.stop();
  }
  assert.equal(supervisor.status()[0]?.state, 'stopped');
});
