import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decimal, toText } from '../../src/domain/decimal.ts';
import type { VenueFundingPayment } from '../../src/domain/fill.ts';
import { createAlertOutbox } from '../../src/ledger/alerts/alert-outbox.ts';
import type { Baseline, Ledger } from '../../src/ports/ledger.ts';
import type { Attribution } from '../../src/domain/pnl.ts';
import { fill, intent, nowMs, opening, plan, reading, request } from './support/requests.ts';
import { hedged, perpetual, takenByVenue } from './support/hedged-position.ts';
import { withLedger } from './support/with-ledger.ts';

async function fund(ledger: Ledger): Promise<void> {
  await ledger.writeReading(reading('bybit', '100000'));
  await ledger.writeReading(reading('binance', '100000'));
}

function payment(paymentId: string, change: Partial<VenueFundingPayment> = {}): VenueFundingPayment {
  return { paymentId, symbol: 'USDC/USDT:USDT', amount: '-0.12', currency: 'USDT', settledAtMs: nowMs, ...change };
}

const nothing: Attribution = {
  basisUsd: '0',
  fundingUsd: '0',
  feesUsd: '0',
  slippageUsd: '0',
  borrowUsd: '0',
  quoteCurrencyUsd: '0',
  realisedUsd: '0',
};

/** Up to 40 digits before the point and 30 after it, with zeros to strip at both ends. */
const amount = fc
  .tuple(fc.boolean(), fc.stringMatching(/^\d{1,40}$/), fc.stringMatching(/^\d{0,30}$/))
  .map(([negative, whole, fraction]) => `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`);

test('an amount comes back digit for digit, in canonical text', () =>
  withLedger(async ({ ledger }) => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(amount, amount, async (first, second) => {
        count += 1;
        const account = `account ${count}`;
        const payments = [payment('1', { amount: first }), payment('2', { amount: second, settledAtMs: nowMs + 1 })];
        await ledger.recordFundingPayments(account, payments);
        await ledger.recordFundingPayments(account, payments);
        assert.deepEqual(
          (await ledger.fundingPaymentsOfAccount(account)).map((booked) => booked.amount),
          [toText(decimal(first)), toText(decimal(second))],
        );
      }),
      { numRuns: 150 },
    );
  }));

test('a funding payment is booked once, by account, symbol and id; another figure under its id is a mistake', () =>
  withLedger(async ({ ledger }) => {
    const btc = payment('1', { symbol: 'BTC/USDT:USDT', amount: '3', settledAtMs: nowMs - 1 });
    await ledger.recordFundingPayments('binance', [payment('1'), btc]);
    await ledger.recordFundingPayments('binance', [payment('1', { amount: '-0.1200' })]);
    await ledger.recordFundingPayments('other', [payment('1', { amount: '9' })]);
    await assert.rejects(
      ledger.recordFundingPayments('binance', [
        payment('2', { settledAtMs: nowMs + 1 }),
        payment('1', { amount: '-0.13' }),
      ]),
      /payment 1 of binance.*-0\.12.*-0\.13/,
    );
    assert.deepEqual(await ledger.fundingPaymentsOfAccount('binance'), [
      { ...btc, account: 'binance' },
      { ...payment('1'), account: 'binance' },
      // What came along with the mistake is booked all the same: one wrong record must not hide the others.
      { ...payment('2', { settledAtMs: nowMs + 1 }), account: 'binance' },
    ]);
  }));

