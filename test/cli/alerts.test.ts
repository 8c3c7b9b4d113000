/** `basis alerts`, as a process: what stands in 80 columns, and what each target answers to a test. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { alertsText } from '../../src/cli/alerts/alert-table.ts';
import { createAlertOutbox } from '../../src/ledger/alerts/alert-outbox.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { botToken, configText, hookPath } from '../alerts/support/alerting.ts';
import { headings, startReceiver, type Receiver } from '../alerts/support/receiver.ts';
import { testDatabase, type TestDatabase } from '../support/services.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const homeDir = temporaryHome();
const raisedAtMs = Date.UTC(2026, 10, 26, 12, 13, 5);
const positionKey = 'USDC-bybit-binanceusdm-long-01K74W8Z9V5T6RQJXK3M2N1P0A';

let database: TestDatabase;
let ledger: Ledger;
let phone: Receiver;
let team: Receiver;
before(async () => {
  [database, phone, team] = await Promise.all([testDatabase(), startReceiver(), startReceiver()]);
  ledger = createPostgresLedger({ databaseUrl: database.databaseUrl, log: { warn: () => undefined } });
});
after(async () => {
  await ledger.close();
  await Promise.all([phone.close(), team.close()]);
  await database.drop();
});

function configFile(...targets: string[]): string {
  const file = join(homeDir, `config-${targets.length}.yaml`);
  writeFileSync(file, configText(targets));
  return file;
}

const targets = () => [
  `phone: { kind: telegram, chat: "-1001", server: "${phone.url}" }`,
  'team: { kind: slack, minSeverity: warning }',
  'pager: { kind: webhook, minSeverity: critical }',
];

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing of Temporal is known to it: the ledger alone is enough. */
function basis(env: Record<string, string>, ...args: string[]): Promise<Ran> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      ['src/cli/main.ts', 'alerts', '--home', homeDir, ...args],
      { env: { PATH: process.env['PATH'], ...env } },
      (error, stdout, stderr) => done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

describe('alerts', () => {
  test('that stand, and those who are told of them, fit 80 columns, every word of them', async () => {
    const reason =
      'an order is not settled, bybit: code=10016 Internal System Error, please retry; a word that is long: ';
    const message = `${positionKey}: ${reason}${'x'.repeat(100)}`;
    await ledger.raiseAlert({ key: `stuck/${positionKey}`, severity: 'critical', message, positionKey }, raisedAtMs);
    await ledger.raiseAlert({ key: 'drift/a', severity: 'warning', message: 'drift', positionKey: null }, raisedAtMs);
    await ledger.raiseAlert({ key: 'drift/a', severity: 'warning', message: 'drift', positionKey: null }, raisedAtMs);
    await ledger.raiseAlert({ key: 'gone', severity: 'critical', message: 'over', positionKey: null }, raisedAtMs);
    await ledger.resolveAlert('gone', raisedAtMs);
    const outbox = createAlertOutbox(database.databaseUrl, () => undefined);
    await outbox.hold(async (held) => {
      await held.plan(
        [
          { name: 'phone', minSeverity: 'info' },
          { name: 'old', minSeverity: 'critical' },
        ],
        raisedAtMs,
      );
      const failure = {
        error: '400 Bad Request: chat not found',
        nowMs: raisedAtMs + 60_000,
        pausedUntilMs: raisedAtMs,
      };
      await held.failed('phone', failure);
    });
    await outbox.close();
    const env = { DATABASE_URL: database.databaseUrl };
    const shown = await basis(env, '--config', configFile(...targets()));
    assert.equal(shown.code, 0, shown.stderr);
    const lines = shown.stdout.split('\n');
    assert.deepEqual(
      lines.filter((line) => line.length > 80),
      [],
    );
    assert.deepEqual(lines.slice(0, 3), [
      'SINCE (UTC)  SEVERITY  TIMES  EVENT',
      '11-26 12:13  critical      1  stuck',
      `  ${positionKey}: an order is not`,
    ]);
    assert.ok(lines.includes('11-26 12:13  warning       2  drift'));
    const whole = shown.stdout.replaceAll(/\s+/g, '');
    assert.ok(whole.includes(message.replaceAll(/\s+/g, '')));
    assert.deepEqual(lines.slice(-7, -1), [
      'TARGET  KIND            FROM      WAITING  LAST TOLD  FAILING SINCE',
      'phone   telegram        info            4  never      11-26 12:14',
      'team    slack           warning         0  never',
      'pager   webhook         critical        0  never',
      'old     not configured                  3  never',
      '  phone: 400 Bad Request: chat not found',
    ]);
    const { stdout } = await basis(env, '--config', configFile(...targets()), '--json');
    const document = z
      .object({
        alerts: z.array(z.object({ key: z.string(), count: z.number() })),
        targets: z.array(z.object({ name: z.string(), kind: z.string().nullable(), pending: z.number() })),
      })
      .parse(JSON.parse(stdout));
    assert.deepEqual(document, {
      alerts: [
        { key: `stuck/${positionKey}`, count: 1 },
        { key: 'drift/a', count: 2 },
      ],
      targets: [
        { name: 'phone', kind: 'telegram', pending: 4 },
        { name: 'team', kind: 'slack', pending: 0 },
        { name: 'pager', kind: 'webhook', pending: 0 },
        { name: 'old', kind: null, pending: 3 },
      ],
    });
  });

  test('without a ledger, and without targets, say so', async () => {
    const nowhere = await basis({}, '--config', configFile());
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.stderr, /no ledger is known: .*set DATABASE_URL/);
    const untold = await basis({}, '--test', '--config', configFile());
    assert.equal(untold.code, 2);
    assert.match(untold.stderr, /no alert target is configured: alerts\.targets of /);
    const shown = await basis({ DATABASE_URL: database.databaseUrl }, '--config', configFile());
    assert.match(shown.stdout, /^phone +not configured +4 /m, 'what waits for it is kept');
    const nothing = 'no alert stands\n\nnobody is told: the configuration names no alert target';
    assert.equal(alertsText({ alerts: [], targets: [] }), nothing);
  });
});

describe('a test', () => {
  const env = () => ({
    BASIS_ALERT_PHONE_TOKEN: botToken,
    BASIS_ALERT_TEAM_URL: `${team.url}${hookPath}`,
    BASIS_ALERT_PAGER_SECRET: 'short',
  });

  test('goes to each target, without a ledger, and tells what it said, but no secret', async () => {
    team.answer(() => ({ status: 404, body: 'no_service' }));
    const ran = await basis(env(), '--test', '--config', configFile(...targets()));
    assert.equal(ran.code, 1, 'not all were reached');
    assert.match(ran.stdout, /^phone +telegram +yes +ok$/m);
    assert.match(ran.stdout, /^team +slack +NO +404 no_service$/m);
    assert.match(ran.stdout, /^pager +webhook +NO +BASIS_ALERT_PAGER_URL is not set/m);
    assert.ok(!`${ran.stdout}${ran.stderr}`.includes('PLANTED'));
    assert.deepEqual(headings(phone), ['INFO test']);
    assert.match(phone.received[0]?.body ?? '', /a test of the alert target phone: nothing has happened/);
  });

  test('that reached everybody ends well', async () => {
    const ran = await basis(env(), '--test', '--json', '--config', configFile(...targets().slice(0, 1)));
    assert.equal(ran.code, 0);
    assert.deepEqual(JSON.parse(ran.stdout), {
      targets: [{ name: 'phone', kind: 'telegram', taken: true, answer: 'ok' }],
    });
  });
});
