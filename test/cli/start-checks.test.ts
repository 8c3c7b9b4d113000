/** Before a start or a command: one home holds one run's books, and no open position is left without its accounts. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { z } from 'zod';
import { accountSymbols } from '../../src/cli/start/bootstrap.ts';
import { listedConfig } from '../../src/cli/start/listed-config.ts';
import { checkOpenPositions } from '../../src/cli/start/open-positions-check.ts';
import { placeOf } from '../../src/cli/options.ts';
import {
  checkHomeOfCommand,
  checkHomeOfStart,
  recordHomeMode,
  type HomeTerms,
} from '../../src/cli/start/start-checks.ts';
import { loadConfig } from '../../src/config/load.ts';
import { tapeWindow } from '../../src/config/tape-window.ts';
import type { PositionRow } from '../../src/ports/ledger.ts';
import { writeStackAddresses } from '../../src/stack/home/stack-file.ts';
import { examplePlan, hedgedRow as row } from '../support/plans.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const terms = (mode: HomeTerms['mode']): HomeTerms => ({ mode, simulation: null });
const demo = loadConfig('config/demo.yaml');
const majors = loadConfig('config/majors.yaml');

/** A home that was started with the configuration, and is not running. */
function homeOf(path: string, config: HomeTerms): string {
  const home = temporaryHome();
  const temporalAddress = '127.0.0.1:1';
  const databaseUrl = 'postgres://127.0.0.1:1/ledger';
  const nobody = { temporalAddress, namespace: 'default', uiUrl: null, databaseUrl, endpointsFile: null };
  writeStackAddresses(home, { ...nobody, configPath: path });
  const tapeEndMs = config.simulation === null ? null : tapeWindow(config.simulation.tape).endMs;
  writeFileSync(join(home, 'anchor.json'), JSON.stringify({ wallMs: 1, marketMs: 1, scale: 3600, tapeEndMs }));
  recordHomeMode(home, config.mode);
  return home;
}

suite('a home', () => {
  test("that is new is anybody's, and then of the mode that was started", () => {
    const home = temporaryHome();
    checkHomeOfStart(home, terms('paper'), false);
    checkHomeOfCommand(home, terms('paper'));
    recordHomeMode(home, 'paper');
    checkHomeOfStart(home, terms('paper'), false);
    assert.throws(() => checkHomeOfStart(home, terms('demo'), false), {
      name: 'BadInput',
      message: /holds a run of mode paper, .* mode demo: give .* a home of its own with --home, or .* --fresh/,
    });
    assert.throws(() => checkHomeOfCommand(home, terms('demo')), {
      name: 'BadInput',
      message: /holds a run of mode paper, .* mode demo: name the home of this configuration with --home/,
    });
    checkHomeOfStart(home, terms('demo'), true);
  });

  test('with positions at real exchanges is never put away for another mode', () => {
    for (const mode of ['live', 'sandbox'] as const) {
      const home = temporaryHome();
      recordHomeMode(home, mode);
      assert.throws(
        () => checkHomeOfStart(home, terms('demo'), true),
        /holds a run of mode (live|sandbox), .* --home$/,
      );
    }
  });

  test("of an older version that replays a tape is the demo's", () => {
    const home = temporaryHome();
    const anchor = { wallMs: 1, marketMs: 1, scale: 3600, tapeEndMs: 2 };
    writeFileSync(join(home, 'anchor.json'), JSON.stringify(anchor));
    checkHomeOfStart(home, terms('demo'), false);
    assert.throws(() => checkHomeOfStart(home, terms('live'), false), /holds a run of mode demo/);
  });

  test('that replays one tape refuses another: its clock is of October 2025, where bitcoin is of March 2024', () => {
    const home = homeOf('config/demo.yaml', demo);
    checkHomeOfStart(home, demo, false);
    checkHomeOfCommand(home, demo);
    const words = /replays a tape that ends 2025-10-\d\d .*majors-2024-03\.csv ends 2024-03-/;
    assert.throws(() => checkHomeOfStart(home, majors, false), words);
    assert.throws(() => checkHomeOfStart(home, majors, false), /or put its state away with --fresh/);
    assert.throws(() => checkHomeOfCommand(home, majors), words);
    checkHomeOfStart(home, majors, true);
  });
});

