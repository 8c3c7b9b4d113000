/** A position's life on the real path: Temporal, PostgreSQL, ccxt over HTTP, simulated exchanges. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decimal } from '../../src/domain/decimal.ts';
import { eventually, startTradingService, type TradingService } from '../support/trading-service.ts';
import { handOn } from '../support/venue-hand.ts';

let service: TradingService;
before(async () => {
  service = await startTradingService({ scale: 3600 });
});
after(() => service.stop());

describe('a position', () => {
  test('opens both legs, holds for an hour, closes by signal, and costs under 120 events', async () => {
    // s = −1: the perpetual is 6 bps under spot.
    await service.setPrices('0.9996', '0.9990');
    const handle = await service.openPosition('short_spot_long_perp');
    const hedged = await service.untilStatus(handle, 'hedged');
    assert.deepEqual(
      hedged.orders.map(({ order, resolution }) => [order.leg, order.side, resolution.kind]),
      [
        ['spot', 'sell', 'done'],
        ['perp', 'buy', 'done'],
      ],
    );
    // An hour of holding is a second here.
    const heldSince = Date.now();
    while (Date.now() - heldSince < 1_000) await service.ledger.position(hedged.key);
    await service.setPrices('0.9996', '0.9994');
    await handle.signal('forceClose', { reason: 'test' });
    const result = await handle.result();
    assert.equal(result.kind, 'closed');

    const { events } = await handle.fetchHistory();
    assert.ok((events?.length ?? 0) < 120, `${events?.length} events`);
    const comparison = await service.compare();
    assert.deepEqual(comparison, { ledgerMatchesVenue: true, oneLegged: 0, findings: [] });
  });

  test('earns what its fills say: four basis points of gap on ten thousand, less four fees', async () => {
    await service.setPrices('0.9996', '0.9990');
    const handle = await service.openPosition('short_spot_long_perp');
    const { plan } = await service.untilStatus(handle, 'hedged');
    await service.setPrices('0.9996', '0.9994');
    await handle.signal('forceClose', 'as a bare text, the way a person types it in the UI');
    const result = await handle.result();
    assert.ok(result.kind === 'closed');
    // Sold spot at the bid 0.99955 and bought it back at the ask 0.99965: −0.0001 a coin.
    // Bought the perpetual at 0.9990005 and sold it at 0.9993995: +0.000399 a coin. In all 0.000299 a coin.
    const quantity = decimal(plan.quantityBase);
    const gross = quantity.times(decimal('0.000299'));
    const price = decimal(result.attribution.basisUsd).plus(decimal(result.attribution.slippageUsd));
    // The buy-back is grossed up to the next lot of 0.01, so a cent of a coin may be left.
    assert.ok(price.minus(gross).abs().lt(decimal('0.0101')), `${price.toFixed()} against ${gross.toFixed()}`);
    const fees = decimal(result.attribution.feesUsd).abs();
    const fourFees = quantity.times(decimal('0.00005')).times(decimal('3.9975'));
    assert.ok(fees.minus(fourFees).abs().lt(decimal('0.01')), fees.toFixed());
  });

  test('is closed when its workflow is cancelled', async () => {
    const handle = await service.openPosition('long_spot_short_perp');
    await service.untilStatus(handle, 'hedged');
    await handle.cancel();
    const result = await handle.result();
    assert.equal(result.kind === 'closed' ? result.exitReason : result.kind, 'force_close');
    assert.equal((await service.compare()).oneLegged, 0);
  });

  test('ignores an exit that was seen too long ago, and acts on a fresh one once', async () => {
    const handle = await service.openPosition('long_spot_short_perp');
    const { key } = await service.untilStatus(handle, 'hedged');
    const decision = {
      decisionId: `${key}/test/1`,
      reason: 'convergence',
      detail: 'as the watcher saw it',
      prices: null,
    };
    await handle.signal('exit', { ...decision, observedAtMs: Date.now() - 11_000 });
    assert.equal((await service.untilStatus(handle, 'hedged', 'closing')).status, 'hedged');
    await handle.signal('exit', { ...decision, observedAtMs: Date.now() });
    await handle.signal('exit', { ...decision, observedAtMs: Date.now() });
    const result = await handle.result();
    assert.equal(result.kind === 'closed' ? result.exitReason : result.kind, 'convergence');
    const orders = await service.ledger.ordersOf(key);
    assert.deepEqual(orders.map(({ purpose, state }) => `${purpose} ${state}`).sort(), [
      'close done',
      'close done',
      'open done',
      'open done',
    ]);
  });

  test('is refused, without an order, over the pair cap', async () => {
    const handle = await service.openPosition('long_spot_short_perp', (input) => ({
      ...input,
      limits: { ...input.limits, maxPairUsd: '5000' },
    }));
    const result = await handle.result();
    assert.equal(result.kind, 'aborted');
    assert.match(result.kind === 'aborted' ? result.reason : '', /maxPairUsd/);
    assert.equal(await service.ledger.position(handle.workflowId.slice('position/'.length)), null);
  });

  test('is given up before the first order when the gap is gone on fresh order books', async () => {
    const handle = await service.openPosition('long_spot_short_perp', (input) => ({
      ...input,
      plan: { ...input.plan, minimumEntryBps: '50' },
    }));
    const result = await handle.result();
    assert.match(result.kind === 'aborted' ? result.reason : '', /under the 50 bps it needs/);
    const orders = await service.ledger.ordersOf(handle.workflowId.slice('position/'.length));
    assert.deepEqual(
      orders.map(({ state }) => state),
      ['absent', 'absent'],
    );
  });

  test('closes instead of opening when it is told so before its first order', async () => {
    const handle = await service.openPosition('long_spot_short_perp', async (input) => {
      // Planned already: only the check of the edge is slowed down.
      await service.control('POST', '/faults', {
        kind: 'delay',
        venue: 'bybit',
        path: '/v5/market/orderbook',
        delayMs: 800,
      });
      return input;
    });
    await handle.signal('forceClose');
    const result = await handle.result();
    assert.match(result.kind === 'aborted' ? result.reason : '', /closed before the first order/);
  });

  test('is not blocked by a signal that a person sent without its content', async () => {
    const handle = await service.openPosition('long_spot_short_perp');
    await service.untilStatus(handle, 'hedged');
    for (const name of ['exit', 'mark']) await handle.signal(name);
    assert.equal((await service.untilStatus(handle, 'hedged')).status, 'hedged');
    await handle.signal('forceClose');
    assert.equal((await handle.result()).kind, 'closed');
  });

  test('that is stuck goes on as a new run where it stood, and closes when it can', async () => {
    const handle = await service.openPosition('short_spot_long_perp');
    const { plan, state, orders, key } = await service.untilStatus(handle, 'hedged');
    assert.ok(state.kind === 'hedged');
    // The run before is ended by hand at the point where it would have continued as new.
    await handle.terminate('its successor takes over in this test');
    const close = { reason: 'force_close', detail: 'test', observedAtMs: Date.now(), prices: null } as const;
    const successor = await service.startPosition({
      plan,
      orders,
      state: { kind: 'stuck', from: { kind: 'closing', legs: state.legs, close }, reason: 'no liquidity' },
    });
    const result = await successor.result();
    assert.equal(result.kind, 'closed');
    assert.equal((await service.ledger.position(key))?.status, 'closed');
    assert.deepEqual(await service.compare(), { ledgerMatchesVenue: true, oneLegged: 0, findings: [] });
  });

  for (const choice of ['accept', 'flat'] as const) {
    test(`that is stuck is resolved while it is tried again: ${choice}`, async () => {
      const handle = await service.openPosition('short_spot_long_perp');
      const { plan, state, orders, key } = await service.untilStatus(handle, 'hedged');
      assert.ok(state.kind === 'hedged');
      await handle.terminate('its successor takes over in this test');
      // Between two of its orders a try waits for what the venue asks for: a minute, in which nobody could say anything.
      const refused = { venue: 'bybit', method: 'POST', path: '/v5/order/create', count: null };
      const refuseOrders = (): Promise<unknown> =>
        service.control('POST', '/faults', { ...refused, kind: 'rate_limited', retryAfterMs: 59_000 });
      await refuseOrders();
      try {
        const close = { reason: 'force_close', detail: 'test', observedAtMs: Date.now(), prices: null } as const;
        const from = { kind: 'closing', legs: state.legs, close } as const;
        const successor = await service.startPosition({ plan, orders, state: { kind: 'stuck', from, reason: 'test' } });
        const sent = async () => (await service.ledger.ordersOf(key)).filter(({ purpose }) => purpose === 'close');
        await eventually(async () => (await sent()).filter(({ state: now }) => now === 'rejected').length === 1);
        assert.equal((await service.untilStatus(successor, 'closing')).state.kind, 'closing');
        if (choice === 'flat') {
          await assert.rejects(successor.executeUpdate('resolve', { args: ['flat'] }), (error: Error) => {
            assert.match(String(error.cause), /it is not flat: it holds \d+\.?\d* spot and 0 perpetual/);
            return true;
          });
          await service.control('DELETE', '/faults');
          const hand = handOn(service.sim, 'bybit');
          await hand.createOrder('USDC/USDT', 'limit', 'buy', Number(plan.quantityBase) + 5, 1.01);
          await refuseOrders();
        }
        assert.equal(await successor.executeUpdate('resolve', { args: [choice] }), choice);
        assert.equal((await successor.result()).kind, 'closed');
        assert.deepEqual((await sent()).map(({ leg, state: ended }) => `${leg} ${ended}`).sort(), [
          'perp done',
          'spot rejected',
        ]);
        const accepted = (await service.ledger.position(key))?.acceptedSpotBase ?? '';
        assert.match(accepted, choice === 'accept' ? /^-\d{4}/ : /^0$/);
      } finally {
        await service.control('DELETE', '/faults');
      }
      assert.equal((await service.compare()).oneLegged, 0);
    });
  }

  test('is resolved as flat when a person has closed by hand what its cancelled workflow could not', async () => {
    const handle = await service.openPosition('short_spot_long_perp');
    const { plan } = await service.untilStatus(handle, 'hedged');
    const refuse = { kind: 'reject', reason: 'insufficient_balance', venue: 'bybit', method: 'POST', count: null };
    const refuseOrders = (): Promise<unknown> =>
      service.control('POST', '/faults', { ...refuse, path: '/v5/order/create' });
    await refuseOrders();
    try {
      await handle.cancel();
      await service.untilStatus(handle, 'stuck');
      await service.control('DELETE', '/faults');
      const hand = handOn(service.sim, 'bybit');
      await hand.createOrder('USDC/USDT', 'limit', 'buy', Number(plan.quantityBase) + 5, 1.01);
      // Otherwise its own next try might come first.
      await refuseOrders();
      await service.untilStatus(handle, 'stuck');
      assert.equal(await handle.executeUpdate('resolve', { args: ['flat'] }), 'flat');
      assert.equal((await handle.result()).kind, 'closed');
    } finally {
      await service.control('DELETE', '/faults');
    }
    assert.equal((await service.compare()).oneLegged, 0);
  });
});
