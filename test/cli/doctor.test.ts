/** The doctor finds what is wrong before money is in anybody's hands, and says what to do. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Connection } from '@temporalio/client';
import { Client } from 'pg';
import { z } from 'zod';
import { prepareNamespace } from '../../src/stack/servers/prepare-namespace.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { testTemporal } from '../support/services.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { startDoctorScene, type Diagnosis, type DoctorScene } from './support/doctor-scene.ts';
import { rewritingProxy } from './support/rewriting-proxy.ts';

let scene: DoctorScene;
before(async () => {
  scene = await startDoctorScene();
});
after(() => scene.stop());

const only = (account: string): readonly string[] => ['--account', account];

/** Private questions that nobody can answer without a key that is accepted. */
const privateOfBybit = ['bybit trade right', 'bybit withdraw right', 'bybit balances', 'bybit fees'];

function adviceOn(diagnosis: Diagnosis, subject: string, check: string): string {
  const { status, advice } = diagnosis.check(subject, check);
  assert.notEqual(status, 'ok');
  return advice ?? '';
}

describe('healthy accounts', () => {
  test('everything is asked, and the figures are those of the exchange', async () => {
    const bybit = await scene.diagnose({ args: only('bybit') });
    assert.equal(bybit.code, 0, JSON.stringify(bybit.document));
    assert.deepEqual(bybit.named('failed'), []);
    assert.deepEqual(
      bybit.document.checks.filter(({ subject }) => subject === 'bybit').map(({ check, status }) => [check, status]),
      [
        ['reachable', 'ok'],
        ['clock', 'ok'],
        ['exactly once', 'ok'],
        ['instrument', 'ok'],
        ['key', 'ok'],
        ['trade right', 'ok'],
        ['withdraw right', 'ok'],
        ['balances', 'ok'],
        ['fees', 'ok'],
      ],
    );
    assert.equal(bybit.check('bybit', 'fees').finding, 'USDC/USDT 0.5/0.5 bps, as set');
    assert.equal(bybit.check('bybit', 'instrument').finding, 'USDC/USDT tick 0.0001, lot 0.01, least 1');
    assert.equal(bybit.check('bybit', 'balances').finding, 'free: 50,000.00 USDT, 50,000.00 USDC');

    const binance = await scene.diagnose({ args: only('binance') });
    assert.equal(binance.code, 0, JSON.stringify(binance.document));
    assert.equal(binance.check('binance', 'funding').finding, 'USDC/USDT:USDT every 8 h');
    assert.equal(binance.check('binance', 'position mode').finding, 'USDC/USDT:USDT one-way');
    assert.equal(binance.check('binance', 'margin mode').finding, 'USDC/USDT:USDT cross');
    // No worker has set it yet: the exchange's own beginning is 20.
    assert.deepEqual(binance.named('warning'), ['binance leverage']);
    assert.equal(binance.check('binance', 'leverage').finding, 'USDC/USDT:USDT 20x, set is 3x');
  });

  test('the servers: what is there is ok, and what no server tells is not', async () => {
    const diagnosis = await scene.diagnose({ args: only('bybit') });
    const service = diagnosis.document.checks.filter(({ subject }) => subject === 'service');
    assert.deepEqual(
      service.map(({ check, status }) => [check, status]),
      [
        ['Temporal', 'ok'],
        ['namespace', 'ok'],
        ['attributes', 'ok'],
        ['priorities', 'cannot_be_told'],
        ['PostgreSQL', 'ok'],
        ['migrations', 'ok'],
      ],
    );
    assert.match(diagnosis.check('service', 'priorities').finding, /one partition; no server tells its matcher/);
  });

  test('one line a check in 80 columns, then what to do; progress is on standard error', async () => {
    const { code, stdout, stderr } = await scene.run();
    assert.equal(code, 1, 'rich may withdraw');
    const lines = stdout.split('\n');
    assert.deepEqual(
      lines.filter((line) => line.length > 80),
      [],
    );
    assert.match(lines[0] ?? '', /^WHERE +CHECK +RESULT +FINDING$/);
    const table = lines.slice(1, lines.indexOf(''));
    assert.equal(table.filter((line) => /^(service|bybit|reader|rich|binance) /.test(line)).length, table.length);
    assert.match(stdout, /^rich +withdraw right +failed +present$/m);
    assert.match(stdout, /^service +priorities +cannot be told /m);
    assert.match(stdout, new RegExp(`^${table.length} checks: 1 failed, `, 'm'));
    const advice = stdout.slice(stdout.indexOf('What to do')).replaceAll(/\s+/g, ' ');
    assert.match(advice, /rich, withdraw right: failed present → whoever gets this key can take the coins/);
    for (const subject of ['service', 'bybit', 'reader', 'rich', 'binance']) {
      assert.match(stderr, new RegExp(`^${subject}: \\d+ checks, \\d failed$`, 'm'));
    }
  });
});

