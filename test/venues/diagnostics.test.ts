/** Every simulated exchange tells the doctor the same things in its own way; what it has no word for, it cannot tell. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { Answer, VenueDiagnostics } from '../../src/ports/venue-diagnostics.ts';
import { createVenueDiagnostics } from '../../src/venues/diagnostics.ts';
import type { VenueCredentials } from '../../src/venues/exchange.ts';
import { startSim, type RunningSim } from '../support/services.ts';

interface Subject {
  readonly venue: string;
  readonly symbol: string;
  readonly kinds: readonly string[];
  /** Whole seconds are told, so the clock is known to half of one. */
  readonly seconds?: true;
  /** Of perpetuals. `null`: it cannot tell. */
  readonly leverage?: string | null;
  readonly fees?: null;
  readonly marginMode?: string | null;
  readonly intervalHours?: number;
}

const subjects: readonly Subject[] = [
  { venue: 'binance', symbol: 'USDC/USDT', kinds: ['spot'] },
  {
    venue: 'binanceusdm',
    symbol: 'USDC/USDT:USDT',
    kinds: ['perpetual'],
    leverage: '20',
    marginMode: 'cross',
    intervalHours: 8,
  },
  { venue: 'bybit', symbol: 'USDC/USDT', kinds: ['spot', 'perpetual'] },
  {
    venue: 'bybit',
    symbol: 'USDC/USDT:USDT',
    kinds: ['spot', 'perpetual'],
    leverage: '10',
    marginMode: 'cross',
    intervalHours: 8,
  },
  { venue: 'okx', symbol: 'USDC/USDT', kinds: ['spot', 'perpetual'] },
  {
    venue: 'okx',
    symbol: 'USDC/USDT:USDT',
    kinds: ['spot', 'perpetual'],
    leverage: '3',
    marginMode: null,
    intervalHours: 8,
  },
  { venue: 'kraken', symbol: 'USDC/USD', kinds: ['spot'], seconds: true },
  {
    venue: 'krakenfutures',
    symbol: 'USDC/USD:USD',
    kinds: ['perpetual'],
    fees: null,
    leverage: null,
    marginMode: 'cross',
    intervalHours: 1,
  },
  { venue: 'coinbase', symbol: 'USDT/USD', kinds: ['spot'], seconds: true },
];

const venues = [...new Set(subjects.map(({ venue }) => venue))];
/** Spot 7 and 3, perpetuals 5.5 and -0.5 bps: no exchange's own. */
const fees = { takerFeeBps: '7', makerFeeBps: '3', perpetualTakerFeeBps: '5.5', perpetualMakerFeeBps: '-0.5' };
const perpetualOnly = { takerFeeBps: '5.5', makerFeeBps: '-0.5' };

let sim: RunningSim;
before(async () => {
  const nowMs = Date.now();
  sim = await startSim({
    config: {
      tape: null,
      venues: Object.fromEntries(
        venues.map((venue) => {
          const charged = ['binanceusdm', 'krakenfutures'].includes(venue) ? perpetualOnly : fees;
          return [venue, { accounts: [{ name: 'main', permissions: ['read', 'trade', 'withdraw'], ...charged }] }];
        }),
      ),
    },
    anchor: { wallMs: nowMs, marketMs: nowMs, scale: 1, tapeEndMs: null },
  });
});
after(() => sim.stop());

/** Another port has these keys already: what is tested is the account, not how keys are read. */
function look(venue: string, change: (credentials: VenueCredentials) => VenueCredentials | null = (keys) => keys) {
  const { credentials, ...endpoint } = sim.venues[venue] ?? assert.fail(venue);
  const clock = { nowMs: () => Date.now() };
  return createVenueDiagnostics({ account: 'main', venue, credentials: change(credentials), endpoint, clock });
}

function told<T>(answer: Answer<T>): T {
  assert.equal(answer.kind, 'told', JSON.stringify(answer));
  return answer.kind === 'told' ? answer.value : assert.fail();
}

/** Null where it cannot be told; a failure fails. */
function toldOrNull<T>(answer: Answer<T>): T | null {
  return answer.kind === 'cannot_tell' ? null : told(answer);
}

async function reached(venue: string, change?: Parameters<typeof look>[1]): Promise<VenueDiagnostics> {
  const diagnostics = look(venue, change);
  told(await diagnostics.reach());
  return diagnostics;
}

