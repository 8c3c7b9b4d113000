/**
 * Keys that are planted in a run, one position long and with a failure of every kind, are found afterwards in the files
 * that are there to hold them, and nowhere else: no log at debug level, no payload, no row, no figure, no printed line.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Client as Postgres } from 'pg';
import { z } from 'zod';
import { readStackAddresses } from '../../src/stack/home/stack-file.ts';
import { serviceHome, type ServiceProcess } from '../support/service-process.ts';

const home = serviceHome();
after(() => home.remove());

const plant = (): string => `planted${randomBytes(16).toString('hex')}`;
const simulated = {
  bybit: { apiKey: plant(), secret: plant() },
  binance: { apiKey: plant(), secret: plant() },
};
/** As if somebody's real keys were set: a demo must not even pass them on. */
const real = {
  BASIS_BYBIT_API_KEY: plant(),
  BASIS_BYBIT_SECRET: plant(),
  BASIS_BINANCE_API_KEY: plant(),
  BASIS_BINANCE_SECRET: plant(),
};
const everyKey = [
  ...Object.values(simulated).flatMap(({ apiKey, secret }) => [apiKey, secret]),
  ...Object.values(real),
];
/** As they are, and as base64, which an authorization header or a payload may be. */
const everyTerm = everyKey.flatMap((key) => [key, Buffer.from(key).toString('base64').replace(/=*$/, '').slice(0, -1)]);

/** Wherever a reply is repeated in an error, the request that it answers is not far. */
const faults = [
  { kind: 'http_5xx', venue: 'bybit', method: 'POST', path: '/v5/order/create', execute: true },
  { kind: 'truncated_200', venue: 'binanceusdm', method: 'POST', path: '/fapi/v1/order' },
  { kind: 'http_4xx', venue: 'bybit', path: '/v5/account/wallet-balance', status: 401 },
  { kind: 'html_200', venue: 'binanceusdm', path: '/fapi/v3/account' },
  { kind: 'rate_limited', venue: 'bybit', path: '/v5/order/realtime' },
  { kind: 'drop_after', venue: 'binanceusdm', path: '/fapi/v1/userTrades' },
  { kind: 'reset', venue: 'bybit', path: '/v5/execution/list' },
  { kind: 'empty_200', venue: 'binanceusdm', path: '/fapi/v3/positionRisk' },
];

function hasKey(content: string | Buffer): boolean {
  return everyTerm.some((term) => content.includes(term));
}

