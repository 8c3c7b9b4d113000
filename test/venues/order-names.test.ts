/** Whose order is whose, where a venue counts the orders of each symbol for themselves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOrderNames } from '../../src/venues/orders/order-names.ts';

test('two orders of different symbols under one id keep their own names, and the oldest are forgotten', () => {
  const names = createOrderNames(2);
  names.note('BTC/USDT', '7', 'ours');
  names.note('ETH/USDT', '7', 'theirs');
  assert.deepEqual([names.of('BTC/USDT', '7'), names.of('ETH/USDT', '7')], ['ours', 'theirs']);
  assert.equal(names.of('XRP/USDT', '7'), undefined);
  names.note('XRP/USDT', '7', 'new');
  assert.deepEqual([names.of('BTC/USDT', '7'), names.of('XRP/USDT', '7')], [undefined, 'new']);
});
