/** The emergency stop as a process, while the engine, Temporal or the ledger does not answer. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { testDatabase, testTemporal, type TestDatabase } from '../support/services.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { runBasis, type Ran } from './support/run-command.ts';

/** Nothing listens there. */
const nowhere = '127.0.0.1:1';
const book = `halted-${randomBytes(4).toString('hex')}`;
const home = temporaryHome();
const configFile = join(home, 'config.yaml');

let database: TestDatabase;
let ledger: Ledger;
before(async () => {
  writeFileSync(configFile, `book: ${book}\n${readFileSync('config/demo.yaml', 'utf8').replace(/^book: .*\n/m, '')}`);
  database = await testDatabase();
  ledger = createPostgresLedger({ databaseUrl: database.databaseUrl, log: { warn: () => undefined } });
});
after(async () => {
  await ledger.close();
  await database.drop();
});

const halt = (env: Readonly<Record<string, string>>, ...args: string[]): Promise<Ran> =>
  runBasis(['halt', '--home', home, '--config', configFile, ...args], env);

const oneLine = (text: string): string => text.replaceAll('\n', ' ').trim();

describe('a halt', () => {
  test('is recorded where no Temporal server answers, so that nothing is opened', async () => {
    const env = { DATABASE_URL: database.databaseUrl, TEMPORAL_ADDRESS: nowhere };
    const { code, stdout } = await halt(env, '--reason', 'Temporal is down');
    assert.match(
      oneLine(stdout),
      /^recorded: nothing is opened any more; the engine does not answer no Temporal server answers at 127\.0\.0\.1:1/,
    );
    assert.equal(code, 0);
    assert.equal(await ledger.haltOf(book), 'Temporal is down');
    assert.deepEqual(
      (await ledger.openAlerts()).map(({ key, severity }) => [key, severity]),
      [[`halted/${book}`, 'critical']],
    );
  });

  test('is recorded where nobody says which Temporal server it is', async () => {
    const { code, stdout } = await halt({ DATABASE_URL: database.databaseUrl }, '--reason', 'on my own', '--json');
    assert.deepEqual(JSON.parse(stdout), {
      book,
      halted: true,
      reason: 'on my own',
      closeAll: false,
      recorded: true,
      engineAnswers: false,
      reasons: [
        `no service is known: run npm start (its state is looked for in ${home}; --home names another), or set TEMPORAL_ADDRESS and DATABASE_URL`,
      ],
    });
    assert.equal(code, 0);
    assert.equal(await ledger.haltOf(book), 'on my own');
  });

  test('that is to close says that nothing is closed by it, what to do, and fails', async () => {
    const { address } = testTemporal();
    const env = { DATABASE_URL: database.databaseUrl, TEMPORAL_ADDRESS: address };
    const { code, stdout } = await halt(env, '--close-all', '--reason', 'close');
    assert.equal(code, 1);
    assert.match(oneLine(stdout), /nothing is opened any more; the engine does not answer, so nothing is closed by it/);
    assert.ok(oneLine(stdout).includes(`the engine of the book ${book} is not running`));
    assert.match(stdout, /npm run basis -- close-all$/m);
    assert.match(oneLine(stdout), /npm run basis -- flatten <key> --break-glass$/);
    assert.deepEqual(
      stdout.split('\n').filter((line) => line.length > 80),
      [],
    );
    assert.equal(await ledger.haltOf(book), 'close');
  });

  test('waits at Temporal for an engine whose worker is away, and says so', async () => {
    const { address, namespace } = testTemporal();
    const connection = await Connection.connect({ address });
    const engine = await new Client({ connection, namespace }).workflow.start('tradingEngine', {
      workflowId: `engine/${book}`,
      taskQueue: `nobody-${book}`,
    });
    try {
      const env = { DATABASE_URL: database.databaseUrl, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
      const { code, stdout } = await halt(env, '--close-all', '--reason', 'the worker is away');
      assert.equal(code, 1);
      assert.match(stdout, /^Temporal has the halt for it, for when its worker is back\.$/m);
      const { events } = await engine.fetchHistory();
      assert.deepEqual(
        (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName ?? []),
        ['halt'],
      );
      const unrecorded = await halt({ ...env, DATABASE_URL: `postgres://basis@${nowhere}/basis` });
      assert.equal(unrecorded.code, 1);
      assert.match(
        oneLine(unrecorded.stdout),
        /^the engine is told, and does not answer NOT recorded, so that a person/,
      );
    } finally {
      await engine.terminate('the test is over');
      await connection.close();
    }
  });

  test('that nobody hears fails, and says so', async () => {
    const env = { DATABASE_URL: `postgres://basis@${nowhere}/basis`, TEMPORAL_ADDRESS: nowhere };
    const { code, stdout, stderr } = await halt(env);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^NOT halted: the ledger cannot be reached: .*no Temporal server answers.*\)$/m, 'once each');
  });
});