test('planted keys are in the files that hold them, and nowhere else', async () => {
  writeFileSync(join(home.dir, 'credentials.json'), JSON.stringify(simulated), { mode: 0o600 });
  Object.assign(process.env, real, { LOG_LEVEL: 'debug' });
  const service = home.start('--control', '--port-base', '17280');
  const control = (await service.line(/^control +http/)).replace(/^control +/, '').trim();
  for (const fault of faults) {
    const response = await fetch(`${control}/faults`, { method: 'POST', body: JSON.stringify(fault) });
    assert.ok(response.ok, await response.text());
  }
  const opened = await service.line(/ hedged /);
  const id = / ([0-9A-Z]{6}) +hedged /.exec(opened)?.[1] ?? assert.fail(opened);
  const outputs = await Promise.all([command('doctor', '--json'), command('close', id), command('show', id)]);
  assert.match(outputs[1] ?? '', /closed/);

  const histories = await everyHistory();
  const rows = await everyRow();
  const figures = await everyFigure(service);
  assert.ok(histories.includes(id) && rows.includes(id), 'the position itself is found there');
  assert.ok(histories.includes('"clientOrderId":'), 'payloads are read in plain text');
  assert.match(figures, /^service_requests/m);
  assert.match(figures, /^temporal_request_total\{.*account="bybit".*role="venue"/m);
  const hits = await faultHits(control);
  await stop(service);

  assert.deepEqual(
    hits,
    faults.map(() => 1),
    'every fault was met',
  );
  for (const [name, content] of Object.entries({ histories, rows, figures, printed: service.lines().join('\n') })) {
    assert.equal(hasKey(content), false, name);
  }
  for (const output of outputs) assert.equal(hasKey(output), false, output.slice(0, 200));

  const files = globSync('**', { cwd: home.dir }).filter((file) => statSync(join(home.dir, file)).isFile());
  const holders = files.filter((file) => hasKey(readFileSync(join(home.dir, file))));
  assert.deepEqual(holders.toSorted(), [
    'credentials.json',
    'sim/config.json',
    'sim/credentials.json',
    'sim/ready.json',
  ]);
  const unread = Object.values(real).filter((key) =>
    files.some((file) => readFileSync(join(home.dir, file)).includes(key)),
  );
  assert.deepEqual(unread, [], 'real keys are not in a demo at all');

  const logs = files
    .filter((file) => file.startsWith('logs/'))
    .map((file) => readFileSync(join(home.dir, file), 'utf8'));
  assert.ok(logs.length >= 6 && logs.some((log) => log.includes('"level":20')), 'workers log at debug level');
  assert.ok(logs.some((log) => log.includes(id)));
  for (const log of logs) assert.doesNotMatch(log, /signature["']?[=:]|X-BAPI-SIGN|X-MBX-APIKEY/i);
});

/** What a command prints, on both streams. */
function command(...args: string[]): Promise<string> {
  const { TEMPORAL_ADDRESS: _address, DATABASE_URL: _database, ...env } = process.env;
  return new Promise((done) => {
    const line = ['src/cli/main.ts', ...args, '--home', home.dir];
    execFile(process.execPath, line, { env, maxBuffer: 2 ** 24 }, (_error, out, err) => done(`${out}${err}`));
  });
}

function addresses(): NonNullable<ReturnType<typeof readStackAddresses>> {
  return readStackAddresses(home.dir) ?? assert.fail('no addresses');
}

/** Every workflow's history as JSON, with each payload also in plain text. */
async function everyHistory(): Promise<string> {
  const { temporalAddress: address, namespace } = addresses();
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace });
  const texts: string[] = [];
  for await (const { workflowId, runId, memo } of client.workflow.list()) {
    const handle = client.workflow.getHandle(workflowId, runId);
    texts.push(JSON.stringify(memo), historyToJSON(await handle.fetchHistory()));
  }
  await connection.close();
  const decoded = texts.flatMap((text) =>
    [...text.matchAll(/"data": ?"([A-Za-z0-9+/=]+)"/g)].map(([, data]) => Buffer.from(data ?? '', 'base64').toString()),
  );
  return [...texts, ...decoded].join('\n');
}

async function everyRow(): Promise<string> {
  const postgres = new Postgres({ connectionString: addresses().databaseUrl });
  await postgres.connect();
  const tables = await postgres.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  const texts: string[] = [];
  for (const { name } of tables.rows) {
    const { rows } = await postgres.query<{ text: string }>(`SELECT row_to_json(t)::text AS text FROM "${name}" t`);
    texts.push(...rows.map(({ text }) => text));
  }
  await postgres.end();
  assert.ok(tables.rows.length > 8);
  return texts.join('\n');
}

/** What the Temporal server and every worker serve for Prometheus, at the addresses that were printed. */
async function everyFigure(service: ServiceProcess): Promise<string> {
  const printed = service.lines().flatMap((line) => /^metrics +(http:\S+) \((.+)\)$/.exec(line)?.slice(1, 3) ?? []);
  const urls = printed.filter((_, index) => index % 2 === 0);
  const processes = printed.filter((_, index) => index % 2 === 1);
  assert.deepEqual(processes, [
    'temporal',
    'worker-basis',
    'worker-market',
    'worker-venue-bybit',
    'worker-venue-binance',
  ]);
  const texts = await Promise.all(urls.map(async (url) => (await fetch(url)).text()));
  return texts.join('\n');
}

async function faultHits(control: string): Promise<number[]> {
  const rules: unknown = await (await fetch(`${control}/faults`)).json();
  return z
    .array(z.object({ hits: z.number() }))
    .parse(rules)
    .map(({ hits }) => hits);
}

async function stop(service: ServiceProcess): Promise<void> {
  process.kill(service.pid, 'SIGINT');
  const { code } = await service.end();
  assert.equal(code, 0, service.lines().slice(-20).join('\n'));
}
