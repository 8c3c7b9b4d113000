/** What an exchange refuses, in the class that ccxt makes of its code. */
import assert from 'node:assert/strict';
import * as ccxt from 'ccxt';
import { openClient } from '../client.ts';
import type { Check, Scene } from '../scene.ts';
import { idOf, limit, newClientOrderId } from '../scene.ts';

/** Whether an error is of the expected class, or of a class below it. */
function isOf(scene: Scene, kind: string, usual: string): (error: unknown) => true {
  const name = scene.expected.errors[kind] ?? usual;
  const expected: unknown = (ccxt as Record<string, unknown>)[name];
  assert.ok(typeof expected === 'function', name);
  return (error) => {
    assert.ok(error instanceof expected, `${kind}: expected ${name}, got ${String(error)}`);
    return true;
  };
}

export const refusalChecks: readonly Check[] = [
  {
    name: 'refuses what the account cannot pay',
    async run(scene) {
      await assert.rejects(
        limit(scene, 'buy', 0.99, {}, 8_000_000),
        isOf(scene, 'insufficientFunds', 'InsufficientFunds'),
      );
    },
  },
  {
    name: 'treats a repeated client id as it says',
    async run(scene) {
      const { client, market, expected } = scene;
      const params = { [expected.clientOrderId.create]: newClientOrderId() };
      const first = await limit(scene, 'buy', 0.9, params);
      if (expected.errors['duplicate'] === 'same order')
        assert.equal((await limit(scene, 'buy', 0.9, params)).id, first.id);
      else await assert.rejects(limit(scene, 'buy', 0.9, params), isOf(scene, 'duplicate', 'ExchangeError'));
      assert.equal((await client.fetchOpenOrders(market.symbol)).length, 1);
      await client.cancelOrder(idOf(first), market.symbol);
    },
  },
  {
    name: 'does not know an order that is not there',
    async run(scene) {
      const { client, market } = scene;
      const order = await limit(scene, 'buy', 0.9);
      await client.cancelOrder(idOf(order), market.symbol);
      await assert.rejects(
        client.cancelOrder(idOf(order), market.symbol),
        isOf(scene, 'unknownOrder', 'OrderNotFound'),
      );
    },
  },
  {
    name: 'refuses a wrong signature and an unknown key',
    async run(scene) {
      const { venue, simulator, closing } = scene;
      const address = simulator.address(venue);
      const { reader } = address.accounts;
      assert.ok(reader !== undefined);
      const mixed = { ...address.credentials, secret: reader.secret };
      const strangers = [mixed, { ...address.credentials, apiKey: `${address.credentials.apiKey}0` }];
      for (const credentials of strangers) {
        const client = openClient(closing, venue, address, credentials);
        await assert.rejects(client.fetchBalance(), isOf(scene, 'authentication', 'AuthenticationError'));
      }
    },
  },
  {
    name: 'lets a key without the permission read but not trade',
    async run(scene) {
      const { venue, simulator, closing } = scene;
      const address = simulator.address(venue);
      const client = openClient(closing, venue, address, address.accounts['reader']);
      await client.loadMarkets();
      await client.fetchBalance();
      await assert.rejects(limit({ ...scene, client }, 'buy', 0.9), isOf(scene, 'permission', 'ExchangeError'));
    },
  },
];