for (const subject of subjects) {
  const { venue, symbol } = subject;
  const isPerpetual = symbol.includes(':');
  test(`${venue} tells of ${symbol} and of the account`, async () => {
    const diagnostics = await reached(venue);
    try {
      const clock = told(await diagnostics.clock());
      assert.ok(Math.abs(clock.aheadMs) <= clock.inexactMs + 50, JSON.stringify(clock));
      assert.equal(clock.inexactMs >= 500, subject.seconds === true);
      assert.equal(told(await diagnostics.instrument(symbol)).kind, isPerpetual ? 'perpetual' : 'spot');
      const charged = isPerpetual ? { takerBps: '5.5', makerBps: '-0.5' } : { takerBps: '7', makerBps: '3' };
      assert.deepEqual(toldOrNull(await diagnostics.fees(symbol)), subject.fees === null ? null : charged);
      assert.deepEqual(told(await diagnostics.permissions()), { trade: subject.kinds, withdraw: true });
      assert.ok(told(await diagnostics.reading([symbol])).balances.length > 0);
      assert.equal(diagnostics.tellsSpotFeeCoin, venue === 'binance');
      assert.equal(toldOrNull(await diagnostics.spotFeeCoin()), null);
      if (!isPerpetual) return;
      assert.equal(toldOrNull(await diagnostics.leverage(symbol)), subject.leverage);
      assert.equal(toldOrNull(await diagnostics.marginMode(symbol)), subject.marginMode);
      assert.equal(told(await diagnostics.positionMode(symbol)), 'one_way');
      assert.equal(told(await diagnostics.fundingIntervalHours(symbol)), subject.intervalHours);
      assert.equal(toldOrNull(await diagnostics.maintenanceRate(symbol)), venue === 'krakenfutures' ? '0.01' : null);
    } finally {
      await diagnostics.close();
    }
  });
}

describe('keys', () => {
  /** Well-formed, and nobody's. */
  const wrong = (credentials: VenueCredentials): VenueCredentials => {
    const { apiKey = '' } = credentials;
    const last = apiKey.at(-1) === 'a' ? 'b' : 'a';
    return { ...credentials, apiKey: `${apiKey.slice(0, -1)}${last}` };
  };

  for (const venue of venues) {
    test(`${venue}: a wrong key is unauthorised, repeats nothing of it, and leaves what is public`, async () => {
      let given: VenueCredentials = {};
      const diagnostics = await reached(venue, (credentials) => (given = wrong(credentials)));
      const { symbol } = subjects.find((subject) => subject.venue === venue) ?? assert.fail();
      try {
        const answers = await Promise.all([diagnostics.reading([symbol]), diagnostics.permissions()]);
        for (const answer of answers) {
          assert.equal(answer.kind, 'failed');
          assert.ok(answer.kind === 'failed' && answer.error === 'unauthorised', JSON.stringify(answer));
          for (const secret of Object.values(given)) assert.ok(!answer.message.includes(secret), answer.message);
        }
        assert.equal((await diagnostics.instrument(symbol)).kind, 'told');
      } finally {
        await diagnostics.close();
      }
    });

    test(`${venue}: without keys only what needs them fails`, async () => {
      const diagnostics = await reached(venue, () => null);
      const { symbol } = subjects.find((subject) => subject.venue === venue) ?? assert.fail();
      try {
        assert.equal((await diagnostics.clock()).kind, 'told');
        const answer = await diagnostics.fees(symbol);
        assert.deepEqual(answer, {
          kind: 'failed',
          error: 'unauthorised',
          message: 'the keys of account main are missing',
        });
      } finally {
        await diagnostics.close();
      }
    });
  }
});

describe('testnets', () => {
  /** Hosts that a market list is asked from; nothing leaves this machine, as the name resolves to us. */
  async function hostsAsked(venue: string): Promise<string[]> {
    const hosts: string[] = [];
    const server = createServer((request, response) => {
      hosts.push(String(request.headers['x-sim-host']));
      response.writeHead(503).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    const rest = typeof bound === 'object' && bound !== null ? `http://127.0.0.1:${bound.port}` : assert.fail();
    const clock = { nowMs: () => Date.now() };
    const endpoint = { rest, ws: rest };
    const settings = { account: 'main', venue, credentials: null, endpoint, clock, sandbox: true };
    try {
      const diagnostics = createVenueDiagnostics(settings);
      assert.equal((await diagnostics.reach()).kind, 'failed');
      await diagnostics.close();
    } finally {
      server.close();
    }
    return [...new Set(hosts)];
  }

  for (const [venue, host] of [
    ['binance', 'testnet.binance.vision'],
    ['binanceusdm', 'testnet.binancefuture.com'],
    ['bybit', 'api-testnet.bybit.com'],
    ['krakenfutures', 'demo-futures.kraken.com'],
    ['hyperliquid', 'api.hyperliquid-testnet.xyz'],
  ] as const) {
    test(`${venue} is asked at ${host} alone`, async () => {
      assert.deepEqual(await hostsAsked(venue), [host]);
    });
  }

  for (const venue of ['kraken', 'coinbase']) {
    test(`${venue} has none, and is refused before anything is sent`, async () => {
      await assert.rejects(hostsAsked(venue), new RegExp(`${venue} has no testnet that ccxt knows of`));
    });
  }
});
