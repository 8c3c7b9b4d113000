/** One contract for every venue, run against the simulated exchanges over the wire. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { decimal, sum, toText } from '../../src/domain/decimal.ts';
import { marketTimeMs, type ClockAnchor } from '../../src/domain/market-clock.ts';
import type { Quote } from '../../src/domain/quote.ts';
import type { OrderLookUpResult, Venue, VenueOrder, VenueOrderRequest } from '../../src/ports/venue.ts';
import { waitUntil } from '../../src/stack/wait-until.ts';
import { createCcxtVenue } from '../../src/venues/ccxt-venue.ts';
import { createMarketData } from '../../src/venues/market-data.ts';
import { startSim, type RunningSim } from '../support/services.ts';
import { isRecord, list } from '../../src/venues/capabilities/raw.ts';

const clock = { nowMs: () => Date.now() };
const gridMs = 8 * 3_600_000;
/**
 * Market time is hours ahead of wall time (without a tape it may not be behind) and runs a minute a second;
 * it starts just after a funding settlement, so that none comes in the time of these tests.
 */
const anchor: ClockAnchor = {
  wallMs: Date.now(),
  marketMs: Math.ceil(Date.now() / gridMs) * gridMs + 300_000,
  scale: 60,
  tapeEndMs: null,
};
const marketTimeOf = (wallMs: number): number => marketTimeMs(anchor, wallMs);

const subjects = [
  { name: 'bybit', symbol: 'USDC/USDT', orderPath: '/v5/order/create', feeCurrency: 'USDC', feeRate: '0.001' },
  {
    name: 'binanceusdm',
    symbol: 'USDC/USDT:USDT',
    orderPath: '/fapi/v1/order',
    feeCurrency: 'USDT',
    feeRate: '0.0005',
  },
] as const;
type Subject = (typeof subjects)[number];

let sim: RunningSim;
before(async () => {
  sim = await startSim({ config: { tape: null, venues: { bybit: {}, binanceusdm: {} } }, anchor });
});
after(() => sim.stop());

async function control(method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${sim.control}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  assert.ok(response.ok, JSON.stringify(answer));
  return answer;
}

/** The venue's own records of one kind: what ours are compared with. */
async function records(subject: Subject, part: string): Promise<Record<string, unknown>[]> {
  return list(await control('GET', `/venues/${subject.name}/${part}`), part).filter(isRecord);
}

async function setBook(
  subject: Subject,
  bid: readonly [string, string],
  ask: readonly [string, string],
): Promise<void> {
  const body = { symbol: subject.symbol, centre: '1.0000', bids: [bid], asks: [ask] };
  await control('POST', `/venues/${subject.name}/prices`, body);
}

let orderCount = 0;
function order(subject: Subject, changes: Partial<VenueOrderRequest> = {}): VenueOrderRequest {
  orderCount += 1;
  return {
    clientOrderId: `bk${anchor.wallMs}x${orderCount}`,
    symbol: subject.symbol,
    side: 'buy',
    quantityBase: '100',
    limitPrice: '1.0001',
    timeInForce: 'ioc',
    reduceOnly: false,
    sendByMs: Date.now() + 3_000,
    ...changes,
  };
}

async function lookUp(venue: Venue, sent: VenueOrderRequest, id: string | null = null): Promise<OrderLookUpResult> {
  const { clientOrderId, symbol, sendByMs } = sent;
  return venue.lookUp({ clientOrderId, symbol, venueOrderId: id, claimedAtMs: sendByMs - 3_000, sendByMs });
}

async function found(venue: Venue, sent: VenueOrderRequest, id: string | null = null): Promise<VenueOrder> {
  const result = await lookUp(venue, sent, id);
  assert.ok(result.kind === 'found', JSON.stringify(result));
  return result.order;
}

function total(values: readonly string[]): string {
  return toText(sum(values.map(decimal)));
}

