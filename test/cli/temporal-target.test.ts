/**
 * `up` and every other command reach Temporal by the standard environment alike: address, API key, TLS, profile. What is
 * said on the wire is read by stand-ins of a server: one for TLS, which reads the name that is asked for, one for gRPC.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer as createHttp2Server } from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { serviceAddresses } from '../../src/cli/connection.ts';
import { BadInput } from '../../src/cli/errors.ts';
import { connectTemporal, externalTemporal } from '../../src/cli/temporal-target.ts';
import { writeStackAddresses } from '../../src/stack/home/stack-file.ts';
import { temporaryHome } from '../support/temporary-home.ts';

function target(env: NodeJS.ProcessEnv): NonNullable<ReturnType<typeof externalTemporal>> {
  // A profile in the folder of whoever runs the tests is none of theirs.
  const noFile = join(temporaryHome(), 'none.toml');
  return externalTemporal({ TEMPORAL_CONFIG_FILE: noFile, ...env }) ?? assert.fail('no server is named');
}

test('an API key means TLS, unless TLS is refused; a server name and certificates are passed on', () => {
  const cloud = target({ TEMPORAL_ADDRESS: 'eu.example:7233', TEMPORAL_NAMESPACE: 'prod', TEMPORAL_API_KEY: 'key' });
  assert.equal(cloud.address, 'eu.example:7233');
  assert.equal(cloud.namespace, 'prod');
  assert.equal(cloud.connection.address, 'eu.example:7233');
  assert.equal(cloud.connection.apiKey, 'key');
  assert.equal(cloud.connection.tls, true);

  const plain = target({ TEMPORAL_ADDRESS: 'proxy:7233', TEMPORAL_API_KEY: 'key', TEMPORAL_TLS: 'false' });
  assert.equal(plain.connection.tls, false);
  assert.equal(plain.namespace, 'default');

  const { tls } = target({
    TEMPORAL_ADDRESS: '10.0.0.7:7233',
    TEMPORAL_TLS_SERVER_NAME: 'temporal.internal',
    TEMPORAL_TLS_SERVER_CA_CERT_DATA: 'ca',
    TEMPORAL_TLS_CLIENT_CERT_DATA: 'certificate',
    TEMPORAL_TLS_CLIENT_KEY_DATA: 'private',
  }).connection;
  assert.deepEqual(tls, {
    serverNameOverride: 'temporal.internal',
    serverRootCACertificate: new TextEncoder().encode('ca'),
    clientCertPair: { crt: new TextEncoder().encode('certificate'), key: new TextEncoder().encode('private') },
  });
});

test('a profile names the server, the environment goes before it', () => {
  const file = join(temporaryHome(), 'temporal.toml');
  writeFileSync(file, '[profile.prod]\naddress = "a.example:7233"\nnamespace = "one"\napi_key = "key"\n');
  const env = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'prod' };
  const { address, namespace, connection } = externalTemporal(env) ?? assert.fail('no server is named');
  assert.deepEqual([address, namespace, connection.apiKey], ['a.example:7233', 'one', 'key']);
  assert.equal(externalTemporal({ ...env, TEMPORAL_NAMESPACE: 'two' })?.namespace, 'two');
  assert.throws(() => externalTemporal({ ...env, TEMPORAL_PROFILE: 'test' }), BadInput);
  assert.throws(() => externalTemporal({ TEMPORAL_CONFIG_FILE: file }), /TEMPORAL_CONFIG_FILE .*no address is set/);
});

test('no server is named by a key, by TLS or by an empty variable', () => {
  assert.equal(externalTemporal({ TEMPORAL_API_KEY: 'key', TEMPORAL_TLS: 'true', TEMPORAL_NAMESPACE: 'prod' }), null);
  assert.equal(externalTemporal({ TEMPORAL_ADDRESS: '', TEMPORAL_PROFILE: '' }), null);
});

test('a home on an external server says which one; the environment says how to reach it', () => {
  const homeDir = temporaryHome();
  const databaseUrl = 'postgres://ledger';
  writeStackAddresses(homeDir, {
    temporalAddress: 'eu.example:7233',
    namespace: 'prod',
    uiUrl: null,
    databaseUrl,
    endpointsFile: null,
    configPath: null,
  });
  const env = { TEMPORAL_API_KEY: 'key', TEMPORAL_NAMESPACE: 'prod' };
  const same = serviceAddresses(homeDir, { ...env, TEMPORAL_ADDRESS: 'eu.example:7233' });
  assert.deepEqual([same.temporal.connection.apiKey, same.databaseUrl], ['key', databaseUrl]);
  const other = serviceAddresses(homeDir, { ...env, TEMPORAL_ADDRESS: 'us.example:7233' });
  assert.deepEqual(other.temporal.connection, { address: 'eu.example:7233' }, "another server's key is not sent");
  const external = { ...env, TEMPORAL_ADDRESS: 'us.example:7233', DATABASE_URL: 'postgres://other' };
  assert.equal(serviceAddresses(homeDir, external).temporal.address, 'us.example:7233');
});

test('the key and the namespace reach the server', async (context) => {
  const calls: IncomingHttpHeaders[] = [];
  const server = createHttp2Server();
  server.on('stream', (stream, headers) => {
    calls.push(headers);
    // Not implemented: what the client takes for an old server, not for a failure.
    const answer = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' };
    stream.respond(answer, { endStream: true });
  });
  const address = await listen(context, server);
  const env = { TEMPORAL_ADDRESS: address, TEMPORAL_API_KEY: 'key', TEMPORAL_NAMESPACE: 'prod', TEMPORAL_TLS: 'false' };
  const { client, close } = await connectTemporal(target(env));
  assert.equal(client.options.namespace, 'prod');
  await assert.rejects(client.workflow.getHandle('nobody').describe());
  await close();
  assert.deepEqual(new Set(calls.map((headers) => headers['authorization'])), new Set(['Bearer key']));
});

test('up asks a TLS server by the given name, and starts nothing when it does not answer', async (context) => {
  const asked: string[] = [];
  const refuse = (name: string, callback: (error: Error) => void): void => {
    asked.push(name);
    callback(new Error('this server only listens'));
  };
  const server = createTlsServer({ ALPNProtocols: ['h2'], SNICallback: refuse });
  const address = await listen(context, server);
  const homeDir = join(temporaryHome(), 'home');
  const { TEMPORAL_PROFILE: _profile, DATABASE_URL: _database, ...env } = process.env;
  const { code, stdout } = await new Promise<{ code: unknown; stdout: string }>((done) => {
    const args = ['src/cli/main.ts', 'up', '--home', homeDir, '--json'];
    const added = {
      TEMPORAL_ADDRESS: address,
      TEMPORAL_API_KEY: 'key',
      TEMPORAL_TLS_SERVER_NAME: 'temporal.internal',
      TEMPORAL_CONFIG_FILE: join(homeDir, 'none.toml'),
    };
    const settings = { env: { ...env, ...added }, timeout: 60_000 };
    execFile(process.execPath, args, settings, (error, out) => done({ code: error?.code ?? 0, stdout: out }));
  });
  assert.equal(code, 1);
  assert.ok(stdout.includes(`no Temporal server answers at ${address}`), stdout);
  assert.deepEqual(new Set(asked), new Set(['temporal.internal']));
  assert.equal(existsSync(homeDir), false);
});

/** Its address; closed after the test. */
async function listen(context: TestContext, server: Server): Promise<string> {
  context.after(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? `127.0.0.1:${bound.port}` : assert.fail('it does not listen');
}
