/** What happens to a position when the venue, or a person, takes something off one of its legs. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { reconcileInput } from '../../src/cli/start/bootstrap.ts';
import { decimal } from '../../src/domain/decimal.ts';
import type { OrderObservation } from '../../src/domain/execution/observation.ts';
import { basisTaskQueue, workflowTypes } from '../../src/domain/names.ts';
import type { PositionView } from '../../src/domain/position-state.ts';
import type { OrderRow } from '../../src/ports/ledger.ts';
import { eventually, startTradingService, type TradingService } from '../support/trading-service.ts';
import { handOn } from '../support/venue-hand.ts';

const clean = { ledgerMatchesVenue: true, oneLegged: 0, findings: [] };

let service: TradingService;
before(async () => {
  service = await startTradingService();
});
after(() => service.stop());

async function alertsOf(positionKey: string): Promise<string[]> {
  const alerts = await service.ledger.openAlerts();
  return alerts.filter((alert) => alert.positionKey === positionKey).map(({ key }) => key.split('/')[0] ?? '');
}

describe('the perpetual leg is shrunk by another’s hand', () => {
  test('in part: it is booked, the position closes at once, and the books agree', async () => {
    await service.setPrices('0.9996', '0.9990');
    const handle = await service.openPosition('short_spot_long_perp');
    const { key, plan } = await service.untilStatus(handle, 'hedged');
    const hand = handOn(service.sim, 'binanceusdm');
    await hand.createOrder('USDC/USDT:USDT', 'market', 'sell', 4000, undefined, { reduceOnly: true });

    const result = await handle.result();
    assert.equal(result.kind === 'closed' ? result.exitReason : result.kind, 'adl');
    const orders = await service.ledger.ordersOf(key);
    const venue = orders.filter(({ purpose }) => purpose === 'venue');
    assert.deepEqual(
      venue.map(({ leg, side, filledBase, state }) => [leg, side, filledBase, state]),
      [['perp', 'sell', '4000', 'done']],
    );
    const closing = orders.filter(({ purpose, leg }) => purpose === 'close' && leg === 'perp');
    const rest = decimal(plan.quantityBase).minus(decimal('4000')).toFixed();
    assert.deepEqual(
      closing.map(({ filledBase }) => filledBase),
      [rest],
      'only what is left is closed',
    );
    assert.ok((await alertsOf(key)).includes('venue_fill'));
    assert.deepEqual(await service.compare(), clean);
  });

  test('whole, while the position is being closed: what is refused as reduce-only is looked into, not tried again', async () => {
    const handle = await service.openPosition('long_spot_short_perp');
    const { key, plan } = await service.untilStatus(handle, 'hedged');
    const hand = handOn(service.sim, 'binanceusdm');
    await hand.createOrder('USDC/USDT:USDT', 'market', 'buy', Number(plan.quantityBase), undefined, {
      reduceOnly: true,
    });
    await handle.signal('forceClose');
    const result = await handle.result();
    assert.equal(result.kind, 'closed');
    const perp = (await service.ledger.ordersOf(key)).filter(
      ({ leg, purpose }) => leg === 'perp' && purpose === 'close',
    );
    assert.ok(perp.length <= 1, `${perp.length} closing orders on a leg that was gone`);
    assert.deepEqual(await service.compare(), clean);
  });

  test('whole, and booked, but nobody lived to tell it: its close leaves alone what another holds there', async () => {
    const { first, second, struck, other } = await twoOfOnePerpetual();
    await service.replaceReads('binance', async () => {
      await takeWhole(struck, other);
      await first.signal('forceClose');
      await eventually(async () =>
        (await service.ledger.ordersOf(struck.key)).some(
          ({ purpose, state }) => purpose === 'close' && state === 'done',
        ),
      );
    });
    assert.equal((await first.result()).kind, 'closed');
    assert.deepEqual(closingLegs(await service.ledger.ordersOf(struck.key)), ['spot']);
    assert.equal((await service.untilStatus(second, 'hedged')).status, 'hedged');
    await second.signal('forceClose');
    assert.equal((await second.result()).kind, 'closed');
    assert.deepEqual(await service.compare(), clean);
  });

  test('whole, while its close reads prices: what was decided before is decided again', async () => {
    const { first, second, struck, other } = await twoOfOnePerpetual();
    await service.replaceReads('binance', async () => {
      await slowOrderBooks();
      await first.signal('forceClose');
      await service.untilStatus(first, 'closing');
      await first.signal('venueFill', await takeWhole(struck, other));
      assert.deepEqual(closingLegs(await service.ledger.ordersOf(struck.key)), [], 'its prices came too soon');
      await eventually(async () => closingLegs(await service.ledger.ordersOf(struck.key)).length > 0);
      await service.control('DELETE', '/faults');
    });
    assert.equal((await first.result()).kind, 'closed');
    assert.deepEqual(closingLegs(await service.ledger.ordersOf(struck.key)), ['spot']);
    await second.signal('forceClose');
    assert.equal((await second.result()).kind, 'closed');
    assert.deepEqual(await service.compare(), clean);
  });

  test('whole, while its reduction reads prices: nothing of that is sent, and what is left is closed', async () => {
    const { first, second, struck, other } = await twoOfOnePerpetual();
    await service.replaceReads('binance', async () => {
      await slowOrderBooks();
      await first.signal('exit', {
        decisionId: 'near its liquidation',
        reason: 'liquidation_distance',
        observedAtMs: Date.now(),
        detail: 'liquidation distance 8.0 % < 10 % at binance',
        prices: null,
        keepShare: '0.4',
      });
      await eventually(async () => {
        const { pendingActivities } = (await first.describe()).raw;
        return pendingActivities?.some(({ activityType }) => activityType?.name === 'closingPrices') === true;
      });
      await first.signal('venueFill', await takeWhole(struck, other));
      await eventually(async () => closingLegs(await service.ledger.ordersOf(struck.key)).length > 0);
      await service.control('DELETE', '/faults');
    });
    const result = await first.result();
    assert.equal(result.kind === 'closed' ? result.exitReason : result.kind, 'adl');
    const orders = await service.ledger.ordersOf(struck.key);
    assert.ok(!orders.some(({ purpose }) => purpose === 'reduce'), 'it was not decided again');
    assert.deepEqual(closingLegs(orders), ['spot']);
    await second.signal('forceClose');
    assert.equal((await second.result()).kind, 'closed');
    assert.deepEqual(await service.compare(), clean);
  });

  test('a trade that no position explains is told to a person and booked on none', async () => {
    const handle = await service.openPosition('short_spot_long_perp');
    const { key } = await service.untilStatus(handle, 'hedged');
    const hand = handOn(service.sim, 'binanceusdm');
    await hand.createOrder('USDC/USDT:USDT', 'market', 'buy', 50);
    await eventually(
      async () => (await service.ledger.openAlerts()).some((alert) => alert.key.startsWith('foreign_fill/binance/')),
      () => 'nobody was told',
    );
    assert.equal((await service.untilStatus(handle, 'hedged')).status, 'hedged');
    assert.ok(!(await service.ledger.ordersOf(key)).some(({ purpose }) => purpose === 'venue'));
    await hand.createOrder('USDC/USDT:USDT', 'market', 'sell', 50, undefined, { reduceOnly: true });
    await service.client.workflow.execute(workflowTypes.reconcile, {
      workflowId: `reconcile/${key}`,
      taskQueue: basisTaskQueue,
      args: [reconcileInput(service.config, service.anchor)],
    });
    const { status, plan } = await handle.query<PositionView>('position');
    assert.equal(status, 'hedged', 'what a person opened and closed again was never the position’s');
    await handle.signal('forceClose');
    assert.equal((await handle.result()).kind, 'closed');
    const closing = (await service.ledger.ordersOf(key)).filter(
      ({ purpose, leg }) => purpose === 'close' && leg === 'perp',
    );
    assert.deepEqual(
      closing.map(({ filledBase }) => filledBase),
      [plan.quantityBase],
    );
  });
});

/** Two positions that hold one perpetual of one account; the venue shows their sum. */
async function twoOfOnePerpetual() {
  const [first, second] = [
    await service.openPosition('short_spot_long_perp'),
    await service.openPosition('short_spot_long_perp'),
  ];
  const [struck, other] = [await service.untilStatus(first, 'hedged'), await service.untilStatus(second, 'hedged')];
  return { first, second, struck, other };
}

