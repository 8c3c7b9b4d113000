/** What our fills come to, by symbol: the figure that a venue's position is held against. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ledger } from '../../src/ports/ledger.ts';
import { fill, intent, nowMs, opening, perpIntent, plan, reading } from './support/requests.ts';
import { withLedger } from './support/with-ledger.ts';

const perpetual = perpIntent.symbol;

async function opened(ledger: Ledger, intents = [intent(), perpIntent]): Promise<string[]> {
  await ledger.writeReading(reading('bybit', '100000'));
  await ledger.writeReading(reading('binance', '100000'));
  await ledger.prepareOpening(opening(plan('A'), { intents }));
  return (await ledger.ordersOf(plan('A').key)).map(({ clientOrderId }) => clientOrderId);
}

test('bought less sold, of the account alone, and exact', () =>
  withLedger(async ({ ledger }) => {
    const close = { ...perpIntent, purpose: 'close', side: 'buy', reduceOnly: true } as const;
    const [spot = '', short = '', back = ''] = await opened(ledger, [intent(), perpIntent, close]);
    for (const id of [spot, short, back]) await ledger.claimOrder(id, { claimedAtMs: nowMs, sendByMs: nowMs + 1 });
    const settle = (id: string, venueOrderId: string, side: 'buy' | 'sell', symbol: string, quantityBase: string) =>
      ledger.recordSettlement(id, { venueOrderId, filledBase: quantityBase, averagePrice: '1' }, [
        fill(venueOrderId, 'T1', { side, symbol, quantityBase }),
      ]);
    await settle(spot, 'V1', 'buy', 'USDC/USDT', '999.99999999');
    await settle(short, 'V2', 'sell', perpetual, '1000');
    await settle(back, 'V3', 'buy', perpetual, '0.1000000000000000000000001');
    assert.deepEqual(await ledger.netFills('bybit'), [
      { symbol: 'USDC/USDT', quantityBase: '999.99999999', unresolvedOrders: 0 },
    ]);
    assert.deepEqual(await ledger.netFills('binance'), [
      { symbol: perpetual, quantityBase: '-999.8999999999999999999999999', unresolvedOrders: 0 },
    ]);
    assert.deepEqual(await ledger.netFills('nobody'), []);
  }));

test('an order is unresolved from its claim until it is settled, absent or rejected', () =>
  withLedger(async ({ ledger }) => {
    const [, short = ''] = await opened(ledger);
    const unresolved = async () => (await ledger.netFills('binance')).map((net) => net.unresolvedOrders);
    assert.deepEqual(await unresolved(), [], 'prepared: nobody has sent it');
    await ledger.claimOrder(short, { claimedAtMs: nowMs, sendByMs: nowMs + 1 });
    assert.deepEqual(await unresolved(), [1]);
    await ledger.recordOutcome(short, { kind: 'accepted', venueOrderId: 'V2' });
    assert.deepEqual(await unresolved(), [1]);
    await ledger.recordSettlement(short, { venueOrderId: 'V2', filledBase: '0', averagePrice: null }, []);
    assert.deepEqual(await unresolved(), []);
  }));
