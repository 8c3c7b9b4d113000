/** Coins that positions need for their close, as the ledger knows them while readings come and go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VenueFill } from '../../src/domain/fill.ts';
import type { OrderIntent } from '../../src/domain/order.ts';
import type { PositionPlan, PositionStatus } from '../../src/domain/position.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { fill, intent, limits, nowMs, opening, perpIntent, plan, reading, request } from './support/requests.ts';
import { withLedger } from './support/with-ledger.ts';

/** Everything in wall time after `nowMs`. */
const at = (afterMs: number): number => nowMs + afterMs;

async function read(ledger: Ledger, afterMs: number, usdc: string, usdt: string): Promise<void> {
  const balances = [
    { currency: 'USDC', total: usdc, free: usdc },
    { currency: 'USDT', total: usdt, free: usdt },
  ];
  await ledger.writeReading(reading('bybit', '0', { balances, readAtMs: at(afterMs) }));
  await ledger.writeReading(reading('binance', '100000', { readAtMs: at(afterMs) }));
}

async function claim(ledger: Ledger, id: string, afterMs: number): Promise<void> {
  assert.ok(await ledger.claimOrder(id, { claimedAtMs: at(afterMs), sendByMs: at(afterMs) + 3_000 }));
}

async function filled(ledger: Ledger, id: string, change: Partial<VenueFill>): Promise<void> {
  const one = fill(`venue-${id}`, `trade-${id}`, change);
  const { venueOrderId, quantityBase: filledBase, price: averagePrice } = one;
  await ledger.recordSettlement(id, { venueOrderId, filledBase, averagePrice }, [one]);
}

async function sent(ledger: Ledger, of: PositionPlan, change: Partial<OrderIntent>, afterMs: number): Promise<string> {
  const [order] = await ledger.prepareOrders(of.key, `position/${of.key}`, [intent(change)]);
  assert.ok(order);
  await claim(ledger, order.clientOrderId, afterMs);
  return order.clientOrderId;
}

async function becomes(ledger: Ledger, { key }: PositionPlan, status: PositionStatus, afterMs: number): Promise<void> {
  await ledger.updatePosition({ key, status, nowWallMs: at(afterMs) });
}

/** Sends both legs 2 s after `nowMs`; returns the spot order. */
async function opened(ledger: Ledger, of: PositionPlan, spot: Partial<OrderIntent> = {}): Promise<string> {
  const result = await ledger.prepareOpening(opening(of, { intents: [intent(spot), perpIntent] }));
  assert.ok(result.kind === 'prepared', JSON.stringify(result));
  const order = result.orders.find(({ leg }) => leg === 'spot');
  assert.ok(order);
  await claim(ledger, order.clientOrderId, 2_000);
  return order.clientOrderId;
}

async function bound(ledger: Ledger): Promise<string[]> {
  return (await ledger.boundCoins(['bybit'])).map(({ currency, amount }) => `${amount} ${currency}`);
}

test('what a long bought is its own from the first reading that can show it until it is sold, and so is what is still in doubt', () =>
  withLedger(async ({ ledger }) => {
    const long = plan('A');
    await read(ledger, 0, '3000', '5000');
    const spot = await opened(ledger, long);
    assert.deepEqual(await bound(ledger), [], 'the reading is older than the order: none of its coins is in it');
    await read(ledger, 2_001, '3999.95', '4000');
    assert.deepEqual(await bound(ledger), ['1000 USDC'], 'nobody knows yet what was filled: all of it');
    await filled(ledger, spot, { quantityBase: '1000', fee: '0.05', feeCurrency: 'USDC' });
    await ledger.settleReservation(long.key, at(2_500));
    await becomes(ledger, long, 'hedged', 2_500);
    assert.deepEqual(await bound(ledger), ['999.95 USDC']);
    await read(ledger, 10_000, '3999.95', '4000');

    // A short from inventory may sell the 3,000 that no position bought.
    const asked = (name: string, amount: string) =>
      ledger.reserve(
        request(plan(name, { direction: 'short_spot_long_perp', perp: { ...long.perp, account: 'okx' } }), {
          needs: [{ account: 'bybit', currency: 'USDC', amount }],
          limits,
          nowWallMs: at(10_001),
        }),
      );
    assert.deepEqual(await asked('B', '3000.01'), {
      kind: 'refused',
      reasons: [
        'free at bybit: 3000.01 USDC needed, 3999.95 free − 999.95 for the closes of positions − 0 reserved = 3000',
      ],
    });
    assert.equal((await asked('C', '3000')).kind, 'reserved');
  }));

