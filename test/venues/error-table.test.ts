/**
 * What goes wrong on the way, at every venue, injected at the wire of its simulated exchange: an order whose outcome is
 * not proven is unknown, looked up and never sent twice; a proven refusal is one; a read says what to do about it.
 */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import type { RejectionCategory } from '../../src/domain/order.ts';
import { VenueError, type Venue, type VenueErrorKind } from '../../src/ports/venue.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { lookUp, openScene, simulatedVenues, subjectsByVenue, type Scene, type Subject } from './support/subjects.ts';

const gridMs = 8 * 3_600_000;
const anchor: ClockAnchor = {
  wallMs: Date.now(),
  marketMs: Math.ceil(Date.now() / gridMs) * gridMs + 300_000,
  scale: 60,
  tapeEndMs: null,
};

let scene: Scene;
before(async () => {
  scene = await openScene(anchor, simulatedVenues());
});
after(() => scene.sim.stop());

interface Lost {
  readonly name: string;
  readonly fault: Readonly<Record<string, unknown>>;
  readonly executed: boolean;
}

/** Nothing of these proves anything. */
const lost: readonly Lost[] = [
  { name: 'no reply, not executed', fault: { kind: 'drop_before' }, executed: false },
  { name: 'no reply, executed', fault: { kind: 'drop_after' }, executed: true },
  { name: 'a reply that breaks off', fault: { kind: 'reset' }, executed: true },
  { name: 'headers, and then silence', fault: { kind: 'stall', delayMs: 8_000 }, executed: true },
  { name: 'a reply cut in its middle', fault: { kind: 'truncated_200' }, executed: true },
  { name: 'an empty reply', fault: { kind: 'empty_200', body: '', execute: true }, executed: true },
  { name: 'an empty object', fault: { kind: 'empty_200', body: '{}', execute: true }, executed: true },
  { name: 'a page instead of a reply', fault: { kind: 'html_200', execute: true }, executed: true },
  { name: 'a page with 503, executed', fault: { kind: 'http_5xx', status: 503, execute: true }, executed: true },
  { name: 'nothing with 500, not executed', fault: { kind: 'http_5xx', status: 500, body: 'empty' }, executed: false },
  { name: 'a page with 403', fault: { kind: 'http_4xx', status: 403 }, executed: false },
  { name: 'a page with 400, executed', fault: { kind: 'http_4xx', status: 400, execute: true }, executed: true },
];

const refusals: readonly (readonly [reason: string, category: RejectionCategory, kind: 'any' | 'perpetual'])[] = [
  ['insufficient_balance', 'insufficient_balance', 'any'],
  ['insufficient_margin', 'insufficient_balance', 'perpetual'],
  ['reduce_only', 'reduce_only_rejected', 'perpetual'],
  ['price_off_tick', 'order_rejected', 'any'],
  ['quantity_below_minimum', 'order_rejected', 'any'],
];

const brokenReads: readonly (readonly [name: string, fault: object, kinds: readonly VenueErrorKind[]])[] = [
  ['no reply', { kind: 'drop_before' }, ['unavailable']],
  ['a reply that breaks off', { kind: 'reset' }, ['unavailable']],
  ['a page with 502', { kind: 'http_5xx', status: 502 }, ['unavailable']],
  ['a page instead of a reply', { kind: 'html_200' }, ['malformed_reply', 'unavailable']],
  ['a reply cut in its middle', { kind: 'truncated_200' }, ['malformed_reply', 'unavailable']],
  ['an empty object', { kind: 'empty_200', body: '{}' }, ['malformed_reply', 'unavailable']],
  ['too many requests', { kind: 'rate_limited', retryAfterMs: 2_000 }, ['rate_limited']],
];

suite('the error table', { concurrency: 3 }, () => {
  for (const [name, ofVenue] of subjectsByVenue) {
    suite(name, { concurrency: 1 }, () => {
      for (const subject of ofVenue) tellOf(subject);
    });
  }
});

