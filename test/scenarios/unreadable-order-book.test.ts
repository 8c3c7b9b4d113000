/**
 * The perpetual's exchange tells no order book, and the venue, or a person, has taken something off the perpetual leg:
 * what is left without a hedge on the other leg must not wait for it, at whatever price its own market is by then.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { decimal } from '../../src/domain/decimal.ts';
import { startTradingService, type TradingService } from '../support/trading-service.ts';
import { handOn } from '../support/venue-hand.ts';

const clean = { ledgerMatchesVenue: true, oneLegged: 0, findings: [] };

let service: TradingService;
before(async () => {
  service = await startTradingService();
});
after(() => service.stop());
afterEach(() => service.control('DELETE', '/faults'));

/** Spot has moved by 1 %, far over the 20 bps of a close, and the perpetual's order books answer with 503 from now on. */
async function hidePerpAndMoveSpot(): Promise<void> {
  const depth = { venue: 'binanceusdm', method: 'GET', path: '/fapi/v1/depth' };
  await service.control('POST', '/faults', { kind: 'http_5xx', ...depth, count: null });
  await service.setPrices('1.0096', '0.9990');
}

describe('while the perpetual’s order book cannot be read', () => {
  test('a spot leg that has lost its perpetual is bought back at the market', async () => {
    await service.setPrices('0.9996', '0.9990');
    const handle = await service.openPosition('short_spot_long_perp');
    const { key, plan } = await service.untilStatus(handle, 'hedged');
    await hidePerpAndMoveSpot();
    const hand = handOn(service.sim, 'binanceusdm');
    await hand.createOrder('USDC/USDT:USDT', 'market', 'sell', Number(plan.quantityBase), undefined, {
      reduceOnly: true,
    });
    const result = await handle.result();
    assert.equal(result.kind === 'closed' ? result.exitReason : result.kind, 'adl');
    const closing = (await service.ledger.ordersOf(key)).filter(({ purpose }) => purpose === 'close');
    assert.deepEqual(
      closing.map(({ leg, side, state }) => `${leg} ${side} ${state}`),
      ['spot buy done'],
    );
    assert.ok(decimal(closing[0]?.limitPrice ?? '0').gt(decimal('1.0096')), closing[0]?.limitPrice);
    assert.deepEqual(await service.compare(), clean);
  });

  test('both legs that are left, and are not equal, go at once: only the hidden one at an old price', async () => {
    await service.setPrices('0.9996', '0.9990');
    const handle = await service.openPosition('short_spot_long_perp');
    const { key } = await service.untilStatus(handle, 'hedged');
    await hidePerpAndMoveSpot();
    const hand = handOn(service.sim, 'binanceusdm');
    await hand.createOrder('USDC/USDT:USDT', 'market', 'sell', 4000, undefined, { reduceOnly: true });
    const result = await handle.result();
    assert.equal(result.kind, 'closed');
    const closing = (await service.ledger.ordersOf(key)).filter(({ purpose }) => purpose === 'close');
    assert.deepEqual(closing.map(({ leg, state }) => `${leg} ${state}`).sort(), ['perp done', 'spot done']);
    assert.deepEqual(await service.compare(), clean);
  });
});
