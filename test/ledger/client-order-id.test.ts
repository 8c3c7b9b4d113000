import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { clientOrderId } from '../../src/ledger/orders/client-order-id.ts';
import type { LegName, OrderPurpose } from '../../src/domain/order.ts';

const first = {
  installationId: '01K74W8Z9V5T6RQJXK3M2N1P0A',
  workflowId: 'position/USDC-bybit-binanceusdm-short-01K74W8Z9V5T6RQJXK3M2N1P0A',
  leg: 'spot',
  purpose: 'open',
  step: 1,
  attempt: 1,
} as const;

test('an id is what sha256sum and base32 make of its parts, each after its length', () => {
  // printf '26:01K7…;64:position/…;4:spot;4:open;1:1;1:1;' | sha256sum | xxd -r -p | base32 | tr A-Z a-z | cut -c1-26
  assert.equal(clientOrderId(first, 'alphanumeric'), 'bkdif2t5zpjsnicaffbhfurvm65x');
  // The same without xxd and base32, up to the 32nd digit: what kraken and hyperliquid take.
  assert.equal(clientOrderId(first, 'hex'), '1a0ba9f72f4c9a8100a509cb48d59eed');
});

const forms = [
  ['alphanumeric', /^bk[a-z2-7]{26}$/],
  ['hex', /^[0-9a-f]{32}$/],
] as const;

const identity = fc.record({
  installationId: fc.string({ unit: fc.constantFrom('1', ';', ':', '/', 'é') }),
  workflowId: fc.string({ unit: fc.constantFrom('1', ';', ':', '/', 'é') }),
  leg: fc.constantFrom<LegName>('spot', 'perp'),
  purpose: fc.constantFrom<OrderPurpose>('open', 'top_up', 'trim', 'unwind', 'reduce', 'close'),
  step: fc.integer({ min: 1, max: 1_000 }),
  attempt: fc.integer({ min: 1, max: 50 }),
});

test('distinct orders have distinct ids, whatever separators their parts hold; equal orders the same', () => {
  fc.assert(
    fc.property(identity, identity, (one, other) => {
      const same = JSON.stringify(one) === JSON.stringify(other);
      for (const [form, pattern] of forms) {
        assert.equal(clientOrderId(one, form) === clientOrderId(other, form), same);
        assert.equal(clientOrderId({ ...one }, form), clientOrderId(one, form));
        assert.match(clientOrderId(one, form), pattern);
      }
    }),
    { numRuns: 2_000 },
  );
  // A part moved over the boundary of its neighbour.
  assert.notEqual(
    clientOrderId({ ...first, installationId: 'a;1:b', workflowId: 'c' }, 'alphanumeric'),
    clientOrderId({ ...first, installationId: 'a', workflowId: 'b;1:c' }, 'alphanumeric'),
  );
});
