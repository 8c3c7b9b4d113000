/** Every kind of order at every venue: what rests, what takes, what is refused, and that nothing crosses its own limit. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import type { LimitOrderRequest, Venue, VenueOrderRequest } from '../../src/ports/venue.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import {
  found,
  lookUp,
  openScene,
  simulatedVenues,
  subjectsByVenue,
  type Scene,
  type Subject,
} from './support/subjects.ts';

const gridMs = 8 * 3_600_000;
const anchor: ClockAnchor = {
  wallMs: Date.now(),
  marketMs: Math.ceil(Date.now() / gridMs) * gridMs + 300_000,
  scale: 60,
  tapeEndMs: null,
};

/** Elsewhere there is none, or it needs a volume, or belongs to a socket. */
const withDeadMan: ReadonlySet<string> = new Set(['binanceusdm', 'kraken', 'krakenfutures', 'okx']);

let scene: Scene;
before(async () => {
  scene = await openScene(anchor, simulatedVenues());
});
after(() => scene.sim.stop());

suite('kinds of orders', { concurrency: 3 }, () => {
  for (const [name, ofVenue] of subjectsByVenue) {
    suite(name, { concurrency: 1 }, () => {
      for (const subject of ofVenue) tellOf(subject);
    });
  }
});

function tellOf(subject: Subject): void {
  suite(`${subject.symbol} at ${subject.venue}`, { concurrency: 1 }, () => {
    let venue: Venue;
    before(async () => {
      venue = await scene.open(subject);
      await scene.setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
      await venue.prepare([subject.symbol], '2');
    });
    after(() => venue.close());

    const resting = (changes: Partial<LimitOrderRequest>): LimitOrderRequest =>
      scene.order(subject, { limitPrice: '0.9990', timeInForce: 'gtc', ...changes });

    async function accepted(order: VenueOrderRequest): Promise<string> {
      const outcome = await venue.submit(order);
      assert.ok(outcome.kind === 'accepted', JSON.stringify(outcome));
      return outcome.venueOrderId;
    }

    async function untilDone(order: LimitOrderRequest, timeoutMs = 10_000): Promise<void> {
      await waitUntil(
        async () => (await found(venue, order)).status === 'done',
        timeoutMs,
        () => 'it is still open',
        100,
      );
    }

    for (const timeInForce of ['gtc', 'post_only'] as const) {
      test(`a ${timeInForce} order rests, is read as open, and is cancelled by its client order id`, async () => {
        const order = resting({ timeInForce });
        const venueOrderId = await accepted(order);
        const open = await found(venue, order, venueOrderId);
        assert.deepEqual([open.status, open.filledBase, open.quantityBase], ['open', '0', '100']);
        assert.deepEqual((await venue.reading([subject.symbol])).openOrderIds, [order.clientOrderId]);
        await venue.cancel({ ...order, venueOrderId: null });
        await untilDone(order);
        assert.equal((await found(venue, order)).filledBase, '0');
        assert.deepEqual((await venue.reading([subject.symbol])).openOrderIds, []);
        // What is gone can be cancelled again: the look-up tells what became of it.
        await venue.cancel({ ...order, venueOrderId: null });
        await venue.cancel({ ...order, venueOrderId });
      });
    }

    test('a dead-man timer cancels what rests, and is not set where an order is not ours', async () => {
      const order = resting({ timeInForce: 'post_only' });
      const venueOrderId = await accepted(order);
      const guard = (ownOrderIds: readonly string[], timeoutMs: number | null) =>
        venue.guard?.({ symbol: subject.symbol, ownOrderIds: new Set(ownOrderIds), timeoutMs }) ?? false;
      assert.equal(await guard([], 10_000), false);
      const isSet = await guard([order.clientOrderId], 10_000);
      assert.equal(isSet, withDeadMan.has(subject.venue));
      if (isSet) await untilDone(order, 20_000);
      else await venue.cancel({ ...order, venueOrderId });
      await untilDone(order);
      assert.equal(await guard([], null), false);
    });

    test('a resting order is filled as maker when the market comes to it', async () => {
      const order = resting({ limitPrice: '0.9998', timeInForce: 'post_only' });
      const venueOrderId = await accepted(order);
      await scene.setBook(subject, ['0.9990', '50000'], ['0.9996', '50000']);
      await untilDone(order);
      const fills = await venue.orderFills({ venueOrderId, symbol: subject.symbol });
      assert.deepEqual(
        fills.map((fill) => [fill.price, fill.quantityBase, fill.role]),
        [['0.9998', '100', 'maker']],
      );
      await scene.setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
    });

    test('a post-only order that would take is refused, or ends without a fill', async () => {
      const order = resting({ limitPrice: '1.0005', timeInForce: 'post_only' });
      const outcome = await venue.submit(order);
      if (outcome.kind === 'rejected') {
        assert.equal(outcome.category, 'order_rejected', JSON.stringify(outcome));
        return;
      }
      assert.equal(outcome.kind, 'accepted', JSON.stringify(outcome));
      await untilDone(order);
      assert.equal((await found(venue, order)).filledBase, '0');
    });

    test('a limit between two ticks is rounded away from the market: a buy at its limit takes nothing dearer', async () => {
      await scene.setBook(subject, ['0.9990', '50000'], ['1.0001', '50000']);
      // The ticks are 0.0001 or finer: both lie between the last one that may be paid and an ask of 1.0001.
      const order = scene.order(subject, { limitPrice: '1.0000999', timeInForce: 'ioc' });
      const outcome = await venue.submit(order);
      if (outcome.kind === 'accepted') assert.equal((await found(venue, order)).filledBase, '0');
      else assert.equal(outcome.kind, 'rejected');
    });

    test('a market order fills at the best price, or is refused before it is sent', async () => {
      await scene.setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
      const order: VenueOrderRequest = { ...scene.order(subject), timeInForce: 'market', limitPrice: null };
      const outcome = await venue.submit(order);
      if (!venue.capabilities.orderKinds.includes('market')) {
        assert.equal(outcome.kind, 'not_sent');
        assert.equal((await lookUp(venue, order)).kind, 'not_yet_known');
        return;
      }
      assert.ok(outcome.kind === 'accepted', JSON.stringify(outcome));
      const done = await found(venue, order, outcome.venueOrderId);
      assert.deepEqual([done.status, done.filledBase], ['done', '100']);
      const fills = await venue.orderFills({ venueOrderId: outcome.venueOrderId, symbol: subject.symbol });
      assert.ok(fills.every((fill) => fill.price === '1.0001' && fill.role === 'taker'));
    });

    test('an id that the venue does not take is refused before anything is sent', async () => {
      const outcome = await venue.submit(scene.order(subject, { clientOrderId: 'no id of ours: ünknown' }));
      assert.ok(
        outcome.kind === 'not_sent' && outcome.reason.includes('takes no client order id'),
        JSON.stringify(outcome),
      );
    });

    test('the same id twice never makes two orders', async () => {
      const order = resting({});
      const venueOrderId = await accepted(order);
      const again = await venue.submit({ ...order, sendByMs: Date.now() + 3_000 });
      if (again.kind === 'accepted') assert.equal(again.venueOrderId, venueOrderId);
      else assert.equal(again.kind, 'unknown', `a duplicate is looked up: ${JSON.stringify(again)}`);
      assert.equal((await found(venue, order)).venueOrderId, venueOrderId);
      await venue.cancel({ ...order, venueOrderId });
      await untilDone(order);
    });
  });
}
