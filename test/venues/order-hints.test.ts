/**
 * Hints of a venue's private stream, at every simulated exchange: an order that rests and is filled is told of, whatever
 * has become of the socket meanwhile.
 */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import type { Venue } from '../../src/ports/venue.ts';
import { isRecord } from '../../src/venues/capabilities/raw.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { found, openScene, simulatedVenues, subjectsByVenue, type Scene, type Subject } from './support/subjects.ts';

const anchor: ClockAnchor = { wallMs: Date.now(), marketMs: Date.now(), scale: 1, tapeEndMs: null };
const patienceMs = 20_000;

let scene: Scene;
before(async () => {
  scene = await openScene(anchor, simulatedVenues());
});
after(() => scene.sim.stop());

suite('hints of the private stream', { concurrency: 3 }, () => {
  for (const [name, ofVenue] of subjectsByVenue) {
    suite(name, { concurrency: 1 }, () => {
      for (const subject of ofVenue) {
        test(`${subject.symbol} at ${subject.venue}`, () => hintsOf(subject));
      }
    });
  }
});

async function hintsOf(subject: Subject): Promise<void> {
  const venue = await scene.open(subject);
  const following = new AbortController();
  let hints = 0;
  /** Acts until a hint comes that is none of what was before. */
  const hinted = async (what: string, act: () => Promise<unknown>, again: boolean): Promise<void> => {
    await settled(() => hints);
    const heard = hints;
    await act();
    await waitUntil(
      async () => {
        if (again && hints === heard) await act();
        return hints > heard;
      },
      patienceMs,
      () => `no hint of ${what}`,
      200,
    );
  };
  try {
    await scene.setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
    await venue.prepare([subject.symbol], '2');
    const over = venue.followOrders?.(subject.symbol, () => (hints += 1), following.signal) ?? assert.fail();
    const placeAndCancel = async (): Promise<void> =>
      venue.cancel({ ...(await rest(venue, subject)), symbol: subject.symbol });
    // A subscription is not acknowledged: orders come and go until one is told of.
    await hinted('an order', placeAndCancel, true);

    const order = await rest(venue, subject);
    await hinted('a fill', () => scene.setBook(subject, ['0.9980', '50000'], ['0.9985', '50000']), false);
    assert.equal((await found(venue, order.sent, order.venueOrderId)).filledBase, '100');

    // Nothing that ccxt rejects meanwhile may be heard by nobody: that would end the process, and fails the test.
    const down = await scene.control('POST', '/faults', { kind: 'venue_down', venue: subject.venue });
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await scene.control('DELETE', `/faults/${isRecord(down) ? String(down['id']) : ''}`);
    await scene.control('POST', '/faults', { kind: 'ws_close', venue: subject.venue });
    await scene.setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
    await hinted('an order after the socket was closed', placeAndCancel, true);

    following.abort();
    await over;
    const heard = hints;
    await placeAndCancel();
    await scene.control('GET', `/venues/${subject.venue}/orders`);
    assert.equal(hints, heard, 'nobody follows any more');
  } finally {
    following.abort();
    await venue.close();
  }
}

/** What is still on its way of earlier orders has come. */
async function settled(count: () => number): Promise<void> {
  for (let last = -1; last !== count();) {
    last = count();
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
}

async function rest(venue: Venue, subject: Subject) {
  const sent = scene.order(subject, { limitPrice: '0.9990', timeInForce: 'gtc' });
  const outcome = await venue.submit(sent);
  assert.ok(outcome.kind === 'accepted', JSON.stringify(outcome));
  return { sent, clientOrderId: sent.clientOrderId, venueOrderId: outcome.venueOrderId };
}
