/** A look-up must be answered while much else goes on: it may not ask for more the more an account trades. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createCcxtVenue } from '../../src/venues/ccxt-venue.ts';
import { startRecordingProxy } from './support/recording-proxy.ts';
import { clock, lookUp, openScene, simulatedVenues, subjects, type Scene } from './support/subjects.ts';

const others = 12;
/** The clock, the order itself, open orders, closed ones, and trades, those that the venue made itself too. */
const mostRequests = 8;

let scene: Scene;
before(async () => {
  const wallMs = Date.now();
  scene = await openScene({ wallMs, marketMs: wallMs, scale: 1, tapeEndMs: null }, simulatedVenues());
});
after(() => scene.sim.stop());

suite('looking up an order that never arrived, on a busy account', { concurrency: 1 }, () => {
  for (const subject of subjects) {
    test(`${subject.symbol} at ${subject.venue}`, async (t) => {
      await scene.setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
      const { rest, ws, credentials } = scene.sim.venues[subject.venue] ?? assert.fail(subject.venue);
      const proxy = await startRecordingProxy(rest);
      const { apiKey = '', secret = '', password } = credentials;
      const venue = await createCcxtVenue({
        account: 'main',
        venue: subject.venue,
        credentials: { apiKey, secret, ...(password === undefined ? {} : { password }) },
        endpoint: { rest: proxy.address, ws },
        clock,
        readPace: { unitsPerSecond: 1_000, burstUnits: 1_000 },
      });
      t.after(async () => {
        await venue.close();
        await proxy.close();
      });
      await venue.prepare([subject.symbol], '2');
      for (let sent = 0; sent < others; sent += 1) {
        const outcome = await venue.submit(scene.order(subject));
        assert.equal(outcome.kind, 'accepted', JSON.stringify(outcome));
      }
      const before = proxy.meant.length;
      const lost = scene.order(subject);
      assert.deepEqual(await lookUp(venue, { ...lost, sendByMs: Date.now() - 90_000 }), { kind: 'absent' });
      const asked = proxy.meant.slice(before).map(({ path }) => path);
      assert.ok(asked.length <= mostRequests, `${asked.length} requests: ${asked.join(' ')}`);
    });
  }
});
