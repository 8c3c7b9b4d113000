/** Whatever is asked, what is sent never crosses the order's own limit and never exceeds its quantity. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as always, constantFrom, integer, property, tuple } from 'fast-check';
import { decimal } from '../../src/domain/decimal.ts';
import { createExchange } from '../../src/venues/exchange.ts';
import { createHttpTransport } from '../../src/venues/http-transport.ts';
import { instrumentOf } from '../../src/venues/instruments.ts';
import { venueDialect } from '../../src/venues/registry.ts';
import { orderSize } from '../../src/venues/submit.ts';
import { startFakeBinanceusdm } from './support/fake-binanceusdm.ts';
import { startFakeBybit } from './support/fake-bybit.ts';
import type { FakeName } from './support/connect.ts';

const decimals = tuple(integer({ min: 0, max: 99_999 }), integer({ min: 0, max: 999_999_999 })).map(
  ([whole, fraction]) => `${whole}.${String(fraction).padStart(9, '0')}`,
);

const venues: readonly (readonly [FakeName, typeof startFakeBybit, string])[] = [
  ['bybit', startFakeBybit, 'USDC/USDT'],
  ['binanceusdm', startFakeBinanceusdm, 'USDC/USDT:USDT'],
];

for (const [name, start, symbol] of venues) {
  test(`rounding for ${name}`, async (t) => {
    const fake = await start();
    const clock = { nowMs: () => Date.now() };
    const transport = createHttpTransport(fake.address, clock);
    t.after(async () => {
      transport.close();
      await fake.close();
    });
    const dialect = venueDialect(name);
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
        const amount = decimal(exchange.amountToPrecision(symbol, size.amount));
        assert.ok(amount.lte(decimal(quantityBase)));
        assert.ok(decimal(quantityBase).minus(amount).lt(decimal(instrument.quantityStep)));
      }),
      { numRuns: 2_000 },
    );
  });
}
