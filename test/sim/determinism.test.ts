/** The same seed and script on a virtual clock: the same journal and the same replies, to the byte. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Exchange as Client } from 'ccxt';
import { seededRandom } from '../../src/sim/faults/faults.ts';
import type { NewFault } from '../../src/sim/faults/fault-rule.ts';
import { isObject } from '../../src/sim/json.ts';
import { venueNames } from '../../src/sim/protocols/registry.ts';
import type { InProcess } from './support/in-process.ts';
import { startInProcess } from './support/in-process.ts';
import { inProcessClient, wanderingTape } from './support/in-process-client.ts';
import { parseTransactions } from './support/json.ts';
import { requestSource } from './support/signed-requests.ts';

const steps = 700;
/** Of every kind that hits requests, rare enough that most of the script runs. */
const kinds: readonly NewFault[] = [
  { kind: 'delay', delayMs: 700 },
  { kind: 'drop_before' },
  { kind: 'drop_after' },
  { kind: 'late', delayMs: 2500 },
  { kind: 'late', delayMs: 9000 },
  { kind: 'reset' },
  { kind: 'stall', delayMs: 300 },
  { kind: 'http_5xx', execute: true },
  { kind: 'truncated_200' },
  { kind: 'rate_limited' },
  { kind: 'reject', reason: 'insufficient_balance' },
  { kind: 'partial_fill', fraction: '0.4' },
  { kind: 'visibility_lag', delayMs: 4000 },
];
const faults = kinds.map((fault): NewFault => ({ ...fault, probability: 0.02, count: null }));

interface Run {
  readonly simulated: InProcess;
  readonly mistakes: readonly unknown[];
}

async function run(seed: number): Promise<Run> {
  const mistakes: unknown[] = [];
  const simulated = startInProcess({
    venues: venueNames,
    tapeLines: wanderingTape(venueNames),
    seed,
    log: (level, message, fields) => void (level === 'error' && mistakes.push({ message, ...fields })),
  });
  const clients = venueNames.map((venue, index) =>
    inProcessClient(simulated, venue, simulated.credentials[index]?.[0] ?? {}),
  );
  for (const [index, venue] of venueNames.entries()) {
    await callEverything(simulated, venue, simulated.credentials[index]?.[0] ?? {});
  }
  for (const client of clients) await client.loadMarkets();
  for (const fault of faults) simulated.faults.add(fault);
  const random = seededRandom(seed);
  const pick = <T>(values: readonly T[]): T => {
    const value = values[Math.floor(random() * values.length)];
    assert.ok(value !== undefined);
    return value;
  };
  for (let step = 0; step < steps; step += 1) {
    const client = pick(clients);
    await attempt(operation(client, pick, step));
    await simulated.pass(pick([0, 50, 400, 5000, 900_000]));
  }
  return { simulated, mistakes };
}

/** Each endpoint that ccxt knows, once, without parameters: also those that make keys and tokens. */
async function callEverything(simulated: InProcess, venue: string, keys: object): Promise<void> {
  const source = requestSource(venue, keys, () => simulated.wallMs());
  for (const endpoint of source.endpoints) {
    const signed = source.sign(endpoint, {});
    if (signed === null) continue;
    const [path = '', rawQuery = ''] = signed.target.split('?');
    const headers = Object.fromEntries(new Headers(signed.headers));
    await simulated.request(venue, {
      method: signed.method,
      path,
      rawQuery,
      headers,
      body: signed.body ?? '',
      remoteAddress: '127.0.0.1',
    });
    await simulated.pass(400);
  }
}

/** One call of ccxt that the seed chooses. */
function operation(client: Client, pick: <T>(values: readonly T[]) => T, step: number): () => Promise<unknown> {
  const symbol = pick(Object.values(client.markets ?? {}).flatMap((market) => market?.symbol ?? []));
  const side = pick(['buy', 'sell']);
  const price = pick([0.9985, 0.9993, 0.9999, 1.0001, 1.0008, 1.0015]);
  const amount = pick([20, 150, 2600]);
  const terms = pick([{}, {}, { timeInForce: 'IOC' }, { timeInForce: 'PO', postOnly: true }]);
  // Named in both ways, so that ccxt makes up no id of its own.
  const named = { clientOrderId: `step${step}`, client_order_id: `step${step}` };
  const place = (): Promise<unknown> =>
    client.createOrder(symbol, 'limit', side, amount, price, { ...terms, ...named });
  return pick<() => Promise<unknown>>([
    place,
    place,
    place,
    place,
    () =>
      client.createOrder(symbol, 'market', side, 30, undefined, { createMarketBuyOrderRequiresPrice: false, ...named }),
    async () => {
      const open = await client.fetchOpenOrders(symbol);
      return client.cancelOrder(open[0]?.id ?? 'none', symbol);
    },
    () => client.fetchMyTrades(symbol),
    () => client.fetchClosedOrders(symbol),
    () => client.fetchBalance(),
    () => client.fetchPositions([symbol]),
    () => client.fetchOrderBook(symbol),
    () => client.fetchTicker(symbol),
    () => client.fetchTrades(symbol),
    () => client.fetchFundingRateHistory(symbol),
  ]);
}

/** What a client makes of an answer is not what is compared. */
async function attempt(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
  }
}

describe('determinism', () => {
  it('gives the same journal and the same replies for the same seed, and others for another', async () => {
    const [first, second, other] = [await run(11), await run(11), await run(12)];
    const { lines, replies } = first.simulated;
    assert.deepEqual(first.mistakes, []);
    assert.deepEqual(second.simulated.lines, lines);
    assert.deepEqual(second.simulated.replies, replies);
    assert.notDeepEqual(other.simulated.lines, lines);
    assert.notDeepEqual(other.simulated.replies, replies);

    // The script did something everywhere: orders of each venue were filled.
    const filled = new Set(
      parseTransactions(lines)
        .filter(({ events }) => events.some(({ kind }) => kind === 'order_filled'))
        .map(({ venue }) => venue),
    );
    assert.deepEqual([...filled].toSorted(), venueNames.toSorted());
    const hit = first.simulated.faults.list().filter((rule) => isObject(rule) && Number(rule['hits']) > 0);
    assert.equal(hit.length, faults.length);
  });
});
