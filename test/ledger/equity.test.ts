/** Equity in the tables: what an account's records add up to, and the marks of a book. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeMark, hourMark, type EquityMark } from '../../src/domain/equity/mark.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { fill, nowMs, opening, plan, reading } from './support/requests.ts';
import { withLedger } from './support/with-ledger.ts';

const hourMs = 3_600_000;
const usdc = 'USDC-bybit-binanceusdm-long-';

/** Both opening orders of a position, sent. */
async function sent(ledger: Ledger, name: string): Promise<[spot: string, perp: string]> {
  await ledger.writeReading(reading('bybit', '100000'));
  await ledger.writeReading(reading('binance', '100000'));
  await ledger.prepareOpening(opening(plan(name)));
  const orders = await ledger.ordersOf(plan(name).key);
  for (const { clientOrderId } of orders)
    await ledger.claimOrder(clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 1 });
  const [spot, perp] = orders;
  assert.ok(spot && perp);
  return [spot.clientOrderId, perp.clientOrderId];
}

async function filled(ledger: Ledger, name: string): Promise<void> {
  const [spot, perp] = await sent(ledger, name);
  const done = (venueOrderId: string) => ({ venueOrderId, filledBase: '1000', averagePrice: '1' });
  // 600 + 400 bought, 0.05 of the coin taken from each.
  await ledger.recordSettlement(spot, done(`S-${name}`), [
    fill(`S-${name}`, '1', { quantityBase: '600', executedAtMs: nowMs + 10 }),
    fill(`S-${name}`, '2', { quantityBase: '400', price: '1.0002', executedAtMs: nowMs + 20 }),
  ]);
  const perpetual = {
    symbol: 'USDC/USDT:USDT',
    side: 'sell',
    price: '1.0010',
    fee: '0.5',
    feeCurrency: 'USDT',
  } as const;
  await ledger.recordSettlement(perp, done(`P-${name}`), [
    fill(`P-${name}`, '1', { ...perpetual, executedAtMs: nowMs + 10 }),
  ]);
}

function markOf(mark: string, atMarketMs: number, equityUsd = '150000'): EquityMark {
  return {
    book: 'default',
    mark,
    atWallMs: atMarketMs + 5,
    atMarketMs,
    equityUsd,
    transfers: [{ account: 'bybit', currency: 'USDT', amount: '150000', priceUsd: '1' }],
    parts: [{ account: 'bybit', name: 'USDT', amount: equityUsd, priceUsd: '1' }],
    unpriced: [{ currency: 'BNB', amount: '0.1' }],
  };
}

test('fills, fees and funding are summed by symbol and currency, to a market time', () =>
  withLedger(async ({ ledger }) => {
    await filled(ledger, 'A');
    const payment = (paymentId: string, amount: string, settledAtMs: number) => ({
      paymentId,
      amount,
      settledAtMs,
      symbol: 'USDC/USDT:USDT',
      currency: 'USDT',
    });
    await ledger.recordFundingPayments('binance', [payment('0', '7', nowMs), payment('1', '0.3', nowMs + 30)]);
    // 600 · 0.9997 + 400 · 1.0002 paid; 1,000 less two fees of 0.05 received.
    assert.deepEqual(await ledger.accountFlows('bybit', 0, null), {
      traded: [{ symbol: 'USDC/USDT', quantityBase: '999.9', quoteAmount: '-999.9' }],
      paid: [],
      perpetualFills: 0,
    });
    assert.deepEqual((await ledger.accountFlows('bybit', 0, nowMs + 10)).traded, [
      { symbol: 'USDC/USDT', quantityBase: '599.95', quoteAmount: '-599.82' },
    ]);
    // What was settled before the declaration is not its own: 0.3 − 0.5.
    assert.deepEqual(await ledger.accountFlows('binance', nowMs, null), {
      traded: [{ symbol: 'USDC/USDT:USDT', quantityBase: '-1000', quoteAmount: '1001' }],
      paid: [{ currency: 'USDT', amount: '-0.2' }],
      perpetualFills: 1,
    });
    assert.deepEqual(await ledger.accountFlows('another', 0, null), { traded: [], paid: [], perpetualFills: 0 });
  }));

