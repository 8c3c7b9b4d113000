/**
 * Short spot on a loan, on real parts: what is sold is borrowed, interest is charged by the market hour, everything is
 * paid back at the close, and the books explain every coin while the debt stands and after it.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { z } from 'zod';
import { startServices } from '../../src/cli/start/bootstrap.ts';
import { decimal, sum, toText, type Decimal } from '../../src/domain/decimal.ts';
import { eventually, startTradingService, type TradingService } from '../support/trading-service.ts';

const clean = { ledgerMatchesVenue: true, oneLegged: 0, findings: [] };
const spotOrders = { venue: 'bybit', method: 'POST', path: '/v5/order/create' };
const perpOrders = { venue: 'binanceusdm', method: 'POST', path: '/fapi/v1/order' };

let service: TradingService;
before(async () => {
  service = await startTradingService({
    // A market hour in three seconds.
    scale: 1_200,
    change: (yaml) =>
      yaml
        .replace('shortSpot: inventory', 'shortSpot: borrow')
        .replace('{ USDT: 50000, USDC: 50000 }', '{ USDT: 50000 }')
        .replace('horizonDays: 0.5', 'fundingFlip: off\n  horizonDays: 0.5'),
  });
  await startServices(service.client, service.config, service.anchor);
  await service.client.workflow.getHandle('engine/default').signal('pause', { reason: 'test' });
});
after(() => service.stop());
afterEach(() => service.control('DELETE', '/faults'));

const balancesSchema = z.array(z.object({ currency: z.string(), total: z.string() }));

async function balance(venue: 'bybit' | 'binanceusdm', currency: string): Promise<Decimal> {
  const balances = balancesSchema.parse(await service.control('GET', `/venues/${venue}/balances`));
  return decimal(balances.find((one) => one.currency === currency)?.total ?? '0');
}

/** Interest may be charged while the accounts are read: what is right is right within a moment. */
async function untilClean(): Promise<void> {
  let found: unknown = null;
  await eventually(
    async () => {
      found = await service.compare();
      return JSON.stringify(found) === JSON.stringify(clean);
    },
    () => JSON.stringify(found),
  );
}

async function hedged() {
  await service.setPrices('0.9996', '0.9990');
  const handle = await service.openPosition('short_spot_long_perp');
  return { handle, ...(await service.untilStatus(handle, 'hedged')) };
}

const interest = async () => service.ledger.interestOfAccount('bybit');