describe('keys', () => {
  test('a wrong secret: the key fails, what needs it is not asked, what is public stays', async () => {
    const diagnosis = await scene.diagnose({
      args: only('bybit'),
      env: { BASIS_BYBIT_SECRET: 'planted-wrong-secret' },
    });
    assert.equal(diagnosis.code, 1);
    assert.deepEqual(diagnosis.named('failed'), ['bybit key']);
    assert.match(adviceOn(diagnosis, 'bybit', 'key'), /check key and secret/);
    assert.ok(!JSON.stringify(diagnosis.document).includes('planted-wrong-secret'));
    const untold = diagnosis.named('cannot_be_told').filter((name) => name.startsWith('bybit'));
    assert.deepEqual(untold, privateOfBybit);
    assert.equal(diagnosis.check('bybit', 'instrument').status, 'ok');
  });

  test('missing keys and a file that others may read, each with its variable and what to do', async () => {
    const file = join(temporaryHome(), 'secret');
    writeFileSync(file, 'planted-in-a-file');
    chmodSync(file, 0o644);
    const env = { BASIS_BYBIT_API_KEY: undefined, BASIS_BYBIT_SECRET: undefined, BASIS_BYBIT_SECRET_FILE: file };
    const diagnosis = await scene.diagnose({ args: only('bybit'), env });
    assert.equal(diagnosis.code, 1);
    assert.equal(diagnosis.check('bybit', 'key').finding, 'BASIS_BYBIT_API_KEY, BASIS_BYBIT_SECRET_FILE');
    const advice = adviceOn(diagnosis, 'bybit', 'key');
    assert.match(advice, /BASIS_BYBIT_API_KEY is not set/);
    assert.ok(advice.includes(`${file} is open to every user of this machine (mode 0644): chmod 600 it`), advice);
    chmodSync(file, 0o600);
    writeFileSync(file, `${scene.keys['bybit']?.secret}\n`);
    const cured = await scene.diagnose({
      args: only('bybit'),
      env: { ...env, BASIS_BYBIT_API_KEY: scene.keys['bybit']?.apiKey },
    });
    assert.equal(cured.check('bybit', 'key').status, 'ok');
  });

  test('a key that may not trade', async () => {
    const diagnosis = await scene.diagnose({
      args: only('reader'),
      change: (yaml) => yaml.replace('spot: { account: bybit', 'spot: { account: reader'),
    });
    assert.equal(diagnosis.code, 1);
    assert.deepEqual(diagnosis.named('failed'), ['reader trade right']);
    assert.equal(diagnosis.check('reader', 'trade right').finding, 'may not trade spot');
  });

  test('a key that may withdraw fails, until it is accepted by name, and is a warning then', async () => {
    const refused = await scene.diagnose({ args: only('rich') });
    assert.equal(refused.code, 1);
    assert.match(
      adviceOn(refused, 'rich', 'withdraw right'),
      /accept it: accounts\.rich\.accepted: \[withdraw-permission\]/,
    );
    const accepted = await scene.diagnose({
      args: only('rich'),
      change: (yaml) => yaml.replace('rich: {', 'rich: { accepted: [withdraw-permission],'),
    });
    assert.equal(accepted.code, 0);
    assert.deepEqual(accepted.named('warning'), ['rich withdraw right']);
  });
});

