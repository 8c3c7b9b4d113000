/**
 * Paper trading as a user runs it, with local servers in the place of the real exchanges: a second set of simulated
 * exchanges plays their public side. What they show is traded at the paper exchanges, and at these alone.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { readJson } from '../../src/stack/home/json-file.ts';
import { createMarketData } from '../../src/venues/markets/market-data.ts';
import { serviceHome, type ServiceProcess } from '../support/service-process.ts';
import { startSim, type RunningSim } from '../support/start-sim.ts';
import { eventually } from '../support/trading-service.ts';

const [spot, perp] = ['USDC/USDT', 'USDC/USDT:USDT'];
const ordersSchema = z.array(z.object({ clientOrderId: z.string() }));
const summarySchema = z.object({ opened: z.number(), oneLegged: z.number(), ledgerMatchesVenue: z.boolean() });
const endpointsSchema = z.record(z.string(), z.object({ rest: z.string(), ws: z.string() }));

const home = serviceHome();
let real: RunningSim;

before(async () => {
  const anchor = { wallMs: Date.now(), marketMs: Date.now(), scale: 1, tapeEndMs: null };
  const funding = { kind: 'constant', rate: '0.00002', intervalHours: 4 };
  const venues = { bybit: { rateLimits: false }, binanceusdm: { rateLimits: false, funding } };
  real = await startSim({ config: { venues }, anchor });
  const addresses = join(home.dir, 'real-exchanges.json');
  writeFileSync(addresses, JSON.stringify(real.venues));
  process.env['BASIS_MARKET_ENDPOINTS'] = addresses;
});
after(async () => {
  await home.remove();
  await real.stop();
});

async function control(address: string | null, method: string, path: string, body?: object): Promise<unknown> {
  assert.ok(address !== null);
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(`${address}${path}`, init);
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.json();
}

/** Of the real market: centres that are the middle of one tick's spread. */
async function setReal(spotCentre: string, perpCentre: string): Promise<void> {
  await control(real.control, 'POST', '/venues/bybit/prices', { symbol: spot, centre: spotCentre });
  await control(real.control, 'POST', '/venues/binanceusdm/prices', { symbol: perp, centre: perpCentre });
}

/** Open sockets bring nothing, and no request is answered. */
async function silence(): Promise<void> {
  await control(real.control, 'POST', '/faults', { kind: 'ws_silent' });
  await control(real.control, 'POST', '/faults', { kind: 'drop_before', count: null });
}

/** The project's paper configuration, at fees and thresholds at which 30 bps are an opportunity. */
function paperConfig(): string {
  const yaml = readFileSync('config/paper.yaml', 'utf8')
    .replace(/fees: .*/g, 'fees: { takerBps: 0.5, makerBps: 0.5 }')
    .replace('minNetApyPct: 15', 'minNetApyPct: off\n  reentryCooldownHours: 0')
    .replace('entryBps: 20', 'entryBps: 10');
  const file = join(home.dir, 'paper.yaml');
  writeFileSync(file, yaml);
  return file;
}

async function ordersAt(address: string | null): Promise<number> {
  const lists = await Promise.all(
    ['bybit', 'binanceusdm'].map(async (venue) =>
      ordersSchema.parse(await control(address, 'GET', `/venues/${venue}/orders`)),
    ),
  );
  return lists.flat().length;
}

function paperMarket() {
  const endpoints = endpointsSchema.parse(readJson(join(home.dir, 'endpoints.json')));
  const log = { info: () => undefined, warn: () => undefined };
  return createMarketData({ endpoints, clock: { nowMs: () => Date.now() }, log });
}

async function controlUrl(service: ServiceProcess): Promise<string> {
  return (await service.line(/^control +http/)).replace(/^control +/, '').trim();
}

/** Positions that were told of. A quick one is hedged before anybody looks at it as opening. */
function positionsSeen(service: ServiceProcess): number {
  const keys = service.lines().flatMap((line) => /([0-9A-Z]{6}) {2}(?:opening|hedged) /.exec(line)?.[1] ?? []);
  return new Set(keys).size;
}

test('real prices are traded with simulated money, and not while the real exchanges are silent', async (t) => {
  await setReal('0.99895', '1.0019505');
  let hasEnded = false;
  const service = home.start('--config', paperConfig(), '--control', '--json', '--port-base', '17260');
  // Whatever fails: a home in use cannot be removed.
  t.after(async () => {
    if (!hasEnded) process.kill(service.pid, 'SIGTERM');
    await service.end();
  });
  const paper = await controlUrl(service);

  await service.line(/ hedged /);
  const market = paperMarket();
  t.after(() => market.close());
  const [bookOfSpot, bookOfPerp, shown] = await Promise.all([
    market.orderBook('bybit', spot),
    market.orderBook('binanceusdm', perp),
    market.perpetual('binanceusdm', perp),
  ]);
  // One tick of 0.0001 around 0.99895, and of 0.000001 around 1.0019505.
  assert.deepEqual([bookOfSpot.bids[0]?.price, bookOfSpot.asks[0]?.price], ['0.9989', '0.999']);
  assert.deepEqual([bookOfPerp.bids[0]?.price, bookOfPerp.asks[0]?.price], ['1.00195', '1.001951']);
  assert.deepEqual([shown.funding.rate, shown.funding.intervalHours], ['0.00002', 4]);
  assert.equal(shown.markPrice, '1.0019505');

  const feed = home.children()['worker-feed'] ?? assert.fail('no feed');
  process.kill(feed, 'SIGKILL');
  await setReal('0.99895', '0.9990005');
  await service.line(/ closed .*convergence/);
  assert.notEqual(home.children()['worker-feed'], feed, 'it was started again');

  await silence();
  await setReal('0.99895', '1.0019505');
  await eventually(
    async () =>
      (await Promise.allSettled([market.orderBook('bybit', spot)])).every(({ status }) => status === 'rejected'),
    () => 'the paper exchange still shows an order book of a market that is silent',
  );
  const before = await ordersAt(paper);
  const opened = positionsSeen(service);
  await control(real.control, 'DELETE', '/faults');
  await eventually(
    async () => positionsSeen(service) > opened,
    () => service.lines().slice(-30).join('\n'),
    // An opportunity that still stands is reported every half minute, and may just have been.
    120_000,
  );
  assert.deepEqual([before, opened], [4, 1], 'two legs in and two out, and nothing more until the market was seen');

  process.kill(service.pid, 'SIGTERM');
  const { code, lastLine } = await service.end();
  hasEnded = true;
  assert.equal(code, 0, service.lines().slice(-30).join('\n'));
  const { oneLegged, ledgerMatchesVenue } = summarySchema.parse(JSON.parse(lastLine));
  assert.deepEqual([oneLegged, ledgerMatchesVenue], [0, true], lastLine);
  assert.equal(await ordersAt(real.control), 0, 'no order went to the real exchanges');
});
