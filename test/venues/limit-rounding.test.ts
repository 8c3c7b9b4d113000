/** Whatever is asked, what is sent never crosses the order's own limit and never exceeds its quantity. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assert as always, constantFrom, integer, property, tuple } from 'fast-check';
import { decimal } from '../../src/domain/decimal.ts';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import { createExchange } from '../../src/venues/exchange.ts';
import { createHttpTransport } from '../../src/venues/calls/http-transport.ts';
import { instrumentOf } from '../../src/venues/markets/instruments.ts';
import { venueDialect } from '../../src/venues/registry.ts';
import { orderSize } from '../../src/venues/orders/submit.ts';
import { clock, openScene, simulatedVenues, subjects, type Scene } from './support/subjects.ts';

const decimals = tuple(integer({ min: 0, max: 99_999 }), integer({ min: 0, max: 999_999_999 })).map(
  ([whole, fraction]) => `${whole}.${String(fraction).padStart(9, '0')}`,
);

const anchor: ClockAnchor = { wallMs: Date.now(), marketMs: Date.now() + 3_600_000, scale: 1, tapeEndMs: null };

let scene: Scene;
before(async () => {
  scene = await openScene(anchor, simulatedVenues());
});
after(() => scene.sim.stop());

for (const { venue, symbol } of subjects) {
  test(`rounding of ${symbol} for ${venue}`, async (t) => {
    const { rest } = scene.sim.venues[venue] ?? assert.fail(`${venue} is not simulated`);
    const transport = createHttpTransport(rest, clock);
    t.after(() => transport.close());
    const dialect = venueDialect(venue);
    const exchange = createExchange({ dialect, use: 'orders', credentials: null, endpoint: null, transport, clock });
    await exchange.loadMarkets();
    const instrument = instrumentOf(exchange, dialect, symbol);
    always(
      property(constantFrom('buy' as const, 'sell' as const), decimals, decimals, (side, quantityBase, limitPrice) => {
        const size = orderSize(exchange, instrument, { symbol, side, quantityBase, limitPrice, reduceOnly: false });
        if ('refusal' in size) {
          const tooSmall = decimal(quantityBase).lt(decimal(instrument.quantityStep));
          const tooCheap = decimal(limitPrice).lt(decimal(instrument.priceTick));
          assert.ok(tooSmall || tooCheap, size.refusal);
          return;
        }
        const price = decimal(exchange.priceToPrecision(symbol, size.price ?? assert.fail('no price')));
        assert.ok(side === 'buy' ? price.lte(decimal(limitPrice)) : price.gte(decimal(limitPrice)));
        assert.ok(price.minus(decimal(limitPrice)).abs().lt(decimal(instrument.priceTick)));
        // In contracts, where they are more than one unit of the base.
        const contracts = decimal(exchange.amountToPrecision(symbol, size.amount));
        const amount = contracts.times(decimal(instrument.contractSize));
        assert.ok(amount.lte(decimal(quantityBase)));
        assert.ok(decimal(quantityBase).minus(amount).lt(decimal(instrument.quantityStep)));
      }),
      { numRuns: 2_000 },
    );
  });
}