test('years of an account are booked in one go: funding, interest, and the fills of one order', () =>
  withLedger(async ({ ledger }) => {
    const payments = Array.from({ length: 11_000 }, (_, hour) =>
      payment(`p${hour}`, { settledAtMs: nowMs + hour * 3_600_000 }),
    );
    await ledger.recordFundingPayments('binance', payments);
    await ledger.recordFundingPayments('binance', payments);
    assert.equal((await ledger.fundingPaymentsOfAccount('binance')).length, 11_000);
    const charges = Array.from({ length: 14_000 }, (_, hour) => ({
      chargeId: `c${hour}`,
      currency: 'USDC',
      amount: '0.01',
      chargedAtMs: nowMs + hour * 3_600_000,
    }));
    await ledger.recordInterest('bybit', charges);
    await ledger.recordInterest('bybit', charges);
    assert.equal((await ledger.interestOfAccount('bybit')).length, 14_000);

    await fund(ledger);
    const prepared = await ledger.prepareOpening(opening(plan('A')));
    assert.ok(prepared.kind === 'prepared');
    const [spot] = prepared.orders;
    assert.ok(spot !== undefined);
    await ledger.claimOrder(spot.clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
    const parts = Array.from({ length: 6_000 }, (_, part) => fill('V1', `T${part}`, { quantityBase: '0.1' }));
    await ledger.recordSettlement(
      spot.clientOrderId,
      { venueOrderId: 'V1', filledBase: '600', averagePrice: '0.9997' },
      parts,
    );
    assert.equal((await ledger.fillsOf(plan('A').key)).length, 6_000);
  }));

test('funding that is booked after its position has ended, or while it ends, is in what it came to, once', () =>
  withLedger(async ({ ledger }) => {
    const [first, second] = [await hedged(ledger, 'A'), await hedged(ledger, 'B')];
    const bought = takenByVenue('1000', { executedAtMs: nowMs + 20 });
    await ledger.bookVenueFills('binance', perpetual, [bought], { kind: 'perpetual', venueHeldBase: '-1000', first });
    // Worked out before any funding was listed.
    const attribution = { ...nothing, feesUsd: '-1', realisedUsd: '-1' };
    const end = (key: string, closedAtMarketMs: number) =>
      ledger.updatePosition({ key, status: 'closed', nowWallMs: nowMs + 100, closedAtMarketMs, attribution });
    const came = async (...keys: readonly string[]) =>
      (await Promise.all(keys.map((key) => ledger.position(key)))).map((row) => [
        row?.attribution?.fundingUsd,
        row?.attribution?.realisedUsd,
      ]);
    await end(first, nowMs + 25);
    // Each was short 1,000 at the first settlement; at the second one there is `second` alone.
    const payments = [
      payment('1', { amount: '0.5', settledAtMs: nowMs + 10 }),
      payment('2', { amount: '0.3', settledAtMs: nowMs + 30 }),
    ];
    for (let time = 1; time <= 2; time += 1) await ledger.recordFundingPayments('binance', payments);
    assert.deepEqual(await came(first, second), [
      ['0.25', '-0.75'],
      [undefined, undefined],
    ]);
    for (let time = 1; time <= 2; time += 1) await end(second, nowMs + 40);
    assert.deepEqual(await came(first, second), [
      ['0.25', '-0.75'],
      ['0.55', '-0.45'],
    ]);
    await ledger.recordFundingPayments('binance', [payment('0', { amount: '-0.1', settledAtMs: nowMs + 8 })]);
    assert.deepEqual(await came(first, second), [
      ['0.2', '-0.8'],
      ['0.5', '-0.5'],
    ]);
  }));

test('fills of a position and of an account come oldest first, with canonical figures', () =>
  withLedger(async ({ ledger }) => {
    await fund(ledger);
    await ledger.prepareOpening(opening(plan('A'), { intents: [intent({ quantityBase: '1000.0' })] }));
    const [order] = await ledger.ordersOf(plan('A').key);
    assert.equal(order?.quantityBase, '1000');
    await ledger.claimOrder(order.clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 1 });
    const late = fill('V1', 'T1', { quantityBase: '600.00', executedAtMs: nowMs + 9, fee: '-0.010' });
    const early = fill('V1', 'T2', { quantityBase: '400', price: '0.99970' });
    await ledger.recordSettlement(
      order.clientOrderId,
      { venueOrderId: 'V1', filledBase: '1000.000', averagePrice: '0.999700' },
      [late, early],
    );
    const whose = { account: 'bybit', clientOrderId: order.clientOrderId, positionKey: plan('A').key };
    assert.deepEqual(await ledger.fillsOfAccount('bybit'), [
      { ...early, price: '0.9997', ...whose },
      { ...late, quantityBase: '600', fee: '-0.01', ...whose },
    ]);
    assert.deepEqual(await ledger.fillsOfAccount('binance'), []);
    const row = await ledger.order(order.clientOrderId);
    assert.deepEqual([row?.filledBase, row?.averagePrice], ['1000', '0.9997']);
  }));

test('the first baseline of an account holds', () =>
  withLedger(async ({ ledger }) => {
    const baseline: Baseline = {
      account: 'binance',
      balances: [{ currency: 'USDT', total: '100', free: '90' }],
      positions: [
        {
          symbol: 'USDC/USDT:USDT',
          quantityBase: '-5',
          entryPrice: '1.0001',
          markPrice: null,
          liquidationPrice: null,
          leverage: '3',
        },
      ],
      declaredAtWallMs: nowMs,
      declaredAtMarketMs: nowMs - 7,
    };
    assert.deepEqual(await ledger.declareBaseline(baseline), baseline);
    assert.deepEqual(await ledger.declareBaseline({ ...baseline, balances: [], declaredAtWallMs: 1 }), baseline);
    assert.deepEqual(await ledger.baselines(), [baseline]);
  }));

