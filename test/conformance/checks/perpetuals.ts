/** Positions, leverage, margin and funding of a perpetual. */
import assert from 'node:assert/strict';
import { NoChange } from 'ccxt';
import type { Check } from '../scene.ts';
import { closePosition, fetched, limit, trueQuantity, truth } from '../scene.ts';

const hourMs = 3_600_000;

/** ccxt has a class for it, but not every code is mapped to it. */
async function unlessUnchanged(change: Promise<unknown>): Promise<void> {
  await change.catch((error: unknown) => {
    if (!(error instanceof NoChange) && !/no need to change|not modified/i.test(String(error))) throw error;
  });
}

export const perpetualChecks: readonly Check[] = [
  {
    name: 'sets leverage',
    perpetual: true,
    needs: ['setLeverage'],
    async run({ client, market }) {
      await unlessUnchanged(client.setLeverage(3, market.symbol));
    },
  },
  {
    name: 'takes cross margin',
    perpetual: true,
    needs: ['setMarginMode'],
    async run({ client, market }) {
      await unlessUnchanged(client.setMarginMode('cross', market.symbol, { leverage: 3 }));
    },
  },
  {
    name: 'takes one-way position mode',
    perpetual: true,
    needs: ['setPositionMode'],
    async run({ client, market }) {
      await unlessUnchanged(client.setPositionMode(false, market.symbol));
    },
  },
  {
    name: 'tells the tiers of leverage',
    perpetual: true,
    needs: ['fetchMarketLeverageTiers'],
    async run({ client, market }) {
      const tiers = await client.fetchMarketLeverageTiers(market.symbol);
      assert.ok(tiers.length > 0 && (tiers[0]?.maxLeverage ?? 0) > 1);
    },
  },
  {
    name: 'shows the position with its side, size and entry',
    perpetual: true,
    needs: ['fetchPositions'],
    async run(scene) {
      const { client, market } = scene;
      await closePosition(scene);
      await limit(scene, 'sell', 0.99, { timeInForce: 'IOC' });
      const [position] = await client.fetchPositions([market.symbol]);
      const size = (position?.contracts ?? 0) * (market.contractSize ?? 1);
      assert.deepEqual([position?.side, size, position?.symbol], ['short', market.amount, market.symbol]);
      assert.ok(Math.abs((position?.entryPrice ?? 0) - 0.9996) < 0.001);
    },
  },
  {
    name: 'tells the funding rate and when it is due',
    perpetual: true,
    needs: ['fetchFundingRate'],
    async run({ client, market }) {
      const rate = await client.fetchFundingRate(market.symbol);
      assert.ok(typeof rate.fundingRate === 'number' && rate.fundingRate > 0, JSON.stringify(rate));
    },
  },
  {
    name: 'settles funding, and tells what was paid',
    perpetual: true,
    needs: ['fetchFundingHistory', 'fetchFundingRateHistory'],
    async run(scene) {
      const { client, market, simulator, expected } = scene;
      await closePosition(scene);
      await limit(scene, 'sell', 0.99, { timeInForce: 'IOC' });
      simulator.passMarket(8 * hourMs);
      const income = (await truth(scene, 'income')).filter(
        ({ type, account }) => type === 'FUNDING_FEE' && account === 'main',
      );
      assert.ok(income.length > 0, 'nothing was settled');
      const payments = await client.fetchFundingHistory(market.symbol);
      const figures = (amounts: unknown[]): number[] => amounts.map(Number).sort((a, b) => a - b);
      const sign = expected.fundingPayments === 'paid' ? -1 : 1;
      const received = payments.map(({ amount }) => Number(amount) * sign);
      assert.deepEqual(figures(received), figures(income.map(({ amount }) => amount)));
      assert.ok(
        received.every((amount) => amount > 0),
        'a short receives a positive rate',
      );
      const history = await client.fetchFundingRateHistory(market.symbol);
      assert.ok(history.length > 0 && (history.at(-1)?.fundingRate ?? 0) > 0);
    },
  },
  {
    name: 'closes reduce-only, and refuses to reduce what is not there',
    perpetual: true,
    async run(scene) {
      await closePosition(scene);
      assert.equal(await trueQuantity(scene), 0);
      const params = { timeInForce: 'IOC', reduceOnly: true };
      const refused = await limit(scene, 'buy', 1.01, params).catch(() => null);
      if (refused !== null) assert.equal((await fetched(scene, refused)).filled, 0);
      assert.equal(await trueQuantity(scene), 0);
    },
  },
];
