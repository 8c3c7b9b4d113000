/** The embedded Temporal server keeps its workflows over SIGKILL, knows our search attributes and no user's profile. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { freePorts } from '../../src/stack/servers/free-ports.ts';
import { prepareNamespace } from '../../src/stack/servers/prepare-namespace.ts';
import { temporalEnv } from '../../src/stack/stack-env.ts';
import { createSupervisor } from '../../src/stack/processes/supervisor.ts';
import { SEARCH_ATTRIBUTES, temporalDevServer, temporalIsReady } from '../../src/stack/servers/temporal-dev-server.ts';
import { testTemporal } from '../support/services.ts';
import { temporaryHome } from '../support/temporary-home.ts';

test('a workflow survives SIGKILL of the server, which comes back by itself', async (context) => {
  const binary = process.env['BASIS_TEMPORAL_BINARY'];
  if (binary === undefined) return context.skip('an external Temporal server is in use: there is no program to start');
  const [port, httpPort, metricsPort] = await freePorts([0, 0, 0]);
  const homeDir = temporaryHome();
  const supervisor = await createSupervisor({ homeDir, log: () => undefined });
  try {
    const dbFile = join(homeDir, 'temporal.db');
    const ports = { port: port!, httpPort: httpPort!, metricsPort: metricsPort!, uiPort: null };
    const { address, child } = temporalDevServer({ binary, ...ports, dbFile });
    assert.equal(await temporalIsReady(address), false);
    await supervisor.start(child, 0);
    await startWorkflow(address);
    assert.ok(existsSync(`${dbFile}-wal`), 'one wait for the disk a transaction');

    const ready = new Promise<void>((resolve) => {
      supervisor.onEvent((event) => event.kind === 'ready' && resolve());
    });
    process.kill(supervisor.status()[0]!.pid!, 'SIGKILL');
    await ready;

    assert.deepEqual(await attributesOf(address), { BasisStatus: ['hedged'], BasisPnlUsd: [1.5] });
    assert.equal(Object.keys(SEARCH_ATTRIBUTES).length, 8);
  } finally {
    await supervisor.stop();
  }
});

async function startWorkflow(address: string): Promise<void> {
  const connection = await Connection.connect({ address });
  await new Client({ connection }).workflow.start('kept', {
    workflowId: 'kept',
    taskQueue: 'nobody',
    searchAttributes: { BasisStatus: ['hedged'], BasisPnlUsd: [1.5] },
  });
  await connection.close();
}

async function attributesOf(address: string): Promise<unknown> {
  const connection = await Connection.connect({ address });
  const { searchAttributes } = await new Client({ connection }).workflow.getHandle('kept').describe();
  await connection.close();
  return searchAttributes;
}

test("another home's server on the port is not taken for ours", async (context) => {
  const binary = process.env['BASIS_TEMPORAL_BINARY'];
  if (binary === undefined) return context.skip('an external Temporal server is in use: there is no program to start');
  const { address } = testTemporal();
  assert.equal(await temporalIsReady(address), true);
  const [httpPort, metricsPort] = await freePorts([0, 0]);
  const supervisor = await createSupervisor({ homeDir: temporaryHome(), log: () => undefined });
  context.after(() => supervisor.stop());
  const port = Number(address.split(':')[1]);
  const ports = { port, httpPort: httpPort!, metricsPort: metricsPort!, uiPort: null };
  const { child } = temporalDevServer({ binary, ...ports, dbFile: null });
  await assert.rejects(supervisor.start(child, 0), /temporal ended before it was ready[^]*address already in use/);
});

test('workers of an embedded server see none of the settings for another one', (context) => {
  const homeDir = temporaryHome();
  process.env['TEMPORAL_API_KEY'] = 'for the cloud';
  context.after(() => delete process.env['TEMPORAL_API_KEY']);
  const env = temporalEnv(homeDir, '127.0.0.1:7233', 'default');
  assert.ok('TEMPORAL_API_KEY' in env && env['TEMPORAL_API_KEY'] === undefined);
  assert.equal(env['TEMPORAL_ADDRESS'], '127.0.0.1:7233');
  assert.equal(env['TEMPORAL_CONFIG_FILE'], join(homeDir, 'temporal.toml'));
  assert.deepEqual(temporalEnv(homeDir, null, 'default'), {});
});

test('a namespace of a running server is made ready, and again without harm', async () => {
  const { address } = testTemporal();
  const namespace = `prepared-${randomUUID()}`;
  await prepareNamespace({ address }, namespace);
  await prepareNamespace({ address }, namespace);
  const connection = await Connection.connect({ address });
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  await connection.operatorService.deleteNamespace({ namespace });
  await connection.close();
  for (const name of Object.keys(SEARCH_ATTRIBUTES)) assert.ok(name in (customAttributes ?? {}), name);
});