suite('contracts', { concurrency: subjects.length }, () => {
  for (const subject of subjects) {
    suite(`the contract of ${subject.name}`, { concurrency: 1 }, () => {
      let venue: Venue;
      before(async () => {
        const { rest, ws, credentials } = sim.venues[subject.name] ?? assert.fail('not simulated');
        const { apiKey = '', secret = '' } = credentials;
        venue = await createCcxtVenue({
          account: 'main',
          venue: subject.name,
          credentials: { apiKey, secret },
          endpoint: { rest, ws },
          clock,
          marketTimeOf,
        });
        await setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
        await venue.prepare([subject.symbol], '2');
      });
      after(() => venue.close());

      test('instruments are exact text, and steps are positive', async () => {
        const [instrument] = await venue.instruments([subject.symbol]);
        assert.ok(instrument);
        assert.equal(instrument.kind, subject.symbol.includes(':') ? 'perpetual' : 'spot');
        for (const value of [instrument.priceTick, instrument.quantityStep, instrument.contractSize]) {
          assert.ok(decimal(value).gt(decimal('0')), value);
        }
      });

      test('a marketable IOC order fills, and its fills are the venue trade list', async () => {
        await setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
        const sent = order(subject);
        const outcome = await venue.submit(sent);
        assert.ok(outcome.kind === 'accepted', JSON.stringify(outcome));
        const done = await found(venue, sent, outcome.venueOrderId);
        assert.deepEqual([done.status, done.filledBase, done.side], ['done', '100', 'buy']);
        const fills = await venue.orderFills({ venueOrderId: outcome.venueOrderId, symbol: subject.symbol });
        assert.equal(total(fills.map((fill) => fill.quantityBase)), '100');
        for (const fill of fills) {
          assert.equal(fill.price, '1.0001');
          assert.equal(fill.feeCurrency, subject.feeCurrency);
          assert.equal(fill.role, 'taker');
          assert.ok(Math.abs(fill.executedAtMs - marketTimeOf(Date.now())) < 120_000, 'market time');
        }
        // The fee of a spot buy is in the coin bought; of a perpetual in the quote.
        const base = subject.feeCurrency === 'USDC' ? '100' : '100.01';
        const fee = decimal(total(fills.map((fill) => fill.fee)));
        assert.equal(toText(fee), toText(decimal(base).times(decimal(subject.feeRate))));
      });

      test('an order larger than the book fills in part and is done', async () => {
        await setBook(subject, ['0.9999', '50000'], ['1.0001', '60']);
        const sent = order(subject);
        const outcome = await venue.submit(sent);
        assert.equal(outcome.kind, 'accepted');
        const done = await found(venue, sent);
        assert.deepEqual([done.status, done.filledBase, done.quantityBase], ['done', '60', '100']);
        await setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
      });

      test('an order away from the market is accepted, done, and has no fills', async () => {
        const sent = order(subject, { limitPrice: '0.9990' });
        const outcome = await venue.submit(sent);
        assert.ok(outcome.kind === 'accepted', JSON.stringify(outcome));
        const done = await found(venue, sent);
        assert.deepEqual([done.status, done.filledBase], ['done', '0']);
        assert.deepEqual(await venue.orderFills({ venueOrderId: outcome.venueOrderId, symbol: subject.symbol }), []);
      });

      test('an order beyond the balance is a definite rejection', async () => {
        const outcome = await venue.submit(order(subject, { quantityBase: '5000000' }));
        assert.ok(outcome.kind === 'rejected', JSON.stringify(outcome));
        assert.equal(outcome.category, 'insufficient_balance');
      });

      test('an order whose reply was lost is unknown, and found with its fill', async () => {
        const fault = { kind: 'drop_after', venue: subject.name, method: 'POST', path: subject.orderPath };
        await control('POST', '/faults', fault);
        const sent = order(subject);
        assert.equal((await venue.submit(sent)).kind, 'unknown');
        assert.equal((await found(venue, sent)).filledBase, '100');
      });

      test('an order that never arrived, or arrived after its expiry, is not yet known, then absent', async () => {
        const fault = { venue: subject.name, method: 'POST', path: subject.orderPath };
        const sendByMs = Date.now() + 500;
        const lost = order(subject, { sendByMs });
        const late = order(subject, { sendByMs });
        await control('POST', '/faults', { ...fault, kind: 'drop_before' });
        assert.equal((await venue.submit(lost)).kind, 'unknown');
        await control('POST', '/faults', { ...fault, kind: 'late', delayMs: 5_500 });
        assert.equal((await venue.submit(late)).kind, 'unknown');
        for (const sent of [lost, late]) {
          let result = await lookUp(venue, sent);
          if (sent === lost) assert.equal(result.kind, 'not_yet_known');
          await waitUntil(
            async () => (result = await lookUp(venue, sent)).kind !== 'not_yet_known',
            20_000,
            () => 'absence was never proven',
            250,
          );
          assert.equal(result.kind, 'absent');
          // Expiry 5 s, margin 1 s and visibility lag 2 s after send-by; never sooner.
          assert.ok(Date.now() > sendByMs + 8_000);
        }
        const ids = (await records(subject, 'orders')).map((found) => found['clientOrderId']);
        assert.ok(!ids.includes(lost.clientOrderId) && !ids.includes(late.clientOrderId));
      });

      test('all fills since a market time are exactly the trades of the venue', async () => {
        const fills = await venue.fillsSince(subject.symbol, anchor.marketMs);
        const trades = await records(subject, 'trades');
        assert.deepEqual(
          fills
            .map((fill) =>
              [fill.venueOrderId, fill.tradeId, fill.price, fill.quantityBase, fill.fee, fill.feeCurrency].join(' '),
            )
            .sort(),
          trades
            .map((trade) =>
              ['orderId', 'tradeId', 'price', 'quantityBase', 'fee', 'feeCurrency']
                .map((name) => trade[name])
                .join(' '),
            )
            .sort(),
        );
        assert.ok(fills.length > 0);
      });

      test('a reading has the balances of the venue, and no open orders', async () => {
        const reading = await venue.reading([subject.symbol]);
        const held = new Map(
          (await records(subject, 'balances')).map((balance) => [balance['currency'], balance['total']]),
        );
        for (const balance of reading.balances)
          assert.equal(balance.total, held.get(balance.currency), balance.currency);
        assert.ok(reading.balances.length > 0);
        assert.deepEqual(reading.openOrderIds, []);
      });

      test('preparing twice is as good as once', () => venue.prepare([subject.symbol], '2'));

      test("the server's time is wall time", async () => {
        assert.ok(Math.abs((await venue.serverTimeMs()) - Date.now()) < 2_000);
      });

      test('a symbol that does not exist is refused with what exists', async () => {
        const refusal = { kind: 'bad_symbol', message: new RegExp(`exist: ${subject.symbol}`) };
        await assert.rejects(venue.instruments(['USDC/NOPE']), refusal);
      });

      test('market data streams new prices and outlives a dropped socket', async () => {
        const { rest, ws } = sim.venues[subject.name] ?? assert.fail('not simulated');
        const log = { info: () => undefined, warn: () => undefined };
        const market = createMarketData({ endpoints: { [subject.name]: { rest, ws } }, clock, log, marketTimeOf });
        const abort = new AbortController();
        let latest: Quote | null = null;
        const seen = (ask: string): Promise<void> =>
          waitUntil(
            () => latest?.asks[0]?.price === ask,
            15_000,
            () => `no ask of ${ask}: ${JSON.stringify(latest)}`,
          );
        const watching = market.watch(
          [{ venue: subject.name, symbol: subject.symbol }],
          (quote) => (latest = quote),
          abort.signal,
        );
        try {
          await seen('1.0001');
          await setBook(subject, ['0.9998', '50000'], ['1.0003', '50000']);
          await seen('1.0003');
          await control('POST', '/sockets', { venue: subject.name });
          await setBook(subject, ['0.9999', '50000'], ['1.0004', '50000']);
          await seen('1.0004');
          const quote = await market.orderBook(subject.name, subject.symbol);
          assert.deepEqual(quote.asks[0], { price: '1.0004', quantityBase: '50000' });
        } finally {
          abort.abort();
          await watching;
          await market.close();
          await setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
        }
      });
    });
  }
});