test('an account is quiet while nothing is on its way, and nothing happened in that time', () =>
  withLedger(async ({ ledger }) => {
    assert.equal(await ledger.isAccountQuiet('bybit', 0, nowMs), true);
    const [spot] = await sent(ledger, 'A');
    assert.equal(await ledger.isAccountQuiet('bybit', 0, nowMs), false, 'an order is sending');
    await ledger.recordSettlement(spot, { venueOrderId: 'S', filledBase: '1000', averagePrice: '1' }, [
      fill('S', '1', { executedAtMs: nowMs + 10 }),
    ]);
    assert.equal(await ledger.isAccountQuiet('bybit', nowMs, nowMs + 9), true);
    assert.equal(await ledger.isAccountQuiet('bybit', nowMs, nowMs + 10), false);
    assert.equal(await ledger.isAccountQuiet('bybit', nowMs + 11, nowMs + 20), true);
    const paid = { paymentId: '1', symbol: 'USDC/USDT:USDT', amount: '1', currency: 'USDT', settledAtMs: nowMs + 30 };
    await ledger.recordFundingPayments('bybit', [paid]);
    assert.equal(await ledger.isAccountQuiet('bybit', nowMs + 25, nowMs + 35), false);
  }));

test('a mark is written once, and comes back as it was; a period begins with the last mark before it', () =>
  withLedger(async ({ ledger }) => {
    assert.equal(await ledger.latestEquity('default'), null);
    assert.deepEqual(await ledger.equityPoints('default', null), []);
    const marks = [0, 1, 2].map((hour) =>
      markOf(hourMark(nowMs + hour * hourMs), nowMs + hour * hourMs, `${150000 + hour}`),
    );
    for (const mark of marks) await ledger.writeEquity(mark);
    const [first, , last] = marks;
    assert.ok(first && last);
    await ledger.writeEquity({ ...first, equityUsd: '1', atMarketMs: nowMs + 9 * hourMs });
    await ledger.writeEquity({ ...markOf(first.mark, nowMs + 9 * hourMs), book: 'another' });
    assert.deepEqual(await ledger.latestEquity('default'), last);
    const seen = async (sinceMs: number | null) =>
      (await ledger.equityPoints('default', sinceMs)).map(({ equityUsd }) => equityUsd);
    assert.deepEqual(await seen(null), ['150000', '150001', '150002']);
    assert.deepEqual(await seen(nowMs + 1.5 * hourMs), ['150001', '150002']);
    assert.deepEqual(await seen(nowMs - 1), ['150000', '150001', '150002']);
    assert.deepEqual((await ledger.equityPoints('default', null))[0]?.transfers, first.transfers);
  }));

test('a closed position waits for the mark of its close, and is reported with what its open came to', () =>
  withLedger(async ({ ledger }) => {
    await filled(ledger, 'A');
    await filled(ledger, 'B');
    const key = `${usdc}A`;
    const hedged = { key, status: 'hedged', nowWallMs: nowMs, openedAtMarketMs: nowMs } as const;
    await ledger.updatePosition(hedged);
    await ledger.updatePosition({ key, status: 'closing', nowWallMs: nowMs });
    assert.deepEqual(await ledger.unmarkedCloses('default', 0), []);
    await ledger.updatePosition({ key, status: 'closed', nowWallMs: nowMs, closedAtMarketMs: nowMs + hourMs });
    assert.deepEqual(await ledger.unmarkedCloses('default', nowMs), [key]);
    assert.deepEqual(await ledger.unmarkedCloses('default', nowMs + hourMs + 1), [], 'too long ago');
    assert.deepEqual(await ledger.unmarkedCloses('another', 0), []);
    await ledger.writeEquity(markOf(closeMark(key), nowMs + hourMs));
    assert.deepEqual(await ledger.unmarkedCloses('default', 0), []);

    const keys = async (sinceMs: number | null) =>
      (await ledger.tradedPositions('default', sinceMs)).map(({ position }) => position.key);
    assert.deepEqual(await keys(null), [key, `${usdc}B`]);
    assert.deepEqual(await keys(nowMs + hourMs + 1), [`${usdc}B`], 'it is still on');
    assert.deepEqual(await keys(nowMs + hourMs), [key, `${usdc}B`]);
  }));

test('a day is recorded again until it is over', () =>
  withLedger(async ({ ledger }) => {
    const day = {
      book: 'default',
      dayMarketMs: nowMs,
      equityUsd: '150000',
      realisedUsd: '-0.5',
      recordedAtWallMs: nowMs,
      figures: { sharpe: { value: null, days: 1, n: 1 } },
    };
    await ledger.recordPerformance(day);
    const later = { ...day, equityUsd: '150001', figures: { sharpe: { value: 1.5, days: 2, n: 2 } } };
    await ledger.recordPerformance(later);
    await ledger.recordPerformance({ ...day, dayMarketMs: nowMs - 1 });
    assert.deepEqual(await ledger.dailyPerformance('default'), [{ ...day, dayMarketMs: nowMs - 1 }, later]);
  }));
