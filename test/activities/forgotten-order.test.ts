/** The service was down for longer than the venue keeps what ended unfilled: the position goes on all the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OrderLookUpResult } from '../../src/ports/venue.ts';
import { attempt, sending, tell } from './support/account-story.ts';

test('an acknowledged order that the venue has forgotten is settled by its trades', async () => {
  const forgotten: OrderLookUpResult = {
    kind: 'forgotten',
    order: { venueOrderId: '9001', filledBase: '0', status: 'done', fills: [] },
  };
  const settled: unknown[] = [];
  const story = tell({
    // The venue is not asked for the trades of an order that it does not know: that would be refused.
    venue: { lookUp: () => Promise.resolve(forgotten) },
    ledger: {
      order: () => Promise.resolve({ ...sending, state: 'open', venueOrderId: '9001' }),
      recordSettlement: (...given) => {
        settled.push(given);
        return Promise.resolve();
      },
    },
  });
  const { clientOrderId, positionKey } = sending;
  const settlement = await attempt().run(() =>
    story.activities.settleOrder({ clientOrderId, positionKey, baseCurrency: 'USDC', quoteCurrency: 'USDT' }),
  );
  assert.deepEqual(settlement, {
    kind: 'done',
    venueOrderId: '9001',
    filledBase: '0',
    receivedBase: '0',
    averagePrice: null,
    feesQuote: '0',
    firstFillAtMs: null,
  });
  assert.deepEqual(settled, [[clientOrderId, { venueOrderId: '9001', filledBase: '0', averagePrice: null }, []]]);
});