describe('the exchange', () => {
  test('a clock that is ten seconds ahead of ours: late requests are refused, so nothing is said of the key', async () => {
    const heal = await scene.fault({ kind: 'clock_skew', venue: 'bybit', skewMs: 10_000 });
    const diagnosis = await scene.diagnose({ args: only('bybit') });
    await heal();
    assert.equal(diagnosis.code, 1);
    assert.deepEqual(diagnosis.named('failed'), ['bybit clock']);
    assert.match(diagnosis.check('bybit', 'clock').finding, /^(9\d{3}|10\d{3}) ms ahead of ours/);
    assert.match(adviceOn(diagnosis, 'bybit', 'clock'), /synchronise the clock of this machine/);
    assert.equal(diagnosis.check('bybit', 'key').status, 'cannot_be_told');
    assert.match(adviceOn(diagnosis, 'bybit', 'key'), /set the clock right first/);
  });

  test('a clock that is behind: requests are dated back, and the key is proven all the same', async () => {
    const heal = await scene.fault({ kind: 'clock_skew', venue: 'bybit', skewMs: -10_000 });
    const diagnosis = await scene.diagnose({ args: only('bybit') });
    await heal();
    assert.deepEqual(diagnosis.named('failed'), ['bybit clock']);
    assert.match(diagnosis.check('bybit', 'clock').finding, /ms behind of ours/);
    assert.equal(diagnosis.check('bybit', 'key').status, 'ok');
  });

  test('a symbol that does not exist is told once, with those that do', async () => {
    const diagnosis = await scene.diagnose({
      args: only('bybit'),
      change: (yaml) => yaml.replace('symbol: USDC/USDT }', 'symbol: USDC/EUR }\n    allowUnhedgedQuote: true'),
    });
    assert.equal(diagnosis.code, 1);
    assert.deepEqual(diagnosis.named('failed'), ['bybit instrument']);
    assert.match(
      diagnosis.check('bybit', 'instrument').finding,
      /USDC\/EUR does not exist; with base USDC exist: USDC\/USDT/,
    );
    assert.equal(diagnosis.check('bybit', 'fees').status, 'cannot_be_told');
    assert.equal(diagnosis.check('bybit', 'balances').status, 'ok');
  });

  test('fees above those of the configuration fail, below them warn, with what to set', async () => {
    const set = (takerBps: string) => (yaml: string) =>
      yaml.replace('fees: { takerBps: 0.5, makerBps: 0.5 }', `fees: { takerBps: ${takerBps}, makerBps: 0.5 }`);
    const dear = await scene.diagnose({ args: only('bybit'), change: set('0.4') });
    assert.equal(dear.code, 1);
    assert.equal(dear.check('bybit', 'fees').finding, 'USDC/USDT 0.5/0.5 bps, set are 0.4/0.5');
    assert.match(adviceOn(dear, 'bybit', 'fees'), /set takerBps: 0\.5 and makerBps: 0\.5 in accounts\.bybit\.fees/);
    const cheap = await scene.diagnose({ args: only('bybit'), change: set('0.6') });
    assert.equal(cheap.code, 0);
    assert.deepEqual(cheap.named('warning'), ['bybit fees']);
  });

  test('an exchange that is down: one failure, nothing is guessed, and the other account is not held up', async () => {
    const heal = await scene.fault({ kind: 'venue_down', venue: 'bybit' });
    const diagnosis = await scene.diagnose();
    await heal();
    assert.equal(diagnosis.code, 1);
    const failed = diagnosis.named('failed');
    assert.deepEqual(failed, ['bybit reachable', 'reader reachable', 'rich reachable']);
    const untold = diagnosis.named('cannot_be_told').filter((name) => name.startsWith('bybit'));
    assert.deepEqual(untold, ['bybit clock', 'bybit instrument', 'bybit key', ...privateOfBybit]);
    assert.equal(diagnosis.check('binance', 'key').status, 'ok');
  });

  test('hedge mode and isolated margin', async () => {
    const { rest = '' } = scene.sim.venues['binanceusdm'] ?? {};
    const hedged = await rewritingProxy(rest, '/fapi/v1/positionSide/dual', (body) => body.replace('false', 'true'));
    const diagnosis = await scene.diagnose({ args: only('binance'), rest: { binanceusdm: hedged.address } });
    hedged.close();
    assert.ok(hedged.rewritten() > 0);
    assert.equal(diagnosis.code, 1);
    assert.deepEqual(diagnosis.named('failed'), ['binance position mode']);
    assert.match(adviceOn(diagnosis, 'binance', 'position mode'), /choose one-way at the exchange/);
    const isolated = await rewritingProxy(rest, '/fapi/v1/symbolConfig', (body) =>
      body.replaceAll('CROSSED', 'ISOLATED'),
    );
    const other = await scene.diagnose({ args: only('binance'), rest: { binanceusdm: isolated.address } });
    isolated.close();
    assert.deepEqual(other.named('failed'), ['binance margin mode']);
  });
});

