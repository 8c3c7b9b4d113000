/** One contract for every venue, run against the simulated exchanges over the wire. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { decimal, sum, toText } from '../../src/domain/decimal.ts';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import type { Quote } from '../../src/domain/quote.ts';
import { VenueError, type LimitOrderRequest, type OrderLookUpResult, type Venue } from '../../src/ports/venue.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { createMarketData } from '../../src/venues/markets/market-data.ts';
import {
  clock,
  found,
  lookUp,
  openScene,
  simulatedVenues,
  subjectsByVenue,
  type Scene,
  type Subject,
} from './support/subjects.ts';

const gridMs = 8 * 3_600_000;
const dayMs = 86_400_000;
/** Market time has passed before the tests: five days, so that an order of theirs may be older than a venue keeps one. */
const passedMs = 120 * 3_600_000;
const scale = 60;
/**
 * Market time is hours ahead of wall time (without a tape it may not be behind) and runs a minute a second;
 * the tests begin just after a funding settlement, so that none comes in their time.
 */
const anchor: ClockAnchor = {
  wallMs: Date.now() - passedMs / scale,
  marketMs: Math.ceil(Date.now() / gridMs) * gridMs + 300_000,
  scale,
  tapeEndMs: null,
};

let scene: Scene;
before(async () => {
  scene = await openScene(anchor, simulatedVenues());
});
after(() => scene.sim.stop());

function total(values: readonly string[]): string {
  return toText(sum(values.map(decimal)));
}

const usualBook = [
  ['0.9999', '50000'],
  ['1.0001', '50000'],
] as const;

suite('contracts', { concurrency: 3 }, () => {
  for (const [name, ofVenue] of subjectsByVenue) {
    suite(name, { concurrency: 1 }, () => {
      for (const subject of ofVenue) holdContract(subject);
    });
  }
});

