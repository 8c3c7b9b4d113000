/**
 * SIGKILL of everything between the sale of borrowed coins and its hedge: the debt is hedged or paid back, nothing is sold
 * twice, and the books agree.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { z } from 'zod';
import { liveStatuses } from '../../src/domain/position.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import { readStackAddresses } from '../../src/stack/home/stack-file.ts';
import { eventually } from '../support/trading-service.ts';
import { serviceHome, type ServiceProcess } from '../support/service-process.ts';

const home = serviceHome();
after(() => home.remove());

const ordersSchema = z.array(z.object({ clientOrderId: z.string(), side: z.string(), borrow: z.boolean() }));
const balancesSchema = z.array(z.object({ currency: z.string(), total: z.string() }));
const summarySchema = z.object({ oneLegged: z.number(), ledgerMatchesVenue: z.boolean() });

test('a sale of borrowed coins survives the death of the whole stack before its hedge is known', async () => {
  const config = join(home.dir, 'on-loan.yaml');
  const demo = readFileSync('config/demo.yaml', 'utf8');
  const onLoan = demo
    .replace('shortSpot: inventory', 'shortSpot: borrow')
    .replace('{ USDT: 50000, USDC: 50000 }', '{ USDT: 50000 }');
  writeFileSync(config, onLoan);

  const first = home.start('--control', '--config', config, '--port-base', '17340');
  const control = await controlUrl(first);
  const fault = { kind: 'delay', venue: 'binanceusdm', method: 'POST', path: '/fapi/v1/order', delayMs: 5_000 };
  const response = await fetch(`${control}/faults`, { method: 'POST', body: JSON.stringify(fault) });
  assert.ok(response.ok);
  await eventually(
    async () => (await owed(control)).startsWith('-'),
    () => 'nothing was sold',
    120_000,
  );
  const everything = [first.pid, ...Object.values(home.children())];
  for (const pid of everything) process.kill(pid, 'SIGKILL');
  await first.end();

  const second = home.start('--control', '--config', config, '--for', '60s', '--json');
  const again = await controlUrl(second);
  const orders = ordersSchema.parse(await read(again, 'bybit/orders'));
  const ids = orders.map(({ clientOrderId }) => clientOrderId);
  assert.equal(new Set(ids).size, ids.length, 'a client order id stands for one venue order');
  assert.ok(orders.some(({ side, borrow }) => side === 'sell' && borrow));
  assert.ok(
    orders.every(({ side, borrow }) => borrow === (side === 'sell')),
    'only sales borrow',
  );
  await nothingUnderWay();
  process.kill(second.pid, 'SIGINT');

  const { code, lastLine } = await second.end();
  assert.equal(code, 0, second.lines().slice(-30).join('\n'));
  const { oneLegged, ledgerMatchesVenue } = summarySchema.parse(JSON.parse(lastLine));
  assert.deepEqual(
    { oneLegged, ledgerMatchesVenue },
    { oneLegged: 0, ledgerMatchesVenue: true },
    second.lines().slice(-60).join('\n'),
  );
});

/** Until every position is whole, or has ended. */
async function nothingUnderWay(): Promise<void> {
  const { databaseUrl } = readStackAddresses(home.dir) ?? assert.fail('no addresses');
  const ledger = createPostgresLedger({ databaseUrl, log: { warn: () => undefined } });
  const statuses = liveStatuses.filter((status) => status !== 'hedged');
  try {
    await eventually(
      async () => (await ledger.positions({ statuses })).length === 0,
      () => 'a position is still under way',
    );
  } finally {
    await ledger.close();
  }
}

async function owed(control: string): Promise<string> {
  const balances = balancesSchema.parse(await read(control, 'bybit/balances'));
  return balances.find(({ currency }) => currency === 'USDC')?.total ?? '0';
}

async function read(control: string, path: string): Promise<unknown> {
  return (await fetch(`${control}/venues/${path}`)).json();
}

async function controlUrl(service: ServiceProcess): Promise<string> {
  const line = await service.line(/^control +http/);
  return line.replace(/^control +/, '').trim();
}