suite('which home and which configuration', () => {
  test('a command uses what its home was started with, and the demo on a new one', () => {
    const home = homeOf('config/majors.yaml', majors);
    assert.deepEqual(placeOf({ home }, {}), { home, config: 'config/majors.yaml' });
    assert.deepEqual(placeOf({ home, config: 'my.yaml' }, {}), { home, config: 'my.yaml' });
    const fresh = temporaryHome();
    assert.deepEqual(placeOf({ home: fresh }, {}), { home: fresh, config: 'config/demo.yaml' });
    assert.equal(placeOf({}, {}).home, '.basis');
  });

  test('the environment of a deployment names both; what is given goes before it, an empty variable names nothing', () => {
    const home = homeOf('config/majors.yaml', majors);
    const env = { BASIS_HOME: home, BASIS_CONFIG: 'config/deployed.yaml' };
    assert.deepEqual(placeOf({}, env), { home, config: 'config/deployed.yaml' });
    assert.deepEqual(placeOf({}, { ...env, BASIS_CONFIG: '' }), { home, config: 'config/majors.yaml' });
    assert.deepEqual(placeOf({ home: 'mine', config: 'my.yaml' }, env), { home: 'mine', config: 'my.yaml' });
  });

  test('a remembered configuration that is gone is told, not replaced by another one', () => {
    const home = homeOf('/nowhere/mine.yaml', demo);
    assert.throws(() => placeOf({ home }, {}), /was started with \/nowhere\/mine\.yaml, which is gone: .* --config/);
  });

  test('a command with the configuration of another run says so, before it asks any server', async () => {
    const home = homeOf('config/demo.yaml', demo);
    const commands = [['positions'], ['alerts'], ['reconcile', '--break-glass']];
    const said = await Promise.all(
      commands.map((command) => basis(...command, '--home', home, '--config', 'config/paper.yaml')),
    );
    for (const { code, message } of said) {
      assert.equal(code, 2, message);
      assert.match(message, /holds a run of mode demo, and the configuration is of mode paper/);
    }
  });
});

suite('open positions', () => {
  const own = { isShared: false };
  const ledger = (...rows: PositionRow[]) => ({ positions: async () => rows });

  test('whose accounts are there start', async () => {
    await checkOpenPositions(demo, ledger(row()), own);
    await checkOpenPositions(majors, ledger(), own);
  });

  test('whose account is not configured, or at another exchange, are named, and nothing starts', async () => {
    await assert.rejects(checkOpenPositions(majors, ledger(row()), own), {
      name: 'Refused',
      message: /position 2N1P0A needs the account binance at binanceusdm, which is not configured; nothing was started/,
    });
    const moved = { ...demo, accounts: { ...demo.accounts, bybit: { ...demo.accounts['bybit']!, venue: 'kraken' } } };
    await assert.rejects(
      checkOpenPositions(moved, ledger(row()), own),
      /account bybit at bybit, which is at kraken now/,
    );
  });

  test('whose pair was taken out start, and have their accounts read and compared for it', async () => {
    const without = { ...demo, pairs: [] };
    await checkOpenPositions(without, ledger(row()), own);
    const place = { home: '/nowhere', endpointsFile: null };
    assert.deepEqual(
      accountSymbols(await listedConfig(without, { ...place, ledger: ledger(row()) })).map(
        ({ account, symbols, perpetuals }) => [account, symbols, perpetuals],
      ),
      [
        ['bybit', ['USDC/USDT'], []],
        ['binance', ['USDC/USDT:USDT'], ['USDC/USDT:USDT']],
      ],
    );
    assert.equal(await listedConfig(demo, { ...place, ledger: ledger(row()) }), demo, 'its pair is there');
    // Of an account that is another's, nothing can be read.
    const moved = row({ perp: { ...examplePlan().perp, account: 'elsewhere' } });
    assert.equal(await listedConfig(without, { ...place, ledger: ledger(moved) }), without);
  });

  test('whose pair is what their loan or their simulated market hangs on keep it, and nothing starts', async () => {
    const without = { ...demo, pairs: [] };
    const lent = ledger(row({ borrow: { hourlyRate: '0.000001', collateralRate: '0.1' } }));
    for (const config of [demo, { ...without, strategy: { ...demo.strategy, shortSpot: 'borrow' as const } }]) {
      await assert.rejects(
        checkOpenPositions(config, lent, own),
        /2N1P0A needs strategy\.shortSpot: borrow and a pair with USDC sold at bybit.* keep it until .* closed; .* pause/,
      );
    }
    await checkOpenPositions({ ...demo, strategy: { ...demo.strategy, shortSpot: 'borrow' } }, lent, own);
    await assert.rejects(
      checkOpenPositions({ ...without, mode: 'paper' }, ledger(row()), own),
      /2N1P0A needs the pair USDC\/USDT@bybit~USDC\/USDT:USDT@binance, which is not configured: keep it/,
    );
  });

  test("of other books are another service's in a shared ledger, where nothing starts, and ours in a home's own", async () => {
    const other = row({ book: 'other' });
    const words =
      /open positions of the book other, and this is the book default; .* DATABASE_URL of its own, .* book: other; nothing was started/;
    await assert.rejects(checkOpenPositions(demo, ledger(other), { isShared: true }), {
      name: 'Refused',
      message: words,
    });
    await checkOpenPositions(demo, ledger(row()), { isShared: true });
    await checkOpenPositions(demo, ledger(other), own);
    await assert.rejects(checkOpenPositions(majors, ledger(other), own), /not configured/);
  });
});

const errorSchema = z.object({ error: z.object({ message: z.string() }) });

function basis(...args: string[]): Promise<{ code: unknown; message: string }> {
  const { TEMPORAL_ADDRESS: _address, DATABASE_URL: _database, BASIS_ENDPOINTS: _endpoints, ...env } = process.env;
  return new Promise((done) => {
    execFile(process.execPath, ['src/cli/main.ts', ...args, '--json'], { env }, (error, stdout) =>
      done({ code: error?.code, message: errorSchema.parse(JSON.parse(stdout)).error.message }),
    );
  });
}