/** Until all faults are taken away: time for something to happen between a decision and its orders. */
async function slowOrderBooks(): Promise<void> {
  const slow = { venue: 'bybit', method: 'GET', path: '/v5/market/orderbook', kind: 'delay', delayMs: 2_500 };
  await service.control('POST', '/faults', { ...slow, count: null });
}

/** Somebody takes all of a position's perpetual; it is booked there. What its workflow would be told. */
async function takeWhole(struck: PositionView, other: PositionView): Promise<OrderObservation> {
  const symbol = 'USDC/USDT:USDT';
  const { quantityBase } = struck.plan;
  const hand = handOn(service.sim, 'binanceusdm');
  await hand.createOrder(symbol, 'market', 'sell', Number(quantityBase), undefined, { reduceOnly: true });
  const [trade] = (await hand.fetchMyTrades(symbol)).slice(-1);
  assert.ok(trade?.order && trade.id && trade.timestamp && trade.fee?.cost !== undefined);
  const booking = await service.ledger.bookVenueFills(
    'binance',
    symbol,
    [
      {
        venueOrderId: trade.order,
        tradeId: trade.id,
        symbol,
        side: 'sell',
        price: String(trade.price),
        quantityBase,
        fee: String(trade.fee.cost),
        feeCurrency: 'USDT',
        role: 'taker',
        executedAtMs: trade.timestamp,
      },
    ],
    { kind: 'perpetual', venueHeldBase: other.plan.quantityBase, first: struck.key },
  );
  assert.ok(booking.kind === 'booked' && booking.orders.length === 1, JSON.stringify(booking));
  return booking.orders[0]?.observation ?? assert.fail();
}

function closingLegs(orders: readonly OrderRow[]): string[] {
  return orders.filter(({ purpose }) => purpose === 'close').map(({ leg }) => leg);
}
