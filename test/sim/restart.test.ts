/** The real process: killed in the middle of orders and started again on the same home. */
import assert from 'node:assert/strict';
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Ready } from '../../src/sim/simulator.ts';
import type { Row } from './support/json.ts';
import { parseReady, row, rows } from './support/json.ts';
import { connectClient } from './support/simulator.ts';

type Child = ChildProcessByStdio<null, Readable, Readable>;

const entry = fileURLToPath(new URL('../../src/sim/main.ts', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'sim-restart-'));
const children = new Set<Child>();

after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

interface Running {
  readonly ready: Ready;
  end(signal: NodeJS.Signals): Promise<number | null>;
}

function launch(args: readonly string[]): Child {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  child.stderr.resume();
  return child;
}

async function start(...args: string[]): Promise<Running> {
  const child = launch(['--home', home, '--control', '--json', ...args]);
  const [line]: unknown[] = await once(createInterface(child.stdout), 'line');
  return {
    ready: parseReady(String(line)),
    async end(signal) {
      const ended = exitCode(child, 'exit');
      child.kill(signal);
      return ended;
    },
  };
}

/** Everything but the depth of the order books, which a restart refills. */
async function state(running: Running, venue: string): Promise<Row> {
  const response = await fetch(`${running.ready.control}/venues/${venue}`);
  return { ...row(await response.json()), prices: [] };
}

/** Null after a signal. */
async function exitCode(child: Child, event: 'exit' | 'close'): Promise<number | null> {
  const [code]: unknown[] = await once(child, event);
  return typeof code === 'number' ? code : null;
}

async function marketMs(running: Running): Promise<number> {
  return Number(row(await (await fetch(`${running.ready.control}/clock`)).json())['marketMs']);
}

describe('the simulated exchanges, killed and started again', () => {
  it('keep every acknowledged order, trade, balance, position, key and id', async (t) => {
    const first = await start('--scale', '1');
    const address = first.ready.venues['binanceusdm'];
    assert.ok(address !== undefined);
    const client = connectClient(t, address, 'binanceusdm');
    await client.loadMarkets();
    const symbol = 'USDC/USDT:USDT';
    await client.createOrder(symbol, 'limit', 'sell', 700, 0.99, { timeInForce: 'IOC', clientOrderId: 'filled' });
    await client.createOrder(symbol, 'limit', 'buy', 100, 0.9, { clientOrderId: 'resting' });
    const acknowledged: string[] = [];
    const flood = Array.from({ length: 40 }, async (_, index) => {
      const id = `flood-${index}`;
      await client.createOrder(symbol, 'limit', 'buy', 10, 0.9, { clientOrderId: id });
      acknowledged.push(id);
    });
    await Promise.any(flood);
    await first.end('SIGKILL');
    await Promise.allSettled(flood);

    const second = await start('--scale', '1');
    assert.deepEqual(second.ready.venues['binanceusdm']?.credentials, address.credentials);
    const restored = await state(second, 'binanceusdm');
    const ids = new Set(rows(restored['orders']).map((order) => order['clientOrderId']));
    for (const id of ['filled', 'resting', ...acknowledged]) assert.ok(ids.has(id), `lost ${id}`);
    assert.deepEqual(
      rows(restored['positions']).map(({ quantityBase }) => quantityBase),
      ['-700'],
    );
    const again = connectClient(t, second.ready.venues['binanceusdm'] ?? address, 'binanceusdm');
    await again.loadMarkets();
    const next = await again.createOrder(symbol, 'limit', 'buy', 10, 0.9, { clientOrderId: 'next' });
    assert.equal(next.id, String(8_000_000_000 + ids.size + 1));
    const before = await state(second, 'binanceusdm');
    await second.end('SIGKILL');
    const third = await start('--scale', '1');
    assert.deepEqual(await state(third, 'binanceusdm'), before);
    assert.equal(await third.end('SIGTERM'), 0);
    assert.equal(existsSync(join(home, 'sim.lock')), false);
  });

  it('let one process at a time use a home', async () => {
    const first = await start();
    const second = launch(['--home', home]);
    assert.equal(await exitCode(second, 'exit'), 1);
    await first.end('SIGTERM');
  });

  it('stand at the start of the tape until the anchor exists, and then run at its scale', async () => {
    const anchorFile = join(home, 'stack-anchor.json');
    const running = await start('--anchor', anchorFile, '--home', join(home, 'anchored'));
    const startOfTape = running.ready.tape?.startMs ?? 0;
    assert.equal(await marketMs(running), startOfTape);
    const anchor = { wallMs: Date.now() - 1000, marketMs: startOfTape, scale: 3600, tapeEndMs: null };
    writeFileSync(anchorFile, JSON.stringify(anchor));
    while ((await marketMs(running)) === startOfTape) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok((await marketMs(running)) >= startOfTape + 3_600_000);
    await running.end('SIGTERM');
  });
});

async function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
  const code = await exitCode(child, 'close');
  return { code, ...texts };
}

describe('the command line', () => {
  it('names every mistake at once', async () => {
    const { code, stderr } = await run('--nonsense', '--venues', 'bybit,ftx', '--scale', 'fast', 'stray');
    assert.equal(code, 2);
    for (const mistake of [/--nonsense/, /ftx/, /--scale/, /stray/]) assert.match(stderr, mistake);
  });

  it('names every mistake of a configuration file', async () => {
    const file = join(home, 'config.json');
    const venues = { bybit: { port: -1, colour: 'red', accounts: [{ takerFeeBps: 10 }] }, ftx: {} };
    writeFileSync(file, JSON.stringify({ tapes: 'x', venues }));
    const { code, stderr } = await run('--config', file);
    assert.equal(code, 2);
    const mistakes = [
      /^tapes: unknown key/m,
      /port: must be/,
      /colour: unknown/,
      /takerFeeBps: must be/,
      /venues\.ftx/,
    ];
    for (const mistake of mistakes) assert.match(stderr, mistake);
  });

  it('explains itself, with an example', async () => {
    const { code, stdout } = await run('--help');
    assert.equal(code, 0);
    assert.match(stdout, /npm run sim -- --venues bybit,binanceusdm/);
  });

  it('tells a person where it listens and how to point ccxt at it', async () => {
    const child = launch(['--home', join(home, 'readable'), '--venues', 'bybit,kraken']);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    while (!text.includes('Stop with Ctrl-C')) await once(child.stdout, 'data');
    const ended = exitCode(child, 'exit');
    child.kill('SIGINT');
    assert.equal(await ended, 0);
    assert.match(text, /^bybit\n  REST +http:\/\/127\.0\.0\.1:\d+\n  websocket +ws:.*\n  account main  \{"apiKey":/m);
    assert.match(text, /new ccxt\.pro\.bybit/);
    assert.match(text, /^  client = ccxt\.bybit/m);
    assert.match(text, /no prices  USDC\/USD, USDC\/USDT, USDT\/USD: not in the tape/);
  });

  it('takes a feed only without what a tape needs', async () => {
    const { code, stderr } = await run('--feed=70000', '--tape', 'x.csv', '--scale', '60');
    assert.equal(code, 2);
    for (const mistake of [
      /--feed 70000: .* 0 to 65535/,
      /--feed: not together with a tape/,
      /--scale: not together/,
    ]) {
      assert.match(stderr, mistake);
    }
  });

  it('writes the ready line to a file too, readable by its owner alone', async () => {
    const file = join(home, 'ready.json');
    const running = await start('--home', join(home, 'ready'), '--ready-file', file);
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), running.ready);
    await running.end('SIGTERM');
  });
});
