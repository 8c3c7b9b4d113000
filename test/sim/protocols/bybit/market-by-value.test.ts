/** Market orders of spot whose size is in the quote coin: what ccxt sends for a cost, on both sides. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Client } from '../../support/simulator.ts';
import { closers, connectClient } from '../../support/simulator.ts';
import type { Bybit } from './support.ts';
import { startBybit } from './support.ts';

const symbol = 'USDC/USDT';

describe('bybit spot by value, at 0.9995 bid and 0.9997 asked', () => {
  const suite = closers();
  let bybit: Bybit;
  let client: Client;
  before(async () => {
    bybit = await startBybit(suite, { venue: { model: { spreadTicks: '2' } } });
    client = connectClient(suite, bybit.simulator.address('bybit'), 'bybit');
    await client.loadMarkets();
  });
  after(() => suite.closeAll());

  it('buys for 100: 100.03 in whole steps of 0.01', async () => {
    const { id } = await client.createMarketBuyOrderWithCost(symbol, 100);
    assert.deepEqual(await figures(id), ['quoteCoin', '100', '100.03', 'Filled']);
  });

  it('sells for 100: as many whole steps as bring in no more', async () => {
    const { id } = await client.createMarketSellOrderWithCost(symbol, 100);
    // 100 / 0.9995 = 100.05002…
    assert.deepEqual(await figures(id), ['quoteCoin', '100', '100.05', 'Filled']);
  });

  it('refuses to sell for more than the account has', async () => {
    await assert.rejects(client.createMarketSellOrderWithCost(symbol, 200_000), /170131/);
  });

  async function figures(id: string | undefined): Promise<unknown[]> {
    const [order] = await bybit.list('/v5/order/history', { category: 'spot', orderId: id ?? '' });
    return [order?.['marketUnit'], order?.['qty'], order?.['cumExecQty'], order?.['orderStatus']];
  }
});
