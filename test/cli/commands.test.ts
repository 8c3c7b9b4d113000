/** The commands as a person types them: processes against the real service. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { stoppingReason } from '../../src/domain/names.ts';
import { startTradingService, type TradingService } from '../support/trading-service.ts';

let service: TradingService;
before(async () => {
  service = await startTradingService();
});
after(() => service.stop());

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm run basis -- …` without npm. */
function basis(...args: string[]): Promise<Ran> {
  const { TEMPORAL_ADDRESS: _address, TEMPORAL_NAMESPACE: _namespace, DATABASE_URL: _database, ...env } = process.env;
  return new Promise((done) => {
    execFile(
      process.execPath,
      ['src/cli/main.ts', ...args, '--home', service.sim.homeDir],
      { env: { ...env, ...service.env } },
      (error, stdout, stderr) => done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

async function json(...args: string[]): Promise<{ code: number; document: unknown }> {
  const { code, stdout, stderr } = await basis(...args, '--json');
  try {
    return { code, document: JSON.parse(stdout) };
  } catch {
    return assert.fail(`not one JSON document: ${stdout}${stderr}`);
  }
}

const errorSchema = z.object({ error: z.object({ kind: z.string(), message: z.string() }) });
const openedSchema = z.object({ started: z.literal(true), key: z.string(), status: z.string() });
const positionsSchema = z.object({ positions: z.array(z.object({ key: z.string(), status: z.string() })) });

async function openShort(): Promise<string> {
  const { code, document } = await json('open', '--asset', 'USDC', '--direction', 'short', '--usd', '5000', '--yes');
  assert.equal(code, 0, JSON.stringify(document));
  return openedSchema.parse(document).key;
}

describe('open', () => {
  test('shows legs, basis, fees, size and expected net before it asks, and sends nothing without a yes', async () => {
    const { code, stdout, stderr } = await basis('open', '--asset', 'USDC', '--direction', 'short', '--usd', '5000');
    assert.equal(code, 2);
    for (const part of [
      /sell 5,\d{3} USDC\/USDT/,
      /buy 5,\d{3} USDC\/USDT:USDT/,
      /executable basis/,
      /expected .* after all four fees/,
    ]) {
      assert.match(stderr, part);
    }
    assert.match(stderr, /no terminal to confirm on: add --yes/);
    assert.equal(stdout, '');
    assert.deepEqual(await service.ledger.positions({}), []);
  });

  test('opens, lists, shows and closes a position; its tables fit 80 columns', async () => {
    const key = await openShort();
    const listed = await basis('positions');
    const shown = await basis('show', key.slice(-6));
    const table = [...listed.stdout.split('\n'), ...shown.stdout.split('\n')].filter((line) => !line.includes('http'));
    assert.deepEqual(
      table.filter((line) => line.length > 80),
      [],
    );
    assert.match(listed.stdout, /hedged +USDC bybit\/binance +short/);
    assert.match(shown.stdout, /open +spot bybit +sell/);
    const adjusted = await json('adjust', key, '--exit-bps', 'abc', '--stop-loss-pct', '5');
    assert.equal(adjusted.code, 2);
    assert.match(errorSchema.parse(adjusted.document).error.message, /^--exit-bps: must be basis points .* to 10000$/);
    const { code, document } = await json('close', key.slice(-6), '--reason', 'test');
    assert.equal(code, 0);
    const closed = z.object({ key: z.string(), status: z.string(), exitReason: z.string() }).parse(document);
    assert.deepEqual(closed, { key, status: 'closed', exitReason: 'force_close' });
  });

  test('refuses, with the reason and without an order, what a rule stands against', async () => {
    const before = (await service.venueOrders()).size;
    for (const [args, reason] of [
      [['--asset', 'USDC', '--direction', 'long', '--yes'], /is not above entry/],
      [['--asset', 'USDC', '--direction', 'short', '--usd', '500', '--yes'], /minPositionUsd/],
      [['--asset', 'USDC', '--direction', 'short', '--usd', '60000', '--yes'], /at most/],
    ] as const) {
      const { code, document } = await json('open', ...args);
      const { error } = errorSchema.parse(document);
      assert.deepEqual([code, error.kind], [1, 'refused'], error.message);
      assert.match(error.message, reason);
    }
    assert.equal((await service.venueOrders()).size, before);
  });

  test('refuses a second direction on one account and perpetual', async () => {
    const key = await openShort();
    const { code, document } = await json(
      'open',
      '--asset',
      'USDC',
      '--direction',
      'long',
      '--min-entry-bps',
      '-100',
      '--yes',
    );
    const { error } = errorSchema.parse(document);
    assert.deepEqual([code, error.kind], [1, 'refused']);
    assert.match(error.message, /direction/);
    await basis('close', key);
  });

  test('says what is wrong with bad input, and what is allowed', async () => {
    for (const [args, message] of [
      [['open', '--asset', 'DOGE', '--direction', 'short', '--yes'], /no such pair .*USDC/],
      [['open', '--asset', 'USDC', '--direction', 'up', '--yes'], /allowed are long .* and short/],
      [['open', '--asset', 'USDC', '--direction', 'short', '--usd', '5k', '--yes'], /positive amount in US dollars/],
      [
        ['open', '--spot', 'binance:USDC/USDT', '--perp', 'binance:USDC/USDT:USDT', '--direction', 'short', '--yes'],
        /no such pair/,
      ],
      [['close', 'ZZZZZZ'], /no position has the key/],
      [['adjust', 'ZZZZZZ'], /nothing to change was given/],
      [['show'], /missing required argument 'key'\nSee npm run basis -- show --help/],
      [['positions', '--config', 'nowhere.yaml'], /no configuration file nowhere\.yaml/],
    ] as const) {
      const { code, document } = await json(...args);
      const { error } = errorSchema.parse(document);
      assert.deepEqual([code, error.kind], [2, 'bad_input'], error.message);
      assert.match(error.message, message);
    }
  });
});

describe('the engine', () => {
  test('is started once, paused and resumed', async () => {
    assert.equal((await basis('start')).code, 0);
    assert.equal((await basis('start')).code, 0);
    assert.equal((await basis('pause', '--reason', 'news')).code, 0);
    const engine = service.client.workflow.getHandle('engine/default');
    const view = z.object({ paused: z.boolean(), pauseReason: z.string().nullable() });
    assert.deepEqual(view.parse(await engine.query('engine')), { paused: true, pauseReason: 'news' });
    // A person's pause outlives a stop and a start, and is shown.
    await engine.signal('pause', { reason: stoppingReason });
    const started = await basis('start');
    assert.match(
      started.stdout,
      /^the engine of the book default runs\npaused by a person: news\nnpm run basis -- resume/,
    );
    const shown = await basis('status');
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /^mode demo, book default\npaused by a person: news$/m);
    assert.deepEqual(
      shown.stdout.split('\n').filter((line) => line.length > 80),
      [],
    );
    assert.equal((await basis('resume')).code, 0);
    assert.deepEqual(view.parse(await engine.query('engine')), { paused: false, pauseReason: null });
    const status = z.object({ state: z.string(), silent: z.string().nullable(), recent: z.array(z.string()) });
    const { state, silent } = status.parse((await json('status')).document);
    assert.deepEqual([state, silent], ['running', null]);
    await basis('pause');
  });

  test('a halt is an alert while it lasts, and outlives a stop and a start of the stack', async () => {
    const halted = async () => (await service.ledger.openAlerts()).filter(({ key }) => key === 'halted/default');
    const engine = service.client.workflow.getHandle('engine/default');
    const haltReason = async () =>
      z.object({ haltReason: z.string().nullable() }).parse(await engine.query('engine')).haltReason;
    assert.equal((await basis('resume')).code, 0);
    assert.equal((await basis('halt', '--reason', 'bybit is in trouble')).code, 0);
    assert.deepEqual(
      (await halted()).map(({ severity, message }) => [severity, message]),
      [['critical', 'the engine of the book default is halted by a person: bybit is in trouble']],
    );
    // As a stop of the stack leaves it, and the next start finds it.
    await engine.signal('pause', { reason: stoppingReason });
    assert.equal((await basis('start')).code, 0);
    assert.equal(await haltReason(), 'bybit is in trouble');
    assert.match((await basis('status')).stdout, /^halted, nothing is opened: bybit is in trouble$/m);
    const { code, document } = await json('open', '--asset', 'USDC', '--direction', 'short', '--yes');
    const { error } = errorSchema.parse(document);
    assert.deepEqual([code, error.kind], [1, 'refused']);
    assert.match(error.message, /halted: .*bybit is in trouble; .*--during-halt/);
    const insisted = await json('open', '--asset', 'USDC', '--direction', 'short', '--yes', '--during-halt');
    assert.equal(openedSchema.parse(insisted.document).status, 'hedged');
    assert.equal((await basis('close-all')).code, 0);
    assert.equal((await basis('resume')).code, 0);
    assert.equal(await haltReason(), null);
    assert.deepEqual(await halted(), []);
    await basis('pause');
  });

  test('close-all closes whatever is open', async () => {
    await openShort();
    const { document } = await json('close-all');
    const { positions } = positionsSchema.parse(document);
    assert.ok(positions.length >= 1);
    assert.deepEqual([...new Set(positions.map(({ status }) => status))], ['closed']);
  });
});

describe('real money', () => {
  test('is refused without both switches, and before anything starts', async () => {
    const example = readFileSync('config/example.yaml', 'utf8');
    const live = example.replace('mode: sandbox', 'mode: live').replace(/^live: .*$/m, 'live: true');
    const file = join(service.sim.homeDir, 'live.yaml');
    for (const [yaml, message] of [
      [live.replace(/^live: .*$/m, 'live: false'), /it needs live: true here, and the flag --live/],
      [live, /needs both switches/],
      [`${live}\nlimits2: {}\n`.replace('entryBps: 20', 'entryBps: 20%'), /has 2 errors/],
    ] as const) {
      writeFileSync(file, yaml);
      const { code, document } = await json('up', '--config', file);
      assert.equal(code, 2);
      assert.match(errorSchema.parse(document).error.message, message);
    }
  });
});

test('every command has help with an example', async () => {
  const { stdout } = await basis('--help');
  const names = [...stdout.matchAll(/^ {2}([a-z-]+) .*/gm)]
    .map(([, name]) => name ?? '')
    .filter((name) => name !== 'help');
  assert.ok(names.length >= 9, stdout);
  for (const name of names) {
    const help = await basis(name, '--help');
    assert.equal(help.code, 0, name);
    assert.match(help.stdout, /Example/, name);
    assert.match(help.stdout, /--json/, name);
  }
});
