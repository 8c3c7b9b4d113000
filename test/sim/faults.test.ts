/** Each fault of the control API, as a client sees it, and what the exchange has done meanwhile. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { DDoSProtection, InsufficientFunds, RateLimitExceeded } from 'ccxt';
import { createFaults, matchesPath } from '../../src/sim/faults/faults.ts';
import type { Log } from '../../src/sim/log.ts';
import { row, rows } from './support/json.ts';
import type { Client, RunningSimulator } from './support/simulator.ts';
import { closers, connectClient, startTestSimulator, symbols } from './support/simulator.ts';

const paths = { bybit: '/v5/order/create', binanceusdm: '/fapi/v1/order' } as const;

for (const venue of ['bybit', 'binanceusdm'] as const) {
  describe(`faults on ${venue}`, () => {
    const suite = closers();
    let simulator: RunningSimulator;
    let client: Client;
    let sent = 0;
    before(async () => {
      simulator = await startTestSimulator(suite);
      client = connectClient(suite, simulator.address(venue), venue);
      await client.loadMarkets();
      await client.createOrder(symbols[venue], 'limit', 'buy', 10, 0.9, { clientOrderId: 'warm-up' });
    });
    after(() => suite.closeAll());
    beforeEach(() => simulator.control('DELETE', '/faults'));

    const add = (fault: Record<string, unknown>): Promise<unknown> =>
      simulator.control('POST', '/faults', { venue, method: 'POST', path: paths[venue], ...fault });
    const nextId = (): string => `faulty-${(sent += 1)}`;
    const submit = (clientOrderId: string): Promise<unknown> =>
      client.createOrder(symbols[venue], 'limit', 'buy', 10, 0.9, { clientOrderId });
    const exists = async (clientOrderId: string): Promise<boolean> => {
      const orders = rows(await simulator.control('GET', `/venues/${venue}/orders`));
      return orders.some((order) => order['clientOrderId'] === clientOrderId);
    };
    const appears = async (clientOrderId: string): Promise<void> => {
      while (!(await exists(clientOrderId))) await new Promise((resolve) => setTimeout(resolve, 10));
    };

    it('drop_before: the caller fails and nothing was executed; the count ends it', async () => {
      await add({ kind: 'drop_before' });
      const id = nextId();
      await assert.rejects(submit(id));
      assert.equal(await exists(id), false);
      await submit(id);
      assert.equal(await exists(id), true);
    });

    it('drop_after: the caller fails, the order exists', async () => {
      await add({ kind: 'drop_after' });
      const id = nextId();
      await assert.rejects(submit(id));
      assert.equal(await exists(id), true);
    });

    it('reset: the reply breaks off in its middle, the order exists', async () => {
      await add({ kind: 'reset' });
      const id = nextId();
      await assert.rejects(submit(id));
      assert.equal(await exists(id), true);
    });

    it('delay: executed and answered, later', async () => {
      await add({ kind: 'delay', delayMs: 30 });
      const id = nextId();
      await submit(id);
      assert.equal(await exists(id), true);
    });

    it('late: the caller fails at once, the order appears afterwards', async () => {
      await add({ kind: 'late', delayMs: 50 });
      const id = nextId();
      await assert.rejects(submit(id));
      await appears(id);
    });

    it('late beyond the receive window: refused by expiry, unless the fault ignores it', async () => {
      const old = connectClient(suite, simulator.address(venue), venue);
      old.nonce = () => Date.now() - 20_000;
      await add({ kind: 'late', delayMs: 0 });
      await add({ kind: 'late', delayMs: 0, ignoreExpiry: true });
      const [refused, accepted] = [nextId(), nextId()];
      // The account endpoints that bybit's client asks first are not hit: only the create call is faulty.
      Object.assign(old.options, { enableUnifiedMargin: false, enableUnifiedAccount: true });
      old.setMarkets(client.markets);
      const create = (clientOrderId: string): Promise<unknown> =>
        old.createOrder(symbols[venue], 'limit', 'buy', 10, 0.9, { clientOrderId });
      await assert.rejects(create(refused));
      await assert.rejects(create(accepted));
      await appears(accepted);
      assert.equal(await exists(refused), false);
    });

    it('http_5xx: no envelope; executed only when asked to', async () => {
      await add({ kind: 'http_5xx', status: 502 });
      await add({ kind: 'http_5xx', status: 503, execute: true });
      const [not, but] = [nextId(), nextId()];
      await assert.rejects(submit(not));
      await assert.rejects(submit(but));
      assert.deepEqual([await exists(not), await exists(but)], [false, true]);
    });

    it('rate_limited: the venue says so in its own way, and nothing was executed', async () => {
      await add({ kind: 'rate_limited', retryAfterMs: 2500 });
      const id = nextId();
      await assert.rejects(
        submit(id),
        (error) => error instanceof RateLimitExceeded || error instanceof DDoSProtection,
      );
      assert.equal(await exists(id), false);
    });

    it('reject: a refusal of the chosen kind', async () => {
      await add({ kind: 'reject', reason: 'insufficient_balance' });
      const id = nextId();
      await assert.rejects(submit(id), InsufficientFunds);
      assert.equal(await exists(id), false);
    });

    it('partial_fill: a part of the order, although the book holds more', async () => {
      await add({ kind: 'partial_fill', fraction: '0.4' });
      const clientOrderId = nextId();
      const params = { clientOrderId, timeInForce: 'IOC' };
      await client.createOrder(symbols[venue], 'limit', 'buy', 10, 1.1, params);
      const orders = rows(await simulator.control('GET', `/venues/${venue}/orders`));
      const order = orders.find((candidate) => candidate['clientOrderId'] === clientOrderId);
      assert.deepEqual([order?.['filledBase'], order?.['status']], ['4', 'expired']);
    });

    it('visibility_lag: the order stands, and queries show it later', async () => {
      const listed = async (id: string): Promise<boolean> =>
        (await client.fetchOpenOrders(symbols[venue])).some((order) => order.clientOrderId === id);
      await add({ kind: 'visibility_lag', delayMs: 600_000 });
      const hidden = nextId();
      await submit(hidden);
      assert.deepEqual([await exists(hidden), await listed(hidden)], [true, false]);
      await add({ kind: 'visibility_lag', delayMs: 30 });
      const late = nextId();
      await submit(late);
      while (!(await listed(late)));
      assert.equal(await listed(hidden), false);
    });

    it('venue_down: every request fails until the fault is cleared', async () => {
      await simulator.control('POST', '/faults', { venue, kind: 'venue_down' });
      await assert.rejects(client.fetchTime());
      await assert.rejects(submit(nextId()));
      await simulator.control('DELETE', '/faults');
      assert.ok(await client.fetchTime());
    });
  });
}

describe('the control API', () => {
  it('refuses what it does not know, naming it', async (t) => {
    const simulator = await startTestSimulator(t);
    const control = simulator.control;
    await assert.rejects(control('POST', '/faults', { kind: 'nonsense' }), /kind: must be one of delay/);
    await assert.rejects(control('POST', '/faults', { kind: 'delay', delay: 5 }), /delay: unknown/);
    await assert.rejects(control('POST', '/faults', { kind: 'drop_after', venue: 'nope' }), /no venue nope/);
    await assert.rejects(control('GET', '/nothing'), /no such endpoint/);
    await assert.rejects(control('GET', '/venues/bybit/nothing'), /known: orders, trades/);
  });

  it('sets prices and depth, stops the tape, and moves balances', async (t) => {
    const simulator = await startTestSimulator(t);
    const control = simulator.control;
    await control('POST', '/tape/stop');
    await control('POST', '/venues/bybit/prices', { symbol: 'USDC/USDT', centre: '0.9' });
    simulator.passMarket(3_600_000);
    const [byModel] = rows(await control('GET', '/venues/bybit/prices'));
    assert.ok(Array.isArray(byModel?.['bids']));
    assert.deepEqual(byModel['bids'][0], ['0.89995', '50000']);
    const levels = { centre: '0.95', bids: [['0.94', '5']], asks: [['0.96', '6']] };
    await control('POST', '/venues/bybit/prices', { symbol: 'USDC/USDT', ...levels });
    const [given] = rows(await control('GET', '/venues/bybit/prices'));
    assert.deepEqual(given, { symbol: 'USDC/USDT', ...levels });
    await control('POST', '/venues/bybit/balances', { account: 'main', currency: 'USDT', amount: '-0.5' });
    const balances = rows(await control('GET', '/venues/bybit/balances'));
    assert.equal(balances.find(({ currency }) => currency === 'USDT')?.['total'], '99999.5');
  });
});

describe('fault rules', () => {
  it('are checked: each mistake is named', async (t) => {
    const { control } = await startTestSimulator(t);
    const refusals: readonly [Record<string, unknown>, RegExp][] = [
      [{ kind: 'late' }, /delayMs: is needed for late/],
      [{ kind: 'delay', delayMs: -1 }, /delayMs: must be a whole number from 0/],
      [{ kind: 'delay', delayMs: 1.5 }, /delayMs: must be a whole number/],
      [{ kind: 'http_4xx', status: 503 }, /status: must be a whole number from 400 to 499/],
      [{ kind: 'http_5xx', body: 'page' }, /body: must be one of/],
      [{ kind: 'http_5xx', execute: 'yes' }, /execute: must be true or false/],
      [{ kind: 'empty_200', body: '[]' }, /body: must be one of/],
      [{ kind: 'reset', probability: 1.1 }, /probability: must be a number from 0 to 1/],
      [{ kind: 'reset', count: 0 }, /count: must be from 1, or null/],
      [{ kind: 'reset', execute: true }, /execute: unknown for reset; known: venue, method/],
      [{ kind: 'reject' }, /reason: is needed for reject/],
      [{ kind: 'reject', reason: '__proto__' }, /reason: must be one of/],
      [{ kind: 'partial_fill', fraction: 0.4 }, /fraction: must be a decimal in quotes/],
      [{ kind: 'partial_fill', fraction: '1.1' }, /fraction: must be a decimal/],
      [{ kind: 'clock_skew' }, /skewMs: is needed for clock_skew/],
      [{ kind: 'venue_down', path: '/v5/*' }, /path: unknown for venue_down; known: venue/],
      [{ kind: 'ws_gap', method: 'GET' }, /method: must be one of \[\\"WS\\"\]/],
    ];
    for (const [fault, message] of refusals) await assert.rejects(control('POST', '/faults', fault), message);
    assert.deepEqual(await control('GET', '/faults'), []);
  });

  it('count what they hit, and stay listed when they are used up', async (t) => {
    const logged: unknown[] = [];
    const log: Log = (_level, message, fields) => void (message === 'fault' && logged.push(fields));
    const simulator = await startTestSimulator(t, { log });
    const { rest } = simulator.address('bybit');
    const fault = { kind: 'http_4xx', venue: 'bybit', method: 'GET', path: '/v5/market/*', count: 2, status: 418 };
    const { id } = row(await simulator.control('POST', '/faults', fault));
    const statuses = [];
    for (let request = 0; request < 3; request += 1) statuses.push((await fetch(`${rest}/v5/market/time`)).status);
    assert.deepEqual(statuses, [418, 418, 200]);
    const shown = { id, ...fault, count: 0, probability: 1, body: 'html', execute: false, hits: 2 };
    assert.deepEqual(await simulator.control('GET', '/faults'), [shown]);
    const hit = { venue: 'bybit', method: 'GET', path: '/v5/market/time', fault: 'http_4xx', id };
    assert.deepEqual(logged, [hit, hit]);
    assert.deepEqual(await simulator.control('DELETE', `/faults/${String(id)}`), { removed: 1 });
  });
});

const hits = (seed: number): boolean[] => {
  const faults = createFaults(seed);
  faults.add({ kind: 'delay', probability: 0.3, count: null });
  return Array.from({ length: 200 }, () => faults.take('bybit', 'GET', '/v5/market/time') !== null);
};

describe('random faults', () => {
  it('hit the same requests with the same seed', () => {
    assert.deepEqual(hits(7), hits(7));
    assert.notDeepEqual(hits(7), hits(8));
    const share = hits(7).filter(Boolean).length / 200;
    assert.ok(share > 0.15 && share < 0.45, `${share}`);
  });

  it('do not depend on what no rule matches, nor on what other rules hit', () => {
    const run = (noise: boolean): boolean[] => {
      const faults = createFaults(7);
      faults.add({ kind: 'reset', probability: 0.5, count: null, path: '/other' });
      faults.add({ kind: 'delay', probability: 0.3, count: null, path: '/v5/*' });
      return Array.from({ length: 200 }, (_, index) => {
        if (noise) faults.take('bybit', 'GET', index % 2 === 0 ? '/other' : '/nothing');
        return faults.take('bybit', 'GET', '/v5/market/time') !== null;
      });
    };
    assert.deepEqual(run(true), run(false));
  });

  it('match paths by stars', () => {
    assert.equal(matchesPath('/v5/order/*', '/v5/order/create'), true);
    assert.equal(matchesPath('*order', '/fapi/v1/order'), true);
    assert.equal(matchesPath('/fapi/v1/order', '/fapi/v1/orders'), false);
    assert.equal(matchesPath('/v5.order', '/v5/order'), false);
  });
});
