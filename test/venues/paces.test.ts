/** At its usual pace no connector meets the limits of its exchange: orders, look-ups and readings in one go. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import { found, openScene, simulatedVenues, subjects, type Scene } from './support/subjects.ts';

const gridMs = 8 * 3_600_000;
const anchor: ClockAnchor = {
  wallMs: Date.now(),
  marketMs: Math.ceil(Date.now() / gridMs) * gridMs + 300_000,
  scale: 60,
  tapeEndMs: null,
};
/** More than the smallest burst allows. */
const ordersInOneGo = 14;

let scene: Scene;
before(async () => {
  scene = await openScene(anchor, simulatedVenues(true));
});
after(() => scene.sim.stop());

suite('paces', { concurrency: 1 }, () => {
  for (const subject of subjects) {
    test(`${subject.symbol} at ${subject.venue}`, async (t) => {
      await scene.setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
      const venue = await scene.open(subject, 'usual');
      t.after(() => venue.close());
      await venue.prepare([subject.symbol], '2');
      const sent = Array.from({ length: ordersInOneGo }, async () => {
        // Five a second at the slowest: time enough for all of them, also on a busy machine.
        const order = scene.order(subject, { sendByMs: Date.now() + 10_000 });
        return { order, outcome: await venue.submit(order) };
      });
      const done = await Promise.all(sent);
      for (const { outcome } of done) assert.equal(outcome.kind, 'accepted', JSON.stringify(outcome));
      for (const { order, outcome } of done.slice(0, 5)) {
        await found(venue, order, outcome.kind === 'accepted' ? outcome.venueOrderId : null);
        await venue.reading([subject.symbol]);
      }
      assert.ok((await venue.fillsSince(subject.symbol, anchor.marketMs)).length >= ordersInOneGo);
    });
  }

  test('krakenfutures gives its histories a hundred requests in ten minutes: a live position takes next to none', async (t) => {
    const subject = subjects.find(({ venue }) => venue === 'krakenfutures') ?? assert.fail('no subject');
    await scene.setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
    const venue = await scene.open(subject, 'quick');
    t.after(() => venue.close());
    await venue.prepare([subject.symbol], '2');
    assert.equal((await venue.submit(scene.order(subject))).kind, 'accepted');
    // Asked each time, the executions (1) and the log (3) would have used it up after 25.
    for (let pass = 1; pass <= 40; pass += 1) {
      await venue.fillsSince(subject.symbol, anchor.marketMs);
      await venue.fundingPaymentsSince(subject.symbol, anchor.marketMs);
    }
    const order = scene.order(subject);
    const outcome = await venue.submit(order);
    assert.ok(outcome.kind === 'accepted', JSON.stringify(outcome));
    await found(venue, order, outcome.venueOrderId);
    const fills = await venue.orderFills({ venueOrderId: outcome.venueOrderId, symbol: subject.symbol });
    assert.equal(fills.length, 1, 'at once');
    const listed = await venue.fillsSince(subject.symbol, anchor.marketMs);
    assert.ok(listed.some(({ tradeId }) => tradeId === fills[0]?.tradeId));
  });

  test('orders that have waited too long take no turn from those that come after them', async (t) => {
    const subject = subjects.find(({ venue }) => venue === 'bybit') ?? assert.fail('bybit is no subject');
    await scene.setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
    const venue = await scene.open(subject, 'usual');
    t.after(() => venue.close());
    const sendWithinMs = 2_000;
    const send = (): Promise<string> =>
      venue.submit(scene.order(subject, { sendByMs: Date.now() + sendWithinMs })).then(({ kind }) => kind);
    // Five at once and five a second: fifteen of them have their turn in time.
    const crowd = Array.from({ length: 60 }, send);
    await new Promise((resolve) => setTimeout(resolve, sendWithinMs + 100));
    const later = Array.from({ length: 3 }, send);
    assert.deepEqual(await Promise.all(later), ['accepted', 'accepted', 'accepted']);
    const kinds = await Promise.all(crowd);
    assert.deepEqual(new Set(kinds), new Set(['accepted', 'not_sent']));
  });
});
