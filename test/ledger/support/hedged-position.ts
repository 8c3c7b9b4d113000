/** A hedged position by its own orders: 1,000 bought at bybit, 1,000 sold as a perpetual at binance, without fees. */
import assert from 'node:assert/strict';
import type { VenueFill } from '../../../src/domain/fill.ts';
import type { Ledger } from '../../../src/ports/ledger.ts';
import { fill, nowMs, opening, plan, reading } from './requests.ts';

export const perpetual = 'USDC/USDT:USDT';

export async function hedged(ledger: Ledger, name: string): Promise<string> {
  const of = plan(name);
  for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '100000'));
  const prepared = await ledger.prepareOpening(opening(of));
  assert.ok(prepared.kind === 'prepared', JSON.stringify(prepared));
  for (const { clientOrderId, leg, symbol, side } of prepared.orders) {
    const venueOrderId = `${name}-${leg}`;
    await ledger.claimOrder(clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
    const own = fill(venueOrderId, `${venueOrderId}-1`, { symbol, side, fee: '0', feeCurrency: 'USDT' });
    await ledger.recordSettlement(clientOrderId, { venueOrderId, filledBase: '1000', averagePrice: '0.9997' }, [own]);
  }
  await ledger.updatePosition({ key: of.key, status: 'hedged', nowWallMs: nowMs, openedAtMarketMs: nowMs });
  return of.key;
}

/** So much of the short perpetual, bought back by the venue itself. */
export function takenByVenue(quantityBase: string, change: Partial<VenueFill> = {}): VenueFill {
  return fill('venue-1', '9', {
    symbol: perpetual,
    side: 'buy',
    quantityBase,
    fee: '0',
    feeCurrency: 'USDT',
    ...change,
  });
}