test('a long that is reduced, and then closed, gives its coins up when a reading is sure to be without them', () =>
  withLedger(async ({ ledger }) => {
    const long = plan('A');
    await read(ledger, 0, '0', '5000');
    await filled(ledger, await opened(ledger, long), { quantityBase: '1000', fee: '0', feeCurrency: 'USDT' });
    await becomes(ledger, long, 'hedged', 2_500);
    await read(ledger, 60_000, '1000', '4000');
    const sell = { side: 'sell', purpose: 'close' } as const;
    const reducing = await sent(ledger, long, { ...sell, step: 2, quantityBase: '400' }, 59_000);
    await filled(ledger, reducing, { side: 'sell', quantityBase: '400', feeCurrency: 'USDT' });
    assert.deepEqual(await bound(ledger), ['1000 USDC'], 'the reading may be from before the sale');
    await read(ledger, 71_999, '600', '4400');
    assert.deepEqual(await bound(ledger), ['1000 USDC']);
    await read(ledger, 72_000, '600', '4400');
    assert.deepEqual(await bound(ledger), ['600 USDC'], 'sent by 62 s, and over ten seconds later');

    await becomes(ledger, long, 'closing', 80_000);
    const closing = await sent(ledger, long, { ...sell, step: 3, quantityBase: '600' }, 80_000);
    assert.deepEqual(await bound(ledger), ['600 USDC']);
    await filled(ledger, closing, { side: 'sell', quantityBase: '600', feeCurrency: 'USDT' });
    await becomes(ledger, long, 'closed', 81_000);
    assert.deepEqual(await bound(ledger), ['600 USDC'], 'it is over, and the reading still shows its coins');
    await read(ledger, 81_001, '0', '5000');
    assert.deepEqual(await bound(ledger), []);
  }));

test('what a short from inventory was paid is kept for buying back, unless what it sold stays sold', () =>
  withLedger(async ({ ledger }) => {
    const short = plan('A', {
      direction: 'short_spot_long_perp',
      spotReferencePrice: '1',
      maxCloseSlippageBps: '20',
      spot: { ...plan('A').spot, takerFeeBps: '0' },
    });
    await read(ledger, 0, '1000', '1000');
    const spot = await opened(ledger, short, { side: 'sell' });
    await filled(ledger, spot, { side: 'sell', quantityBase: '1000', price: '1', feeCurrency: 'USDT' });
    await ledger.settleReservation(short.key, at(2_500));
    await becomes(ledger, short, 'hedged', 2_500);
    await read(ledger, 10_000, '0', '1999.95');
    assert.deepEqual(await bound(ledger), ['1002 USDT'], '1,000 at its close’s cap of 20 bps');
    const asked = (name: string) => {
      const needs = [{ account: 'bybit', currency: 'USDT', amount: '1000' }];
      const perp = { ...short.perp, account: 'okx' };
      return ledger.reserve(request(plan(name, { perp }), { needs, nowWallMs: at(10_001) }));
    };
    assert.deepEqual(await asked('B'), {
      kind: 'refused',
      reasons: [
        'free at bybit: 1000 USDT needed, 1999.95 free − 1002 for the closes of positions − 0 reserved = 997.95',
      ],
    });
    await ledger.declareBaselineChange({
      positionKey: short.key,
      account: 'bybit',
      currency: 'USDC',
      quantityBase: '-1000',
      price: '0.9',
      reason: 'USDC broke',
      declaredAtWallMs: at(11_000),
      declaredAtMarketMs: at(11_000),
    });
    assert.deepEqual(await bound(ledger), []);
    assert.equal((await asked('C')).kind, 'reserved');
  }));