function holdContract(subject: Subject): void {
  suite(`the contract of ${subject.symbol} at ${subject.venue}`, { concurrency: 1 }, () => {
    const isPerpetual = subject.symbol.includes(':');
    let venue: Venue;
    before(async () => {
      venue = await scene.open(subject);
      await scene.setBook(subject, ...usualBook);
      await venue.prepare([subject.symbol], '2');
    });
    after(() => venue.close());

    test('instruments are exact text, and steps are positive', async () => {
      const [instrument] = await venue.instruments([subject.symbol]);
      assert.ok(instrument);
      assert.equal(instrument.kind, isPerpetual ? 'perpetual' : 'spot');
      for (const value of [instrument.priceTick, instrument.quantityStep, instrument.contractSize]) {
        assert.ok(decimal(value).gt(decimal('0')), value);
      }
    });

    test('a marketable IOC order fills, and its fills are the venue trade list', async () => {
      await scene.setBook(subject, ...usualBook);
      const sent = scene.order(subject);
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
        assert.ok(Math.abs(fill.executedAtMs - scene.marketTimeOf(Date.now())) < 120_000, 'market time');
      }
      // The fee of a spot buy is in the coin bought; of a perpetual in the quote.
      const base = subject.symbol.startsWith(`${subject.feeCurrency}/`) ? '100' : '100.01';
      const fee = decimal(total(fills.map((fill) => fill.fee)));
      assert.equal(toText(fee), toText(decimal(base).times(decimal(subject.feeRate))));
    });

    test('an order larger than the book fills in part and is done', async () => {
      await scene.setBook(subject, ['0.9999', '50000'], ['1.0001', '60']);
      const sent = scene.order(subject);
      const outcome = await venue.submit(sent);
      assert.equal(outcome.kind, 'accepted');
      const done = await found(venue, sent);
      assert.deepEqual([done.status, done.filledBase, done.quantityBase], ['done', '60', '100']);
      await scene.setBook(subject, ...usualBook);
    });

    test('an order away from the market is accepted, done, and has no fills', async () => {
      const sent = scene.order(subject, { limitPrice: '0.9990' });
      const outcome = await venue.submit(sent);
      if (subject.unmatched === 'rejected') {
        assert.ok(outcome.kind === 'rejected', JSON.stringify(outcome));
        assert.notEqual(outcome.retryAfterMs, null, 'the book may have changed');
        assert.equal(outcome.isUnmatched, true);
        return;
      }
      assert.ok(outcome.kind === 'accepted', JSON.stringify(outcome));
      const done = await found(venue, sent);
      assert.deepEqual([done.status, done.filledBase], ['done', '0']);
      assert.deepEqual(await venue.orderFills({ venueOrderId: outcome.venueOrderId, symbol: subject.symbol }), []);
    });

    test('an acknowledged order that the venue shows no more ended as its trades say', async () => {
      // Queries do not show what is sent now, as if it had ended unfilled longer ago than the venue keeps such orders.
      const fault = { kind: 'visibility_lag', venue: subject.venue, method: 'POST', path: subject.orderPath };
      await scene.control('POST', '/faults', { ...fault, delayMs: dayMs });
      const sent = scene.order(subject, { limitPrice: '0.9990' });
      const outcome = await venue.submit(sent);
      if (subject.unmatched === 'rejected') {
        assert.equal(outcome.kind, 'rejected');
        return;
      }
      assert.ok(outcome.kind === 'accepted', JSON.stringify(outcome));
      const { clientOrderId, symbol } = sent;
      const { venueOrderId } = outcome;
      const asked = (marketAgeMs: number): Promise<OrderLookUpResult> => {
        const claimedAtMs = Date.now() - marketAgeMs / anchor.scale;
        return venue.lookUp({ clientOrderId, symbol, venueOrderId, claimedAtMs, sendByMs: claimedAtMs + 2_000 });
      };
      const keptMs = venue.capabilities.unfilledKeptMs ?? dayMs;
      assert.equal((await asked(keptMs - 600_000)).kind, 'not_yet_known');
      const order = { venueOrderId, filledBase: '0', status: 'done', fills: [] };
      assert.deepEqual(await asked(keptMs + 600_000), { kind: 'forgotten', order });
    });

    test('an order beyond the balance is a definite rejection', async () => {
      const outcome = await venue.submit(scene.order(subject, { quantityBase: '5000000' }));
      assert.ok(outcome.kind === 'rejected', JSON.stringify(outcome));
      assert.equal(outcome.category, 'insufficient_balance');
    });

    test('an order whose reply was lost is unknown, and found with its fill', async () => {
      const fault = { kind: 'drop_after', venue: subject.venue, method: 'POST', path: subject.orderPath };
      await scene.control('POST', '/faults', fault);
      const sent = scene.order(subject);
      assert.equal((await venue.submit(sent)).kind, 'unknown');
      assert.equal((await found(venue, sent)).filledBase, '100');
    });

    test('an order that never arrived, or arrived after its expiry, is not yet known, then absent', async () => {
      const fault = { venue: subject.venue, method: 'POST', path: subject.orderPath };
      // Long enough to leave in, also on a busy machine; what follows is waited for.
      const soon = (): LimitOrderRequest => scene.order(subject, { sendByMs: Date.now() + 2_000 });
      await scene.control('POST', '/faults', { ...fault, kind: 'drop_before' });
      const lost = soon();
      assert.equal((await venue.submit(lost)).kind, 'unknown');
      await scene.control('POST', '/faults', { ...fault, kind: 'late', delayMs: 5_500 });
      const late = soon();
      assert.equal((await venue.submit(late)).kind, 'unknown');
      // Where the venue may honour a request for longer, the look-up is about one that was sent that much earlier.
      const longerMs = Math.max((venue.capabilities.requestExpiry?.expiryMs ?? 60_000) - 5_000, 0);
      for (const sent of [lost, late]) {
        const asked = { ...sent, sendByMs: sent.sendByMs - longerMs };
        let result = await lookUp(venue, asked);
        if (sent === lost) assert.equal(result.kind, 'not_yet_known');
        await waitUntil(
          async () => (result = await lookUp(venue, asked)).kind !== 'not_yet_known',
          20_000,
          () => 'absence was never proven',
          250,
        );
        assert.equal(result.kind, 'absent');
        // Expiry 5 s, margin 1 s and visibility lag 2 s after send-by; never sooner.
        assert.ok(Date.now() > sent.sendByMs + 8_000);
      }
      const ids = (await scene.records(subject, 'orders')).map((order) => order['clientOrderId']);
      assert.ok(!ids.includes(lost.clientOrderId) && !ids.includes(late.clientOrderId));
    });

    test('all fills since a market time are exactly the trades of the venue', async () => {
      const fills = await venue.fillsSince(subject.symbol, anchor.marketMs);
      const trades = (await scene.records(subject, 'trades')).filter((trade) => trade['symbol'] === subject.symbol);
      assert.deepEqual(
        fills
          .map((fill) =>
            [fill.venueOrderId, fill.tradeId, fill.price, fill.quantityBase, fill.fee, fill.feeCurrency].join(' '),
          )
          .sort(),
        trades
          .map((trade) =>
            ['orderId', 'tradeId', 'price', 'quantityBase', 'fee', 'feeCurrency'].map((name) => trade[name]).join(' '),
          )
          .sort(),
      );
      assert.ok(fills.length > 0);
    });

    test('a reading has the balances of the venue, and no open orders', async () => {
      const reading = await venue.reading([subject.symbol]);
      const held = new Map(
        (await scene.records(subject, 'balances')).map((balance) => [balance['currency'], balance['total']]),
      );
      for (const balance of reading.balances)
        assert.equal(balance.total, held.get(balance.currency) ?? '0', balance.currency);
      assert.ok(reading.balances.length > 0);
      assert.equal(reading.freeMargin === null, !isPerpetual);
      assert.deepEqual(reading.openOrderIds, []);
      // Without a mark its distance to a liquidation would not be known.
      assert.equal(reading.positions.length, isPerpetual ? 1 : 0);
      for (const { markPrice } of reading.positions) assert.equal(markPrice, '1');
    });

    test('the keys may trade and may not withdraw, as far as the venue tells', async () => {
      const told = await venue.permissions();
      if (subject.permissions === 'unknown') assert.equal(told, null);
      else assert.deepEqual(told, { trade: subject.permissions, withdraw: false });
    });

    test('preparing twice is as good as once', () => venue.prepare([subject.symbol], '2'));

    test("the server's time is wall time", async () => {
      assert.ok(Math.abs((await venue.serverTimeMs()) - Date.now()) < 2_000);
    });

    test('a symbol that does not exist is refused with what exists', async () => {
      const [base = ''] = subject.symbol.split('/');
      await assert.rejects(venue.instruments([`${base}/NOPE`]), (error) => {
        assert.ok(error instanceof VenueError && error.kind === 'bad_symbol', String(error));
        assert.match(error.message, /exist: /);
        return error.message.includes(subject.symbol);
      });
    });

    test('market data streams new prices and outlives a dropped socket', async () => {
      const { rest, ws } = scene.sim.venues[subject.venue] ?? assert.fail('not simulated');
      const log = { info: () => undefined, warn: () => undefined };
      const market = createMarketData({
        endpoints: { [subject.venue]: { rest, ws } },
        clock,
        log,
        marketTimeOf: scene.marketTimeOf,
      });
      const abort = new AbortController();
      let latest: Quote | null = null;
      const seen = (ask: string): Promise<void> =>
        waitUntil(
          () => latest?.asks[0]?.price === ask,
          15_000,
          () => `no ask of ${ask}: ${JSON.stringify(latest)}`,
        );
      const watching = market.watch(
        [{ venue: subject.venue, symbol: subject.symbol }],
        (quote) => (latest = quote),
        abort.signal,
      );
      try {
        await seen('1.0001');
        await scene.setBook(subject, ['0.9998', '50000'], ['1.0003', '50000']);
        await seen('1.0003');
        await scene.control('POST', '/sockets', { venue: subject.venue });
        await scene.setBook(subject, ['0.9999', '50000'], ['1.0004', '50000']);
        await seen('1.0004');
        const quote = await market.orderBook(subject.venue, subject.symbol);
        assert.deepEqual(quote.asks[0], { price: '1.0004', quantityBase: '50000' });
      } finally {
        abort.abort();
        await watching;
        await market.close();
        await scene.setBook(subject, ...usualBook);
      }
    });
  });
}
