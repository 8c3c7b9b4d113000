/** A short perpetual over several funding settlements, against each simulated exchange: signs, margin, reduce-only. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { decimal, toText } from '../../src/domain/decimal.ts';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import type { OrderSide } from '../../src/domain/order.ts';
import type { LimitOrderRequest, Venue } from '../../src/ports/venue.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { createMarketData } from '../../src/venues/markets/market-data.ts';
import { clock, openScene, subjects, type Scene, type Subject } from './support/subjects.ts';

const hourMs = 3_600_000;
/** Two market hours a second, hours ahead of wall time: a settlement of eight hours every four seconds. */
const anchor: ClockAnchor = {
  wallMs: Date.now(),
  marketMs: Math.ceil(Date.now() / (8 * hourMs)) * 8 * hourMs + hourMs,
  scale: 7_200,
  tapeEndMs: null,
};
/** The rate of a settlement, paid by longs. */
const rate = '0.0001';
const perpetuals = subjects.filter(({ symbol }) => symbol.includes(':'));

/** Of the simulated exchanges: hourly at kraken futures, as there. */
function intervalHoursOf({ venue }: Subject): number {
  return venue === 'krakenfutures' ? 1 : 8;
}

let scene: Scene;
before(async () => {
  const venues = perpetuals.map((subject): [string, object] => {
    const funding = { kind: 'constant', rate, intervalHours: intervalHoursOf(subject) };
    return [subject.venue, { funding, rateLimits: false }];
  });
  scene = await openScene(anchor, Object.fromEntries(venues));
});
after(() => scene.sim.stop());

function order(subject: Subject, side: OrderSide, reduceOnly: boolean): LimitOrderRequest {
  const limitPrice = side === 'sell' ? '0.9999' : '1.0001';
  return scene.order(subject, { side, limitPrice, quantityBase: '1000', reduceOnly });
}

async function untilPaidTwice(venue: Venue, { symbol }: Subject): Promise<ReturnType<Venue['fundingPaymentsSince']>> {
  let payments = await venue.fundingPaymentsSince(symbol, anchor.marketMs);
  await waitUntil(
    async () => (payments = await venue.fundingPaymentsSince(symbol, anchor.marketMs)).length >= 2,
    30_000,
    () => 'no funding was paid',
    250,
  );
  return payments;
}

suite('funding', { concurrency: 2 }, () => {
  for (const subject of perpetuals) holdFundingContract(subject);
});

function holdFundingContract(subject: Subject): void {
  suite(`${subject.symbol} at ${subject.venue}`, { concurrency: 1 }, () => {
    const intervalHours = intervalHoursOf(subject);
    let venue: Venue;
    before(async () => {
      venue = await scene.open(subject);
      await scene.setBook(subject, ['0.9999', '50000'], ['1.0001', '50000']);
      await venue.prepare([subject.symbol], '2');
    });
    after(() => venue.close());

    test('a short is paid by longs, reads as negative, and closes reduce-only', async () => {
      const opened = await venue.submit(order(subject, 'sell', false));
      assert.equal(opened.kind, 'accepted', JSON.stringify(opened));
      const reading = await venue.reading([subject.symbol]);
      assert.equal(reading.positions[0]?.quantityBase, '-1000');
      const liquidationPrice = reading.positions[0]?.liquidationPrice ?? null;
      if (liquidationPrice !== null) {
        assert.ok(decimal(liquidationPrice).gt(decimal('1')), 'a short is liquidated above');
      }
      assert.ok(decimal(reading.freeMargin ?? '0').gt(decimal('0')));

      const payments = await untilPaidTwice(venue, subject);
      const income = await scene.records(subject, 'income');
      const booked = income.filter((entry) => entry['type'] === 'FUNDING_FEE').map((entry) => entry['amount']);
      // Where it accrues, the first settlement pays for the part of the interval since the position was opened.
      const onTrades = venue.capabilities.fundingOnTrades === true;
      for (const payment of onTrades ? payments.slice(1) : payments) {
        assert.ok(booked.includes(payment.amount), `${payment.amount} is not among ${booked.join(', ')}`);
        // 1000 · 1.0000 · 0.0001, to the short.
        assert.equal(toText(decimal(payment.amount).round(3)), '0.1');
        assert.equal(payment.currency, subject.feeCurrency, 'in what the perpetual settles in');
        assert.ok(payment.settledAtMs % (intervalHours * hourMs) < hourMs / 2, 'on the grid of settlements');
      }
      assert.equal(new Set(payments.map(({ paymentId }) => paymentId)).size, payments.length);

      assert.equal((await venue.submit(order(subject, 'buy', true))).kind, 'accepted');
      assert.deepEqual((await venue.reading([subject.symbol])).positions, []);
      const all = await venue.fundingPaymentsSince(subject.symbol, anchor.marketMs);
      const records = await scene.records(subject, 'income');
      const paid = records.filter(({ type }) => type === 'FUNDING_FEE');
      const inOrder = (amounts: readonly unknown[]): string[] =>
        amounts.map(String).toSorted((one, other) => one.localeCompare(other));
      assert.deepEqual(
        inOrder(all.map(({ amount }) => amount)),
        inOrder(paid.map(({ amount }) => amount)),
        'to the last unit, what the close realised too',
      );
      assert.equal(
        paid.some(({ tradeId }) => tradeId !== ''),
        onTrades,
      );
      const flat = await venue.submit(order(subject, 'buy', true));
      assert.ok(flat.kind === 'rejected', JSON.stringify(flat));
      assert.equal(flat.category, 'reduce_only_rejected');
    });

    test('rates, their interval and the next settlement are public', async () => {
      const { rest, ws } = scene.sim.venues[subject.venue] ?? assert.fail('not simulated');
      const log = { info: () => undefined, warn: () => undefined };
      const endpoints = { [subject.venue]: { rest, ws } };
      const market = createMarketData({ endpoints, clock, log, marketTimeOf: scene.marketTimeOf });
      try {
        const askedAtMs = scene.marketTimeOf(Date.now());
        const told = await market.fundingRate(subject.venue, subject.symbol);
        assert.deepEqual([told.rate, told.intervalHours], [rate, intervalHours]);
        assert.equal(told.nextSettlementAtMs % (intervalHours * hourMs), 0);
        assert.ok(told.nextSettlementAtMs > askedAtMs - intervalHours * hourMs);
        const sinceMs = anchor.marketMs - 60 * 24 * hourMs;
        const settled = await market.fundingRatesSince(subject.venue, subject.symbol, sinceMs);
        const times = settled.map(({ settledAtMs }) => settledAtMs);
        assert.ok(times.length >= 2 && settled.every((each) => each.rate === rate));
        const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
        assert.ok(
          gaps.every((gapMs) => gapMs === intervalHours * hourMs),
          'none is missing, none is twice',
        );
      } finally {
        await market.close();
      }
    });
  });
}
