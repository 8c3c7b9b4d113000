/** A short perpetual over several funding settlements, against the simulated exchange: signs, margin, reduce-only. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimal, toText } from '../../src/domain/decimal.ts';
import { marketTimeMs, type ClockAnchor } from '../../src/domain/market-clock.ts';
import type { OrderSide } from '../../src/domain/order.ts';
import type { VenueOrderRequest } from '../../src/ports/venue.ts';
import { waitUntil } from '../../src/stack/wait-until.ts';
import { createCcxtVenue } from '../../src/venues/ccxt-venue.ts';
import { isRecord, list } from '../../src/venues/capabilities/raw.ts';
import { startSim } from '../support/services.ts';

const symbol = 'USDC/USDT:USDT';
const hourMs = 3_600_000;

/** Two market hours a second, hours ahead of wall time: a settlement every four seconds. */
const anchor: ClockAnchor = {
  wallMs: Date.now(),
  marketMs: Math.ceil(Date.now() / (8 * hourMs)) * 8 * hourMs + hourMs,
  scale: 7_200,
  tapeEndMs: null,
};
const marketTimeOf = (wallMs: number): number => marketTimeMs(anchor, wallMs);

let count = 0;
function order(side: OrderSide, reduceOnly: boolean): VenueOrderRequest {
  count += 1;
  return {
    clientOrderId: `bk${anchor.wallMs}f${count}`,
    symbol,
    side,
    quantityBase: '1000',
    limitPrice: side === 'sell' ? '0.9999' : '1.0001',
    timeInForce: 'ioc',
    reduceOnly,
    sendByMs: Date.now() + 3_000,
  };
}

async function ask(method: string, address: string, body?: object): Promise<unknown> {
  const response = await fetch(address, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return response.json();
}

test('a short perpetual is paid by longs, reads as negative, and closes reduce-only', async (t) => {
  const funding = { kind: 'constant', rate: '0.0001', intervalHours: 8 };
  const sim = await startSim({ config: { tape: null, venues: { binanceusdm: { funding } } }, anchor });
  t.after(() => sim.stop());
  const { rest, ws, credentials } = sim.venues['binanceusdm'] ?? assert.fail('not simulated');
  const { apiKey = '', secret = '' } = credentials;
  const bids = [['0.9999', '50000']];
  const asks = [['1.0001', '50000']];
  await ask('POST', `${sim.control}/venues/binanceusdm/prices`, { symbol, centre: '1.0000', bids, asks });
  const venue = await createCcxtVenue({
    account: 'main',
    venue: 'binanceusdm',
    credentials: { apiKey, secret },
    endpoint: { rest, ws },
    clock: { nowMs: () => Date.now() },
    marketTimeOf,
  });
  t.after(() => venue.close());
  await venue.prepare([symbol], '2');

  assert.equal((await venue.submit(order('sell', false))).kind, 'accepted');
  const reading = await venue.reading([symbol]);
  assert.equal(reading.positions[0]?.quantityBase, '-1000');
  assert.ok(decimal(reading.positions[0]?.liquidationPrice ?? '0').gt(decimal('1')), 'a short is liquidated above');
  assert.ok(decimal(reading.freeMargin ?? '0').gt(decimal('0')));

  let payments = await venue.fundingPaymentsSince(symbol, anchor.marketMs);
  await waitUntil(
    async () => (payments = await venue.fundingPaymentsSince(symbol, anchor.marketMs)).length >= 2,
    30_000,
    () => 'no funding was paid',
    250,
  );
  const income = list(await ask('GET', `${sim.control}/venues/binanceusdm/income`), 'income').filter(isRecord);
  const paid = new Map(income.map((entry) => [String(entry['id']), entry['amount']]));
  for (const payment of payments) {
    assert.equal(payment.amount, paid.get(payment.paymentId), 'the venue booked the same');
    // 1000 · 1.0000 · 0.0001, to the short.
    assert.equal(toText(decimal(payment.amount).round(3)), '0.1');
    assert.equal(payment.currency, 'USDT');
    assert.ok(payment.settledAtMs % (8 * hourMs) < hourMs, 'settled on the eight-hour grid, in market time');
  }

  assert.equal((await venue.submit(order('buy', true))).kind, 'accepted');
  assert.deepEqual((await venue.reading([symbol])).positions, []);
  const flat = await venue.submit(order('buy', true));
  assert.ok(flat.kind === 'rejected', JSON.stringify(flat));
  assert.equal(flat.category, 'reduce_only_rejected');
});