test('what a position sold for good is declared once, and never behind a fence or after its end', () =>
  withLedger(async ({ ledger, databaseUrl }) => {
    await fund(ledger);
    const change = {
      account: 'bybit',
      currency: 'USDC',
      quantityBase: '-1000',
      price: '0.87',
      reason: 'depeg: USDC at 0.87 USD',
      declaredAtWallMs: nowMs + 1,
      declaredAtMarketMs: nowMs + 2,
    };
    const keys = ['A', 'B', 'C'].map((name) => plan(name).key);
    const [open = '', fenced = '', ended = ''] = keys;
    for (const name of ['A', 'B', 'C']) {
      const prepared = await ledger.prepareOpening(opening(plan(name)));
      const [order] = prepared.kind === 'prepared' ? prepared.orders : [];
      assert.ok(order);
      const settlement = { venueOrderId: name, filledBase: '1000', averagePrice: '0.9997' };
      await ledger.claimOrder(order.clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 1 });
      await ledger.recordSettlement(order.clientOrderId, settlement, [fill(name, 'T1', { fee: '0' })]);
    }
    assert.equal((await ledger.fencePosition(fenced)).kind, 'fenced');
    await ledger.updatePosition({ key: ended, status: 'aborted', nowWallMs: nowMs });
    for (const positionKey of keys) await ledger.declareBaselineChange({ ...change, positionKey });
    await ledger.declareBaselineChange({ ...change, positionKey: open, price: '0.9', quantityBase: '-1' });
    assert.deepEqual((await ledger.position(open))?.baselineChange, change);
    assert.deepEqual(
      (await ledger.positions({})).map(({ key, baselineChange }) => [key, baselineChange]),
      [
        [ended, undefined],
        [fenced, undefined],
        [open, change],
      ],
    );
    const traded = await ledger.tradedPositions('default', null);
    assert.deepEqual(
      traded.map(({ position }) => position.baselineChange?.quantityBase),
      ['-1000', undefined],
    );
    const outbox = createAlertOutbox(databaseUrl, () => undefined);
    try {
      // 1,000 bought: what was declared is taken off what the fills come to.
      assert.deepEqual(
        (await outbox.legsOfLive()).map(({ plan: of, spotBase }) => [of.key, spotBase]),
        [
          [open, '2000'],
          [fenced, '1000'],
        ],
      );
    } finally {
      await outbox.close();
    }
  }));

test('an alert is one row while it lasts, and another when it comes again', () =>
  withLedger(async ({ ledger, query }) => {
    const alert = { key: 'stuck/A', severity: 'warning', message: 'stuck', positionKey: 'A' } as const;
    await Promise.all(Array.from({ length: 20 }, () => ledger.raiseAlert(alert, nowMs)));
    await ledger.raiseAlert({ ...alert, severity: 'critical', message: 'still\0 stuck' }, nowMs + 1);
    await ledger.raiseAlert({ ...alert, key: 'other', positionKey: null }, nowMs + 2);
    assert.deepEqual(await ledger.openAlerts(), [
      { ...alert, severity: 'critical', message: 'still stuck', raisedAtMs: nowMs, resolvedAtMs: null, count: 21 },
      { ...alert, key: 'other', positionKey: null, raisedAtMs: nowMs + 2, resolvedAtMs: null, count: 1 },
    ]);
    await ledger.resolveAlert('stuck/A', nowMs + 3);
    await ledger.resolveAlert('stuck/A', nowMs + 4);
    await ledger.raiseAlert(alert, nowMs + 5);
    assert.equal((await ledger.openAlerts()).find(({ key }) => key === 'stuck/A')?.count, 1);
    const times = await query(`select resolved_at_wall_ms from alerts where key = 'stuck/A' order by id`);
    assert.deepEqual(times, [{ resolved_at_wall_ms: String(nowMs + 3) }, { resolved_at_wall_ms: null }]);
  }));

const attribution: Attribution = {
  basisUsd: '1.5',
  fundingUsd: '0.25',
  feesUsd: '-0.4',
  slippageUsd: '-0.05',
  borrowUsd: '0',
  quoteCurrencyUsd: '0',
  realisedUsd: '1.3',
};