describe('a short on a loan', () => {
  test('is charged by the hour, pays all of it back, and its P&L is what the accounts lost', async () => {
    const before = await Promise.all([balance('bybit', 'USDT'), balance('binanceusdm', 'USDT')]);
    const { handle, key, plan } = await hedged();
    assert.deepEqual(plan.borrow, { hourlyRate: '0.000006', collateralRate: '0.2' });
    const quantity = decimal(plan.quantityBase);
    assert.ok((await balance('bybit', 'USDC')).lte(quantity.neg()), 'the coins were borrowed');
    await eventually(async () => (await interest()).length >= 3);
    const [first, second] = await interest();
    const charged = quantity.times(decimal('0.000006'));
    assert.equal(first?.amount, toText(charged.round(8, 3)));
    assert.equal(second?.amount, toText(quantity.plus(decimal(first.amount)).times(decimal('0.000006')).round(8, 3)));
    await untilClean();

    await handle.signal('forceClose');
    assert.equal((await handle.result()).kind, 'closed');
    const charges = sum((await interest()).map(({ amount }) => decimal(amount)));
    const buys = (await service.ledger.ordersOf(key)).filter(({ leg, side }) => leg === 'spot' && side === 'buy');
    const bought = sum(buys.map(({ filledBase }) => decimal(filledBase)));
    // (sold + interest + an hour of it) / (1 − 0.5 bps), to the lot of 0.01; and one smallest order more where the last
    // hours were charged after the ledger had been asked.
    const least = quantity.plus(charges).div(decimal('0.99995'));
    const over = charged.plus(decimal('0.03')).plus(decimal('1.01'));
    assert.ok(bought.gte(least) && bought.minus(least).lt(over), `${bought.toFixed()} for ${least.toFixed()}`);
    const left = await balance('bybit', 'USDC');
    assert.ok(left.gte(decimal('0')) && left.lt(over), `${left.toFixed()} USDC are left`);

    const fills = await service.ledger.fillsOf(key);
    const back = fills.filter(({ symbol, side }) => symbol === 'USDC/USDT' && side === 'buy');
    const price = sum(back.map((one) => decimal(one.price).times(decimal(one.quantityBase)))).div(bought);
    const { attribution } = (await service.ledger.position(key)) ?? {};
    assert.ok(attribution);
    assert.equal(decimal(attribution.borrowUsd).toFixed(6), charges.times(price).neg().toFixed(6));
    const now = await Promise.all([balance('bybit', 'USDT'), balance('binanceusdm', 'USDT')]);
    const gained = sum(now).minus(sum(before)).plus(left.times(price));
    assert.equal(decimal(attribution.realisedUsd).toFixed(6), gained.toFixed(6));
    await untilClean();
  });

  test('that is reduced pays its share back, and the rest of it with all the interest at the close', async () => {
    const before = await Promise.all([balance('bybit', 'USDT'), balance('binanceusdm', 'USDT')]);
    const left = await balance('bybit', 'USDC');
    const chargedBefore = (await interest()).length;
    const { handle, key, plan } = await hedged();
    const quantity = decimal(plan.quantityBase);
    await eventually(async () => (await interest()).length > chargedBefore);
    await handle.signal('exit', {
      decisionId: 'near the limit of the perpetual',
      reason: 'liquidation_distance',
      observedAtMs: Date.now(),
      detail: 'liquidation distance 8.0 % < 10 % at binance',
      prices: null,
      keepShare: '0.4',
    });
    const reducedWatch = async () =>
      (await service.ledger.armedWatches('0')).find((watch) => watch.key === key && watch.reduced !== undefined);
    await eventually(async () => (await reducedWatch()) !== undefined);
    const watch = (await reducedWatch()) ?? assert.fail();
    const kept = quantity.times(decimal('0.4')).round(0, 0);
    assert.equal(watch.perpQuantityBase, toText(kept));
    assert.ok(decimal(watch.spotQuantityBase).minus(kept).abs().lte(decimal('1')), watch.spotQuantityBase);
    await untilClean();
    // What is owed is what is still sold, and the interest so far.
    const owed = (await balance('bybit', 'USDC')).neg();
    const over = owed.plus(left).minus(decimal(watch.spotQuantityBase));
    assert.ok(over.gt(decimal('0')) && over.lt(decimal('5')), `${owed.toFixed()} owed, ${watch.spotQuantityBase} sold`);

    await handle.signal('forceClose');
    assert.equal((await handle.result()).kind, 'closed');
    const bought = (await balance('bybit', 'USDC')).minus(left);
    assert.ok(bought.gte(decimal('0')) && bought.lt(decimal('1.2')), `${bought.toFixed()} USDC more than before`);
    const fills = await service.ledger.fillsOf(key);
    const back = fills.filter(({ symbol, side }) => symbol === 'USDC/USDT' && side === 'buy');
    const price = sum(back.map((one) => decimal(one.price).times(decimal(one.quantityBase)))).div(
      sum(back.map((one) => decimal(one.quantityBase))),
    );
    const { attribution } = (await service.ledger.position(key)) ?? {};
    const now = await Promise.all([balance('bybit', 'USDT'), balance('binanceusdm', 'USDT')]);
    const gained = sum(now).minus(sum(before)).plus(bought.times(price));
    assert.equal(decimal(attribution?.realisedUsd ?? '0').toFixed(6), gained.toFixed(6));
    assert.ok(decimal(attribution?.borrowUsd ?? '0').lt(decimal('0')));
    await untilClean();
  });

  test('whose purchase was executed, but the reply lost, buys nothing twice', async () => {
    const { handle, key } = await hedged();
    await service.control('POST', '/faults', { kind: 'drop_after', ...spotOrders });
    await handle.signal('forceClose');
    assert.equal((await handle.result()).kind, 'closed');
    const buys = (await service.ledger.ordersOf(key)).filter(({ leg, side }) => leg === 'spot' && side === 'buy');
    const first = buys[0];
    assert.ok(first && decimal(first.filledBase).gt(decimal('10000')));
    assert.ok((await balance('bybit', 'USDC')).gte(decimal('0')));
    const repeated = [...(await service.venueOrders())].filter(([, count]) => count > 1);
    assert.deepEqual(repeated, []);
    await untilClean();
  });

  test('that finds no hedge buys its coins back, and owes nothing', async () => {
    const handle = await service.openPosition('short_spot_long_perp', async (input) => {
      await service.control('POST', '/faults', { kind: 'reject', reason: 'insufficient_margin', ...perpOrders });
      return input;
    });
    const result = await handle.result();
    assert.equal(result.kind, 'aborted', JSON.stringify(result));
    assert.ok((await balance('bybit', 'USDC')).gte(decimal('0')));
    await service.control('DELETE', '/faults');
    await untilClean();
  });

  test('is left for when the venue lends the coin no longer', async () => {
    const { handle } = await hedged();
    await service.control('POST', '/venues/bybit/lending', { currency: 'USDC', lent: false });
    const result = await handle.result();
    assert.equal(result.kind === 'closed' ? result.exitReason : result.kind, 'borrow_recalled');
    await assert.rejects(service.openPosition('short_spot_long_perp'), /bybit lends no USDC now/);
    await service.control('POST', '/venues/bybit/lending', { currency: 'USDC', lent: true });
    await untilClean();
  });

  test('is left for when its margin account comes near its liquidation', async () => {
    await eventually(async () => (await service.ledger.latestReading('bybit'))?.margin?.loans[0]?.isLent === true);
    const { handle, plan } = await hedged();
    // Of what the account is worth, 5 % of what is owed stay.
    const owed = decimal(plan.notionalUsd);
    const worth = (await balance('bybit', 'USDT')).minus(owed);
    const taken = toText(worth.minus(owed.times(decimal('0.05'))).round(2, 0));
    await service.control('POST', '/venues/bybit/balances', {
      account: 'bybit',
      currency: 'USDT',
      amount: `-${taken}`,
    });
    const result = await handle.result();
    await service.control('POST', '/venues/bybit/balances', { account: 'bybit', currency: 'USDT', amount: taken });
    assert.equal(result.kind === 'closed' ? result.exitReason : result.kind, 'liquidation_distance');
    await untilClean();
  });
});
