/** What a liquidation costs beside its fills, as each exchange's own records say it. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import { openScene, subjects, type Scene, type Subject } from './support/subjects.ts';

const anchor: ClockAnchor = { wallMs: Date.now(), marketMs: Date.now(), scale: 1, tapeEndMs: null };
const perpetuals = subjects.filter(({ symbol }) => symbol.includes(':'));

let scene: Scene;
before(async () => {
  scene = await openScene(anchor, Object.fromEntries(perpetuals.map(({ venue }) => [venue, { rateLimits: false }])));
});
after(() => scene.sim.stop());

suite('liquidation charges', { concurrency: 2 }, () => {
  for (const subject of perpetuals) readsCharges(subject);
});

function readsCharges(subject: Subject): void {
  test(`of ${subject.symbol} at ${subject.venue}: the fee, apart from the fills, once`, async () => {
    const { symbol } = subject;
    const venue = await scene.open(subject);
    try {
      await scene.setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
      await venue.prepare([symbol], '2');
      const fromMs = Date.now() - 1_000;
      const order = scene.order(subject, {
        side: 'sell',
        limitPrice: '0.9990',
        quantityBase: '1000',
        reduceOnly: false,
      });
      assert.equal((await venue.submit(order)).kind, 'accepted');
      const [opened] = await scene.records(subject, 'trades');
      await scene.control('POST', `/venues/${subject.venue}/liquidate`, { account: opened?.['account'], symbol });

      const income = await scene.records(subject, 'income');
      const expected = income.filter(({ type }) => type === 'LIQUIDATION_FEE' || type === 'INSURANCE_CLEAR');
      assert.equal(expected.length, 1);
      const charges = await venue.liquidationCharges?.(fromMs, Date.now() + 1_000);
      assert.ok(charges);
      assert.deepEqual(
        charges.map(({ amount, currency, chargedAtMs }) => ({ amount, currency, atMs: chargedAtMs })),
        expected.map(({ amount, currency, atMs }) => ({ amount, currency, atMs })),
      );
      assert.deepEqual(
        charges.map((charge) => charge.symbol),
        [symbol],
      );
      // The 1,000 bought back at about a dollar, at the exchange's rate of half a percent or one.
      assert.ok(Number(charges[0]?.amount) < -4.9 && Number(charges[0]?.amount) > -10.2, charges[0]?.amount);
      const fills = await venue.fillsSince(symbol, fromMs);
      assert.equal(fills.length, 2, 'the opening and the liquidation');
      const later = await venue.liquidationCharges?.(Date.now() + 10_000, Date.now() + 20_000);
      assert.deepEqual(later, []);
    } finally {
      await venue.close();
    }
  });
}