test('a position goes forward only: what comes late changes nothing, and its end stays', () =>
  withLedger(async ({ ledger }) => {
    await fund(ledger);
    const { key } = plan('A');
    await ledger.reserve(request(plan('A')));
    const go = (status: 'opening' | 'hedged' | 'closing' | 'stuck', nowWallMs: number) =>
      ledger.updatePosition({ key, status, nowWallMs });
    await go('opening', nowMs + 1);
    await ledger.updatePosition({ key, status: 'hedged', nowWallMs: nowMs + 2, openedAtMarketMs: nowMs + 2 });
    await go('opening', nowMs + 3);
    assert.equal((await ledger.position(key))?.status, 'hedged');
    await ledger.updatePosition({ key, status: 'closing', nowWallMs: nowMs + 4, exitReason: 'convergence' });
    await go('hedged', nowMs + 5);
    await go('stuck', nowMs + 6);
    await go('closing', nowMs + 7);
    const end = { key, status: 'closed', nowWallMs: nowMs + 8, closedAtMarketMs: nowMs + 8, attribution } as const;
    await ledger.updatePosition(end);
    await ledger.updatePosition(end);
    for (const late of ['opening', 'hedged', 'closing', 'stuck'] as const) await go(late, nowMs + 9);
    assert.deepEqual(await ledger.position(key), {
      key,
      workflowId: `position/${key}`,
      plan: plan('A'),
      status: 'closed',
      source: 'engine',
      exitReason: 'convergence',
      abortReason: null,
      openedAtMarketMs: nowMs + 2,
      closedAtMarketMs: nowMs + 8,
      createdAtWallMs: nowMs,
      updatedAtWallMs: nowMs + 8,
      attribution,
      isFenced: false,
      acceptedSpotBase: '0',
      acceptedPerpBase: '0',
    });
    await assert.rejects(ledger.updatePosition({ ...end, key: 'unknown' }), /no position unknown/);
    assert.equal(await ledger.position('unknown'), null);
  }));

test('totals count what was hedged, what ended and what it came to', () =>
  withLedger(async ({ ledger }) => {
    const nothing = { opened: 0, closed: 0, open: 0, aborted: 0, realisedPnlUsd: '0', orders: 0, fills: 0 };
    assert.deepEqual(await ledger.totals(), nothing);
    await fund(ledger);
    for (const name of ['A', 'B', 'C']) {
      const prepared = await ledger.prepareOpening(opening(plan(name)));
      assert.ok(prepared.kind === 'prepared');
      const [spot, perp] = prepared.orders;
      assert.ok(spot !== undefined && perp !== undefined);
      // The spot leg fills; the perpetual's order is never sent.
      await ledger.claimOrder(spot.clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 1 });
      const settlement = { venueOrderId: name, filledBase: '1000', averagePrice: '0.9997' };
      await ledger.recordSettlement(spot.clientOrderId, settlement, [fill(name, 'T1')]);
      await ledger.withdrawOrder(perp.clientOrderId, 'never sent');
    }
    const [a, b, c] = ['A', 'B', 'C'].map((name) => plan(name).key);
    const hedgedAt = { status: 'hedged', nowWallMs: nowMs, openedAtMarketMs: nowMs } as const;
    await ledger.updatePosition({ key: a!, ...hedgedAt });
    await ledger.updatePosition({ key: b!, ...hedgedAt });
    await ledger.updatePosition({ key: a!, status: 'closing', nowWallMs: nowMs });
    await ledger.updatePosition({ key: a!, status: 'closed', nowWallMs: nowMs, attribution });
    const loss = { ...attribution, realisedUsd: '-0.30000000000000000001' };
    await ledger.updatePosition({ key: c!, status: 'aborted', nowWallMs: nowMs, attribution: loss });
    assert.deepEqual(await ledger.totals(), {
      opened: 2,
      closed: 1,
      open: 1,
      aborted: 1,
      realisedPnlUsd: '0.99999999999999999999',
      orders: 3,
      fills: 3,
    });
    assert.deepEqual(
      (await ledger.positions({})).map(({ key }) => key),
      [c, b, a],
      'newest first',
    );
    assert.deepEqual(
      (await ledger.positions({ statuses: ['hedged', 'aborted'], limit: 1 })).map(({ key }) => key),
      [c],
    );
    assert.deepEqual(await ledger.positions({ statuses: [] }), []);
    assert.deepEqual(
      (await ledger.positions({ keyEnding: 'ong-B' })).map(({ key }) => key),
      [b],
    );
    assert.deepEqual(await ledger.positions({ keyEnding: '%' }), []);
  }));
