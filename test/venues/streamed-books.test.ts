/** Order books come by the stream at every simulated exchange: reading them over REST is what is left when it breaks. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import type { Quote } from '../../src/domain/quote.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { createMarketData } from '../../src/venues/markets/market-data.ts';
import { clock, openScene, simulatedVenues, subjects, type Scene } from './support/subjects.ts';

const anchor: ClockAnchor = { wallMs: Date.now(), marketMs: Date.now(), scale: 1, tapeEndMs: null };

let scene: Scene;
before(async () => {
  scene = await openScene(anchor, simulatedVenues());
});
after(() => scene.sim.stop());

suite('streamed order books', { concurrency: 1 }, () => {
  for (const subject of subjects) {
    test(`of ${subject.symbol} at ${subject.venue} follow each change without a reconnection`, async (t) => {
      const broken: object[] = [];
      const log = { info: () => undefined, warn: (facts: object) => void broken.push(facts) };
      await scene.setBook(subject, ['0.9990', '50000'], ['1.0010', '50000']);
      const market = createMarketData({ endpoints: scene.sim.venues, clock, log });
      const abort = new AbortController();
      let latest: Quote | null = null;
      const watching = market.watch([subject], (quote) => (latest = quote), abort.signal);
      t.after(async () => {
        abort.abort();
        await watching;
        await market.close();
      });
      const best = (): string => String(latest?.bids[0]?.price);
      for (const bid of ['0.9991', '0.9992', '0.9993']) {
        await scene.setBook(subject, [bid, '50000'], ['1.0010', '50000']);
        await waitUntil(
          () => Number(best()) === Number(bid),
          15_000,
          () => `the best bid is ${best()}`,
        );
      }
      assert.deepEqual(broken, []);
    });
  }
});
