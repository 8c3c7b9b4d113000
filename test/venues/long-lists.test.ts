/** Lists longer than a page, at every venue: read to their end, each row once; rows of other markets between them. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { decimal, sum, toText } from '../../src/domain/decimal.ts';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import type { Venue } from '../../src/ports/venue.ts';
import { venueDialect } from '../../src/venues/registry.ts';
import { found, openScene, simulatedVenues, subjectsByVenue, type Scene, type Subject } from './support/subjects.ts';

const gridMs = 8 * 3_600_000;
const anchor: ClockAnchor = {
  wallMs: Date.now(),
  marketMs: Math.ceil(Date.now() / gridMs) * gridMs + 300_000,
  scale: 60,
  tapeEndMs: null,
};
/** Asks of ten units from 1.0001 upwards, a tick of 0.0001 apart: an order takes one after the other. */
const quantityPerLevel = 10;

let scene: Scene;
before(async () => {
  scene = await openScene(anchor, simulatedVenues());
});
after(() => scene.sim.stop());

suite('long lists', { concurrency: 2 }, () => {
  for (const [name, ofVenue] of subjectsByVenue) {
    suite(name, { concurrency: 1 }, () => {
      for (const subject of ofVenue) tellOf(subject);
    });
  }
});

function ladder(levels: number): [string, string][] {
  return Array.from({ length: levels }, (_, index) => [priceOf(index), String(quantityPerLevel)]);
}

function priceOf(index: number): string {
  return `1.${String(index + 1).padStart(4, '0')}`;
}

function tellOf(subject: Subject): void {
  const { tradePaging, closedOrderPaging, readByClientId } = venueDialect(subject.venue);
  suite(`${subject.symbol} at ${subject.venue}`, { concurrency: 1 }, () => {
    let venue: Venue;
    before(async () => {
      venue = await scene.open(subject);
      await scene.setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
      await venue.prepare([subject.symbol], '2');
    });
    after(() => venue.close());

    test(`fills: more than ${tradePaging.pageSize} of one order are all read, one by one and since a time`, async () => {
      const levels = tradePaging.pageSize + 7;
      const body = { symbol: subject.symbol, centre: '1.0000', bids: [['0.9999', '1']], asks: ladder(levels) };
      await scene.control('POST', `/venues/${subject.venue}/prices`, body);
      const quantityBase = String(levels * quantityPerLevel);
      const order = scene.order(subject, { quantityBase, limitPrice: priceOf(levels) });
      const outcome = await venue.submit(order);
      assert.ok(outcome.kind === 'accepted', JSON.stringify(outcome));
      assert.equal((await found(venue, order, outcome.venueOrderId)).filledBase, quantityBase);
      const fills = await venue.orderFills({ venueOrderId: outcome.venueOrderId, symbol: subject.symbol });
      assert.equal(fills.length, levels);
      assert.equal(toText(sum(fills.map((fill) => decimal(fill.quantityBase)))), quantityBase);
      assert.equal(new Set(fills.map((fill) => fill.price)).size, levels);
      const since = await venue.fillsSince(subject.symbol, anchor.marketMs);
      const own = since.filter((fill) => fill.venueOrderId === outcome.venueOrderId);
      assert.deepEqual(own.map((fill) => fill.tradeId).sort(), fills.map((fill) => fill.tradeId).sort());
    });

    if (readByClientId.kind === 'lists') {
      test(`orders: found behind ${closedOrderPaging.pageSize} later ones`, async () => {
        await scene.setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
        const first = scene.order(subject, { limitPrice: '0.9990' });
        assert.equal((await venue.submit(first)).kind, 'accepted');
        for (let count = 0; count < closedOrderPaging.pageSize + 5; count += 1) {
          const outcome = await venue.submit(scene.order(subject, { limitPrice: '0.9990' }));
          assert.equal(outcome.kind, 'accepted', JSON.stringify(outcome));
        }
        assert.equal((await found(venue, first)).filledBase, '0');
      });
    }
  });
}