describe('the servers', () => {
  test('none answers: both fail with what to do, and the accounts are looked at all the same', async () => {
    const env = { TEMPORAL_ADDRESS: '127.0.0.1:1', DATABASE_URL: 'postgres://somebody:planted@127.0.0.1:1/ledger' };
    const diagnosis = await scene.diagnose({ args: only('bybit'), env });
    assert.equal(diagnosis.code, 1);
    assert.deepEqual(diagnosis.named('failed'), ['service Temporal', 'service PostgreSQL']);
    assert.match(diagnosis.check('service', 'PostgreSQL').finding, /cannot be reached/);
    assert.ok(!JSON.stringify(diagnosis.document).includes('planted'));
    assert.equal(diagnosis.check('bybit', 'key').status, 'ok');
  });

  test('no address is known at all', async () => {
    const env = { TEMPORAL_ADDRESS: undefined, TEMPORAL_NAMESPACE: undefined, DATABASE_URL: undefined };
    const diagnosis = await scene.diagnose({ args: only('bybit'), env });
    assert.equal(diagnosis.code, 1);
    assert.match(adviceOn(diagnosis, 'service', 'Temporal'), /run npm start/);
  });

  test('a namespace that does not exist', async () => {
    const diagnosis = await scene.diagnose({ args: only('bybit'), env: { TEMPORAL_NAMESPACE: 'nobody-made-it' } });
    assert.equal(diagnosis.code, 1);
    assert.equal(diagnosis.check('service', 'namespace').finding, 'nobody-made-it does not exist');
    assert.match(adviceOn(diagnosis, 'service', 'namespace'), /run basis prepare once/);
  });

  test('a database without our tables lacks every migration, and is left as it is', async () => {
    const admin = new Client({ connectionString: process.env['BASIS_TEST_DATABASE_URL'] });
    await admin.connect();
    await admin.query('CREATE DATABASE doctor_empty TEMPLATE template0');
    const databaseUrl = (process.env['BASIS_TEST_DATABASE_URL'] ?? '').replace(/[^/]*$/, 'doctor_empty');
    const diagnosis = await scene.diagnose({ args: only('bybit'), env: { DATABASE_URL: databaseUrl } });
    const empty = new Client({ connectionString: databaseUrl });
    await empty.connect();
    const tables = await empty.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");
    await empty.end();
    await admin.query('DROP DATABASE doctor_empty WITH (FORCE)');
    await admin.end();
    assert.equal(diagnosis.code, 1);
    assert.deepEqual(diagnosis.named('failed'), ['service migrations']);
    assert.match(diagnosis.check('service', 'migrations').finding, /^missing: 2026-11-24-initial, /);
    assert.deepEqual(tables.rows, [{ count: '0' }]);
  });
});

describe('bad input', () => {
  const errorSchema = z.object({
    error: z.object({
      kind: z.literal('bad_input'),
      message: z.string(),
      issues: z.array(z.object({ path: z.string() })),
    }),
  });

  test('an account that is not configured, with those that are', async () => {
    const { code, stdout } = await scene.run({ args: ['--json', ...only('kraken')] });
    assert.equal(code, 2);
    assert.match(
      errorSchema.parse(JSON.parse(stdout)).error.message,
      /no account "kraken"; configured are: bybit, binance, reader, rich/,
    );
  });

  test('what an exchange does not offer, beside every other mistake', async () => {
    const { code, stdout } = await scene.run({
      args: ['--json'],
      change: (yaml) =>
        yaml
          .replace('reader: {', 'reader: { subAccount: 7, secret: planted,')
          .replace('rich: {', 'rich: { sandbox: true, rateLimitShare: 0,'),
    });
    assert.equal(code, 2);
    const { error } = errorSchema.parse(JSON.parse(stdout));
    assert.deepEqual(error.issues.map(({ path }) => path).toSorted(), [
      'accounts.reader.secret',
      'accounts.reader.subAccount',
      'accounts.rich.rateLimitShare',
      'accounts.rich.sandbox',
    ]);
    assert.match(error.message, /keys of bybit belong to one sub-account by themselves/);
    assert.ok(!stdout.includes('planted'));
  });
});

test('search attributes that are missing', async () => {
  const namespace = `test-bare-${randomBytes(6).toString('hex')}`;
  const { address } = testTemporal();
  const connection = await Connection.connect({ address });
  const { workflowService, operatorService } = connection;
  const { config } = await workflowService.describeNamespace({ namespace: 'temporal-system' });
  const workflowExecutionRetentionPeriod = config?.workflowExecutionRetentionTtl ?? null;
  await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  // A namespace is known everywhere only some seconds after its registration.
  const isKnown = async (): Promise<boolean> =>
    operatorService.listSearchAttributes({ namespace }).then(
      () => true,
      () => false,
    );
  await waitUntil(isKnown, 30_000, () => `${namespace} is not known`, 100);
  await connection.close();
  const bare = await scene.diagnose({ args: only('bybit'), env: { TEMPORAL_NAMESPACE: namespace } });
  assert.deepEqual(bare.named('failed'), ['service attributes']);
  assert.match(bare.check('service', 'attributes').finding, /^missing: BasisStatus, /);
  await prepareNamespace({ address }, namespace);
  const prepared = await scene.diagnose({ args: only('bybit'), env: { TEMPORAL_NAMESPACE: namespace } });
  assert.equal(prepared.check('service', 'attributes').status, 'ok');
});
