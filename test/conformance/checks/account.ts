/** Balances and fees. */
import assert from 'node:assert/strict';
import type { Check } from '../scene.ts';
import { balancesAreTrue } from '../scene.ts';

export const accountChecks: readonly Check[] = [
  {
    name: 'tells the balances',
    needs: ['fetchBalance'],
    run: balancesAreTrue,
  },
  {
    name: 'tells the fee of the market',
    needs: ['fetchTradingFee'],
    async run({ client, market }) {
      const { maker, taker } = await client.fetchTradingFee(market.symbol);
      assert.ok(typeof maker === 'number' && typeof taker === 'number' && taker > 0 && taker < 0.02 && maker <= taker);
    },
  },
  {
    name: 'tells the fees of all markets',
    needs: ['fetchTradingFees'],
    async run({ client, market }) {
      const fees = await client.fetchTradingFees();
      assert.ok((fees[market.symbol]?.taker ?? 0) > 0);
    },
  },
];