function tellOf(subject: Subject): void {
  suite(`${subject.symbol} at ${subject.venue}`, { concurrency: 1 }, () => {
    const isPerpetual = subject.symbol.includes(':');
    let venue: Venue;
    before(async () => {
      venue = await scene.open(subject);
      await scene.setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
      await venue.prepare([subject.symbol], '2');
    });
    after(() => venue.close());

    const breakOrders = (fault: object): Promise<unknown> =>
      scene.control('POST', '/faults', { venue: subject.venue, method: 'POST', path: subject.orderPath, ...fault });
    const ordersUnder = async (clientOrderId: string): Promise<number> =>
      (await scene.records(subject, 'orders')).filter((order) => order['clientOrderId'] === clientOrderId).length;

    for (const { name, fault, executed } of lost) {
      test(`an order, ${name}: unknown, and looked up`, async () => {
        await breakOrders(fault);
        const order = scene.order(subject);
        const outcome = await venue.submit(order);
        assert.equal(outcome.kind, 'unknown', JSON.stringify(outcome));
        const result = await lookUp(venue, order);
        assert.equal(result.kind, executed ? 'found' : 'not_yet_known', JSON.stringify(result));
        if (result.kind === 'found') assert.equal(result.order.filledBase, '100');
        assert.equal(await ordersUnder(order.clientOrderId), executed ? 1 : 0);
      });
    }

    test('an order, too many requests: not executed, and to be tried again after the delay', async () => {
      await breakOrders({ kind: 'rate_limited', retryAfterMs: 2_000 });
      const order = scene.order(subject);
      const outcome = await venue.submit(order);
      assert.ok(outcome.kind === 'rejected' && outcome.category === 'rate_limited', JSON.stringify(outcome));
      assert.ok((outcome.retryAfterMs ?? 0) > 0);
      assert.equal(await ordersUnder(order.clientOrderId), 0);
    });

    for (const [reason, category, kind] of refusals) {
      if (kind === 'perpetual' && !isPerpetual) continue;
      if (reason === 'insufficient_balance' && isPerpetual) continue;
      test(`an order, refused for ${reason}: final`, async () => {
        await breakOrders({ kind: 'reject', reason });
        const outcome = await venue.submit(scene.order(subject));
        assert.ok(outcome.kind === 'rejected', JSON.stringify(outcome));
        assert.deepEqual([outcome.category, outcome.retryAfterMs], [category, null], JSON.stringify(outcome));
      });
    }

    test('an order, called a duplicate: it may exist, so it is looked up', async () => {
      await breakOrders({ kind: 'reject', reason: 'duplicate_client_order_id' });
      const outcome = await venue.submit(scene.order(subject));
      assert.ok(outcome.kind === 'unknown' && outcome.reason.startsWith('it exists already'), JSON.stringify(outcome));
    });

    test("a venue's clock that is behind: refused as expired until it is measured, then taken", async () => {
      const fault = { kind: 'clock_skew', venue: subject.venue, skewMs: -20_000 };
      const rule = await scene.control('POST', '/faults', fault);
      try {
        await waitUntil(
          async () => {
            const outcome = await venue.submit(scene.order(subject));
            if (outcome.kind === 'accepted') return true;
            assert.ok(outcome.kind === 'rejected' && outcome.category === 'expired', JSON.stringify(outcome));
            assert.notEqual(outcome.retryAfterMs, null);
            return false;
          },
          10_000,
          () => 'the clock was never measured',
          200,
        );
      } finally {
        await scene.control('DELETE', `/faults/${idOf(rule)}`);
      }
    });

    test("a venue's clock that is ahead of the order's expiry: the venue refuses it, and nothing is executed", async () => {
      const fault = { kind: 'clock_skew', venue: subject.venue, skewMs: 6_500 };
      const rule = await scene.control('POST', '/faults', fault);
      const order = scene.order(subject);
      try {
        const outcome = await venue.submit(order);
        // Coinbase answers an expired token in plain text: that proves nothing of an order.
        if (subject.venue === 'coinbase') assert.equal(outcome.kind, 'unknown', JSON.stringify(outcome));
        else assert.ok(outcome.kind === 'rejected' && outcome.category === 'expired', JSON.stringify(outcome));
      } finally {
        await scene.control('DELETE', `/faults/${idOf(rule)}`);
      }
      assert.equal(await ordersUnder(order.clientOrderId), 0);
    });

    for (const [name, fault, kinds] of brokenReads) {
      test(`a read, ${name}: ${kinds.join(' or ')}, and worth asking again`, async () => {
        await scene.control('POST', '/faults', { venue: subject.venue, method: '*', path: '*', ...fault });
        await assert.rejects(venue.serverTimeMs(), (error) => {
          assert.ok(error instanceof VenueError, String(error));
          assert.ok(kinds.includes(error.kind), `${error.kind}: ${error.message}`);
          if (error.kind === 'rate_limited') assert.ok((error.retryAfterMs ?? 0) > 0);
          return error.retryable;
        });
        assert.ok((await venue.serverTimeMs()) > 0);
      });
    }
  });
}

function idOf(rule: unknown): string {
  assert.ok(typeof rule === 'object' && rule !== null && 'id' in rule, JSON.stringify(rule));
  return String(rule.id);
}
