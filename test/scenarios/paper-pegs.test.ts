/**
 * In paper mode pegs are read at the real exchanges, played here by a second set of simulated ones, and not at those that
 * the orders go to: what these show of USDT says nothing.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import type { EdgeCheck } from '../../activities/market.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { PositionPlan } from '../../src/domain/position.ts';
import type { MarketData } from '../../src/ports/venue.ts';
import { buildLedger, buildMarketData, marketActivities, type Surroundings } from '../../workers/wiring.ts';
import { examplePlan } from '../support/plans.ts';
import { startSim, type RunningSim } from '../support/start-sim.ts';

const references = ['kraken', 'coinbase'];
const [spot, perp] = ['BTC/USDT', 'BTC/USDT:USDT'];
const config = parseConfig(`
mode: paper
accounts:
  bybit: { venue: bybit, fees: { takerBps: 10, makerBps: 10 }, startingBalances: { USDT: 50000 } }
pairs:
  - asset: BTC
    allowSameVenue: true
    spot: { account: bybit, symbol: ${spot} }
    perp: { account: bybit, symbol: "${perp}" }
sizing: { bootstrapUsd: 10000 }
strategy:
  depeg: { references: [${references.map((venue) => `{ venue: ${venue}, symbol: USDT/USD }`).join(', ')}] }
`);

let paper: RunningSim;
let real: RunningSim;
before(async () => {
  const anchor = { wallMs: Date.now(), marketMs: Date.now(), scale: 1, tapeEndMs: null };
  const quick = { rateLimits: false };
  const venues = { kraken: quick, coinbase: quick };
  [paper, real] = await Promise.all([
    startSim({ config: { tape: null, venues: { ...venues, bybit: { ...quick, instruments: [spot, perp] } } }, anchor }),
    startSim({ config: { tape: null, venues }, anchor }),
  ]);
});
after(() => Promise.all([paper.stop(), real.stop()]));

async function control(sim: RunningSim, method: string, path: string, body?: object): Promise<void> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(`${sim.control}${path}`, init);
  assert.ok(response.ok, await response.text());
}

function setPrice(sim: RunningSim, venue: string, symbol: string, centre: string): Promise<void> {
  return control(sim, 'POST', `/venues/${venue}/prices`, { symbol, centre });
}

async function setTether(sim: RunningSim, centre: string): Promise<void> {
  await Promise.all(references.map((venue) => setPrice(sim, venue, 'USDT/USD', centre)));
}

/** A tenth of a bitcoin, at whatever gap there is. */
async function planAt(market: MarketData): Promise<PositionPlan> {
  const [first, second] = await market.instruments('bybit', [spot, perp]);
  assert.ok(first && second);
  const legs = examplePlan();
  return examplePlan({
    asset: 'BTC',
    spot: { ...legs.spot, account: 'bybit', instrument: first },
    perp: { ...legs.perp, account: 'bybit', instrument: second },
    quantityBase: '0.1',
    minimumEntryBps: '-1000',
  });
}

function addresses(sim: RunningSim, name: string): string {
  const file = join(paper.homeDir, name);
  writeFileSync(file, JSON.stringify(sim.venues));
  return file;
}

test('an opening depends on what USDT is worth at the real exchanges', async (t) => {
  const stopping = new AbortController();
  const surroundings: Surroundings = {
    config,
    homeDir: null,
    env: {
      BASIS_ENDPOINTS: addresses(paper, 'paper.json'),
      BASIS_MARKET_ENDPOINTS: addresses(real, 'real.json'),
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/unused',
    },
    log: pino({ level: 'silent' }),
    stopping: stopping.signal,
    isLive: false,
  };
  const ledger = buildLedger(surroundings);
  const market = await buildMarketData(surroundings);
  t.after(async () => {
    stopping.abort();
    await market.close();
    await ledger.close();
  });
  for (const symbol of [spot, perp]) await setPrice(paper, 'bybit', symbol, '60000');
  const plan = await planAt(market);
  /** By a watch that has seen nothing yet. */
  const edge = async (): Promise<EdgeCheck> => (await marketActivities(surroundings, ledger, market)).checkEdge(plan);

  await Promise.all([setTether(real, '0.9800'), setTether(paper, '1.0000')]);
  const broken = await edge();
  assert.ok(broken.kind === 'gone', 'the paper exchanges alone hold the peg');
  assert.match(broken.reason, /^depeg: USDT at 0\.9800 USD/);

  await Promise.all([setTether(real, '1.0000'), setTether(paper, '0.9800')]);
  assert.deepEqual(await edge(), { kind: 'holds' });

  await control(real, 'POST', '/faults', { kind: 'http_5xx', venue: 'coinbase', path: '*book*', count: null });
  const unknown = await edge();
  assert.ok(unknown.kind === 'gone', 'one reference is not enough, and the paper exchange is none');
  assert.match(unknown.reason, /the peg is unknown, USDT: kraken shows its USD price; two venues are needed/);
});
