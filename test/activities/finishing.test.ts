/** The end of a position on a real ledger: what is booked of an account that held the perpetual before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finishPosition } from '../../activities/execution/finishing.ts';
import { decimal, toText } from '../../src/domain/decimal.ts';
import { fundingOf, nobody } from '../../src/domain/funding/funding-share.ts';
import type { OrderIntent } from '../../src/domain/order.ts';
import type { Alert } from '../../src/ports/alerts.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { fakeAlerts } from './watching/support.ts';
import { anchor } from './support/account-story.ts';
import { fill, intent, nowMs, opening, perpIntent, plan, reading } from '../ledger/support/requests.ts';
import { withLedger } from '../ledger/support/with-ledger.ts';

const perpetual = 'USDC/USDT:USDT';

/** Everything filled at one price and without a fee, at a time after the start. */
async function filled(ledger: Ledger, key: string, intents: readonly OrderIntent[], price: string, atMs: number) {
  for (const { clientOrderId, symbol, side, quantityBase } of await ledger.prepareOrders(
    key,
    `position/${key}`,
    intents,
  )) {
    await ledger.claimOrder(clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
    await ledger.recordSettlement(
      clientOrderId,
      { venueOrderId: clientOrderId, filledBase: quantityBase, averagePrice: price },
      [fill(clientOrderId, 't1', { symbol, side, quantityBase, price, fee: '0', executedAtMs: nowMs + atMs })],
    );
  }
}

test('a trim belongs to the opening, and the funding of a short that was there before to nobody', () =>
  withLedger(async ({ ledger }) => {
    const of = plan('A', { spotReferencePrice: '1', perpReferencePrice: '1' });
    const before = { symbol: perpetual, entryPrice: '1', markPrice: '1', liquidationPrice: null, leverage: '3' };
    await ledger.declareBaseline({
      account: 'binance',
      balances: [],
      positions: [{ ...before, quantityBase: '-8100' }],
      declaredAtWallMs: nowMs - 1,
      declaredAtMarketMs: nowMs - 1,
    });
    for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '100000'));
    const intents = [intent(), { ...perpIntent, quantityBase: '900' }];
    assert.equal((await ledger.prepareOpening(opening(of, { intents }))).kind, 'prepared');
    await filled(ledger, of.key, intents, '1', 5);
    await filled(ledger, of.key, [intent({ purpose: 'trim', side: 'sell', step: 2, quantityBase: '100' })], '1', 6);
    const opened = { key: of.key, nowWallMs: nowMs, openedAtMarketMs: nowMs + 7 };
    await ledger.updatePosition({ ...opened, status: 'hedged' });
    // 9,000 short in all, 900 of them ours.
    const payment = { paymentId: 'p1', symbol: perpetual, amount: '10', currency: 'USDT', settledAtMs: nowMs + 10 };
    await ledger.recordFundingPayments('binance', [payment]);
    await ledger.updatePosition({ key: of.key, status: 'closing', nowWallMs: nowMs });
    const closing = { purpose: 'close', step: 3, quantityBase: '900' } as const;
    await filled(
      ledger,
      of.key,
      [intent({ ...closing, side: 'sell' }), { ...perpIntent, ...closing, side: 'buy' }],
      '1.1',
      20,
    );
    const attribution = await finishPosition(
      { ledger, alerts: fakeAlerts() },
      {
        key: of.key,
        status: 'closed',
        exitReason: 'max_holding',
        abortReason: null,
        anchor,
        nowWallMs: nowMs + 21,
        closePrices: { spot: '1.1', perp: '1.1' },
      },
    );
    assert.deepEqual(attribution, {
      basisUsd: '0',
      fundingUsd: '1',
      feesUsd: '0',
      slippageUsd: '0',
      borrowUsd: '0',
      quoteCurrencyUsd: '0',
      realisedUsd: '1',
    });
    const unowned = fundingOf(
      nobody,
      perpetual,
      await ledger.fundingPaymentsOfAccount('binance'),
      await ledger.fillsOfAccount('binance'),
      decimal('-8100'),
    );
    assert.equal(toText(unowned.plus(decimal(attribution.fundingUsd))), '10', 'as much as the venue paid');
  }));

test('fees in a coin without a price are told once at the end, and nothing stands because of them', () =>
  withLedger(async ({ ledger }) => {
    const of = plan('A');
    for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '100000'));
    const opened = await ledger.prepareOpening(opening(of));
    assert.ok(opened.kind === 'prepared');
    for (const { clientOrderId, leg, symbol, side } of opened.orders) {
      await ledger.claimOrder(clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
      const settlement = { venueOrderId: leg, filledBase: '1000', averagePrice: '0.9997' };
      const paid = fill(leg, 't1', { symbol, side, fee: '0.001', feeCurrency: 'BNB' });
      await ledger.recordSettlement(clientOrderId, settlement, [paid]);
    }
    await ledger.updatePosition({ key: of.key, status: 'closing', nowWallMs: nowMs });
    const alerts = {
      raise: (alert: Alert) => ledger.raiseAlert(alert, nowMs),
      resolve: (key: string) => ledger.resolveAlert(key, nowMs),
    };
    const ending = {
      key: of.key,
      status: 'closed',
      exitReason: 'max_holding',
      abortReason: null,
      closePrices: null,
    } as const;
    // An activity may be done again.
    for (let time = 0; time < 2; time += 1)
      await finishPosition({ ledger, alerts }, { ...ending, anchor, nowWallMs: nowMs });
    assert.deepEqual(await ledger.openAlerts(), []);
    assert.deepEqual(
      (await ledger.alertsSince(0)).map(({ key, severity, message, isNotice }) => [key, severity, message, isNotice]),
      [
        [
          `unpriced/${of.key}`,
          'info',
          `${of.key}: its P&L lacks prices: 0.002 BNB of fees booked at the configured rates`,
          true,
        ],
      ],
    );
  }));
