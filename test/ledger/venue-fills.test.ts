/** Booking what the venue did by itself: once, on the right position, and never what may be an order of ours. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ledger } from '../../src/ports/ledger.ts';
import { fill, nowMs, opening, plan, reading } from './support/requests.ts';
import { withLedger } from './support/with-ledger.ts';

const perpetual = 'USDC/USDT:USDT';

/** A hedged position: 1,000 bought, 1,000 sold as a perpetual by our own orders `<name>-spot` and `<name>-perp`. */
async function hedged(ledger: Ledger, name: string, executedAtMs = nowMs + 5): Promise<string> {
  const of = plan(name);
  await ledger.writeReading(reading('bybit', '100000'));
  await ledger.writeReading(reading('binance', '100000'));
  const prepared = await ledger.prepareOpening(opening(of));
  assert.ok(prepared.kind === 'prepared', JSON.stringify(prepared));
  for (const { clientOrderId, leg, symbol, side } of prepared.orders) {
    const venueOrderId = `${name}-${leg}`;
    await ledger.claimOrder(clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
    const own = fill(venueOrderId, `${name}-${leg}-1`, { symbol, side, feeCurrency: 'USDT', executedAtMs });
    await ledger.recordSettlement(clientOrderId, { venueOrderId, filledBase: '1000', averagePrice: '0.9997' }, [own]);
  }
  await ledger.updatePosition({ key: of.key, status: 'hedged', nowWallMs: nowMs, openedAtMarketMs: nowMs });
  return of.key;
}

/** What the venue holds of the perpetual, read after the fills. */
const holding = (venueHeldBase: string | null, first: string | null = null) =>
  ({ kind: 'perpetual', venueHeldBase, first }) as const;

const deleveraging = (tradeId: string, quantityBase: string, venueOrderId = 'adl-1') =>
  fill(venueOrderId, tradeId, { symbol: perpetual, side: 'buy', quantityBase, fee: '0', feeCurrency: 'USDT' });

test('a deleveraging is booked on the position that it shrank, once, and grows with it', () =>
  withLedger(async ({ ledger }) => {
    const key = await hedged(ledger, 'A');
    const first = await ledger.bookVenueFills('binance', perpetual, [deleveraging('1', '400')], holding('-600'));
    assert.ok(first.kind === 'booked');
    const [booked] = first.orders;
    assert.ok(booked?.observation.resolution.kind === 'done');
    assert.equal(booked.positionKey, key);
    assert.equal(booked.observation.order.purpose, 'venue');
    assert.equal(booked.observation.resolution.receivedBase, '400');

    const again = await ledger.bookVenueFills('binance', perpetual, [deleveraging('1', '400')], holding('-600'));
    assert.deepEqual(again, { kind: 'booked', orders: [], unexplained: [] });
    const both = [deleveraging('1', '400'), deleveraging('2', '600')];
    const grown = await ledger.bookVenueFills('binance', perpetual, both, holding('0'));
    assert.ok(grown.kind === 'booked' && grown.orders[0]?.observation.resolution.kind === 'done');
    assert.equal(grown.orders[0].observation.resolution.filledBase, '1000');
    assert.deepEqual(
      (await ledger.venueOrdersOfLive('binance')).map(({ positionKey, status }) => [positionKey, status]),
      [[key, 'hedged']],
    );
    // −1,000 of ours and 1,000 of the venue's: nothing is held any more.
    assert.equal((await ledger.netFills('binance'))[0]?.quantityBase, '0');
  }));

test('one fill that shrank two positions is booked in two pieces', () =>
  withLedger(async ({ ledger }) => {
    const [old, young] = [await hedged(ledger, 'A'), await hedged(ledger, 'B')];
    const booking = await ledger.bookVenueFills('binance', perpetual, [deleveraging('1', '1500')], holding('-500'));
    assert.ok(booking.kind === 'booked');
    const held = async (key: string) =>
      (await ledger.fillsOf(key)).filter(({ venueOrderId }) => venueOrderId === 'adl-1').map((one) => one.quantityBase);
    assert.deepEqual([await held(old), await held(young)], [['1000'], ['500']]);
  }));

test('a fill of our own order is left alone, and so is everything while an order is on its way', () =>
  withLedger(async ({ ledger }) => {
    const key = await hedged(ledger, 'A');
    const own = deleveraging('A-perp-1', '1000', 'A-perp');
    assert.deepEqual(await ledger.bookVenueFills('binance', perpetual, [own], holding('-1000')), {
      kind: 'booked',
      orders: [],
      unexplained: [],
    });
    const position = await ledger.position(key);
    assert.ok(position);
    const [closing] = await ledger.prepareOrders(key, position.workflowId, [
      {
        leg: 'perp',
        account: 'binance',
        venue: 'binanceusdm',
        symbol: perpetual,
        side: 'buy',
        purpose: 'close',
        step: 2,
        attempt: 1,
        quantityBase: '1000',
        limitPrice: '1.01',
        timeInForce: 'ioc',
        reduceOnly: true,
      },
    ]);
    assert.ok(closing);
    await ledger.claimOrder(closing.clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
    const onItsWay = await ledger.bookVenueFills(
      'binance',
      perpetual,
      [deleveraging('9', '1000', 'who-knows')],
      holding('0'),
    );
    assert.deepEqual(onItsWay, { kind: 'unresolved' });
    await ledger.recordOutcome(closing.clientOrderId, { kind: 'accepted', venueOrderId: 'who-knows' });
    const known = await ledger.bookVenueFills(
      'binance',
      perpetual,
      [deleveraging('9', '1000', 'who-knows')],
      holding('0'),
    );
    assert.deepEqual(known, { kind: 'booked', orders: [], unexplained: [] });
  }));

test('a position whose own closing is not booked yet is not taken to hold what it has sold', () =>
  withLedger(async ({ ledger }) => {
    // A has closed at the venue; its 1,000 are not booked yet. Then the venue takes the 1,000 of B.
    const [closing, struck] = [await hedged(ledger, 'A'), await hedged(ledger, 'B')];
    const position = await ledger.position(closing);
    assert.ok(position);
    const [order] = await ledger.prepareOrders(closing, position.workflowId, [
      {
        leg: 'perp',
        account: 'binance',
        venue: 'binanceusdm',
        symbol: perpetual,
        side: 'buy',
        purpose: 'close',
        step: 2,
        attempt: 1,
        quantityBase: '1000',
        limitPrice: '1.01',
        timeInForce: 'ioc',
        reduceOnly: true,
      },
    ]);
    assert.ok(order);
    await ledger.claimOrder(order.clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
    await ledger.recordOutcome(order.clientOrderId, { kind: 'accepted', venueOrderId: 'A-close' });
    const own = deleveraging('8', '1000', 'A-close');
    const liquidation = deleveraging('9', '1000');
    assert.deepEqual(await ledger.bookVenueFills('binance', perpetual, [own, liquidation], holding('0')), {
      kind: 'unresolved',
    });
    await ledger.recordSettlement(
      order.clientOrderId,
      { venueOrderId: 'A-close', filledBase: '1000', averagePrice: '0.9997' },
      [own],
    );
    const booking = await ledger.bookVenueFills('binance', perpetual, [own, liquidation], holding('0'));
    assert.ok(booking.kind === 'booked');
    assert.deepEqual(
      booking.orders.map(({ positionKey }) => positionKey),
      [struck],
    );
  }));

test('what an order of ours fills while the legs are read is not taken for another’s', () =>
  withLedger(async ({ ledger, query, blocked }) => {
    const key = await hedged(ledger, 'A');
    const booked = await query(`select count(*)::int as fills from fills where symbol = $1`, [perpetual]);
    // Whoever reads a fill waits for us in the middle of the statement.
    await query('select pg_advisory_lock(77)');
    await query('alter table fills rename to kept_fills');
    await query(`create function pause() returns boolean volatile cost 100000 language plpgsql as
      'begin perform pg_advisory_lock_shared(77); perform pg_advisory_unlock_shared(77); return true; end'`);
    await query('create view fills as select * from kept_fills where pause()');
    // The venue held what A holds. A person has bought 300, and sold them again before the position was read.
    const booking = ledger.bookVenueFills('binance', perpetual, [deleveraging('9', '300', 'by-hand')], {
      kind: 'perpetual',
      venueHeldBase: '-1000',
      first: null,
      bookedFills: Number(booked[0]?.['fills']),
    });
    await blocked();
    await query(
      `insert into kept_fills (account, symbol, venue_order_id, trade_id, client_order_id, position_key, side, price,
        quantity_base, fee, fee_currency, role, executed_at_ms)
      select account, symbol, venue_order_id, 'more', client_order_id, position_key, side, price, 300, fee,
        fee_currency, role, executed_at_ms from kept_fills where symbol = $1 and position_key = $2`,
      [perpetual, key],
    );
    await query('select pg_advisory_unlock(77)');
    assert.deepEqual(await booking, { kind: 'unresolved' });
  }));

test('what no position held is nobody’s', () =>
  withLedger(async ({ ledger }) => {
    await hedged(ledger, 'A');
    const growing = { ...deleveraging('1', '10'), side: 'sell' as const };
    assert.deepEqual(await ledger.bookVenueFills('binance', perpetual, [growing], holding('-1010')), {
      kind: 'booked',
      orders: [],
      unexplained: [growing],
    });
  }));

test('nobody’s fills are left alone as long as the venue holds what the positions hold', () =>
  withLedger(async ({ ledger }) => {
    const key = await hedged(ledger, 'A');
    const hand = deleveraging('7', '50', 'by-hand');
    assert.deepEqual(await ledger.bookVenueFills('binance', perpetual, [hand], holding(null)), {
      kind: 'position_needed',
      bookedFills: 1,
    });
    // Sold 50 by hand before, bought back now: the venue holds the position's 1,000 as ever.
    assert.deepEqual(await ledger.bookVenueFills('binance', perpetual, [hand], holding('-1000')), {
      kind: 'booked',
      orders: [],
      unexplained: [hand],
    });
    const earlier = { ...hand, executedAtMs: nowMs - 20_000 };
    assert.deepEqual(await ledger.bookVenueFills('binance', perpetual, [earlier], holding('-1000')), {
      kind: 'booked',
      orders: [],
      unexplained: [earlier],
    });
    // From before it held anything; but 50 of its 1,000 are not there, and it could wait for ever to close them.
    const missing = await ledger.bookVenueFills('binance', perpetual, [earlier], holding('-950'));
    assert.ok(missing.kind === 'booked');
    assert.deepEqual(
      missing.orders.map(({ positionKey, observation }) => [positionKey, observation.order.quantityBase]),
      [[key, '50']],
    );
  }));

test('the position that asks is taken to have shrunk first, and of a spot leg it alone', () =>
  withLedger(async ({ ledger }) => {
    const [old, asking] = [await hedged(ledger, 'A'), await hedged(ledger, 'B')];
    const closedByHand = [deleveraging('1', '1000', 'by-hand')];
    const perp = await ledger.bookVenueFills('binance', perpetual, closedByHand, holding('-1000', asking));
    assert.ok(perp.kind === 'booked');
    assert.deepEqual(
      perp.orders.map(({ positionKey }) => positionKey),
      [asking],
    );
    const sold = fill('by-hand', '2', { side: 'sell', quantityBase: '1500', fee: '0', feeCurrency: 'USDT' });
    const scope = { kind: 'spot', positionKey: asking } as const;
    const spot = await ledger.bookVenueFills('bybit', 'USDC/USDT', [sold], scope);
    assert.ok(spot.kind === 'booked');
    assert.deepEqual(
      spot.orders.map(({ positionKey, observation }) => [positionKey, observation.order.quantityBase]),
      [[asking, '1000']],
      'what it held; the rest was an inventory traded by hand',
    );
    assert.ok(!(await ledger.ordersOf(old)).some(({ purpose }) => purpose === 'venue'));
  }));

test('a fence stops the workflow’s claims, and lets a person’s through', () =>
  withLedger(async ({ ledger }) => {
    const key = await hedged(ledger, 'A');
    const position = await ledger.position(key);
    assert.ok(position);
    const closing = await ledger.prepareOrders(key, position.workflowId, [
      {
        leg: 'spot',
        account: 'bybit',
        venue: 'bybit',
        symbol: 'USDC/USDT',
        side: 'sell',
        purpose: 'close',
        step: 2,
        attempt: 1,
        quantityBase: '1000',
        limitPrice: '0.99',
        timeInForce: 'ioc',
        reduceOnly: false,
      },
    ]);
    const [order] = closing;
    assert.ok(order);
    const claim = { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 };
    assert.equal(
      await ledger.claimOrder(order.clientOrderId, claim, 'break_glass'),
      false,
      'not fenced: not a person’s',
    );
    assert.deepEqual(await ledger.fencePosition(key), { kind: 'fenced' });
    assert.deepEqual(await ledger.fencePosition(key), { kind: 'fenced' });
    assert.equal(await ledger.claimOrder(order.clientOrderId, claim), false, 'fenced: not the workflow’s');
    assert.equal(await ledger.claimOrder(order.clientOrderId, claim, 'break_glass'), true);
    assert.equal((await ledger.position(key))?.isFenced, true);
  }));

test('a fence is refused while an order is being sent, and names it', () =>
  withLedger(async ({ ledger }) => {
    const of = plan('A');
    await ledger.writeReading(reading('bybit', '100000'));
    await ledger.writeReading(reading('binance', '100000'));
    const prepared = await ledger.prepareOpening(opening(of));
    assert.ok(prepared.kind === 'prepared');
    const [order] = prepared.orders;
    assert.ok(order);
    await ledger.claimOrder(order.clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
    const fence = await ledger.fencePosition(of.key);
    assert.ok(fence.kind === 'refused');
    assert.match(fence.reason, new RegExp(order.clientOrderId));
    assert.match((await ledger.fencePosition('nobody')).kind, /refused/);
  }));

test('a position that was opened after the venue took something is not taken to have lost it', () =>
  withLedger(async ({ ledger }) => {
    const [opened, struck] = [await hedged(ledger, 'A', nowMs + 60_000), await hedged(ledger, 'B')];
    const liquidation = { ...deleveraging('9', '1000'), executedAtMs: nowMs + 30_000 };
    const booking = await ledger.bookVenueFills('binance', perpetual, [liquidation], holding('-1000'));
    assert.ok(booking.kind === 'booked');
    assert.deepEqual(
      booking.orders.map(({ positionKey }) => positionKey),
      [struck],
    );
    assert.equal((await ledger.fillsOf(opened)).length, 2);
  }));

/** An order that closes the whole perpetual leg of a short one. */
const closingIntent = (step: number) => ({
  leg: 'perp' as const,
  account: 'binance',
  venue: 'binanceusdm',
  symbol: perpetual,
  side: 'buy' as const,
  purpose: 'close' as const,
  step,
  attempt: 1,
  quantityBase: '1000',
  limitPrice: '1.01',
  timeInForce: 'ioc' as const,
  reduceOnly: true,
});

test('an order that was written before the venue took some of its leg is never claimed', () =>
  withLedger(async ({ ledger }) => {
    const key = await hedged(ledger, 'A');
    const [closing] = await ledger.prepareOrders(key, `position/${key}`, [closingIntent(2)]);
    assert.ok(closing);
    await ledger.bookVenueFills('binance', perpetual, [deleveraging('1', '400')], holding('-600'));
    assert.equal((await ledger.order(closing.clientOrderId))?.state, 'absent');
    assert.equal(
      await ledger.claimOrder(closing.clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 }),
      false,
    );
  }));

test('a workflow that has not heard of all that the venue took is told, and its orders are not written', () =>
  withLedger(async ({ ledger }) => {
    const key = await hedged(ledger, 'A');
    await ledger.bookVenueFills('binance', perpetual, [deleveraging('1', '400')], holding('-600'));
    const unheard = await ledger.prepareNext(key, `position/${key}`, [closingIntent(2)], '0');
    assert.ok(unheard.kind === 'unheard');
    assert.deepEqual(
      unheard.venueOrders.map(({ order, resolution }) => [
        order.leg,
        order.step,
        resolution.kind === 'done' && resolution.receivedBase,
      ]),
      [['perp', 2, '400']],
    );
    assert.ok(!(await ledger.ordersOf(key)).some(({ purpose }) => purpose === 'close'));

    const both = [deleveraging('1', '400'), deleveraging('2', '100')];
    await ledger.bookVenueFills('binance', perpetual, both, holding('-500'));
    const grown = await ledger.prepareNext(key, `position/${key}`, [closingIntent(3)], '400');
    assert.equal(grown.kind, 'unheard');
    const heard = await ledger.prepareNext(key, `position/${key}`, [closingIntent(3)], '500');
    assert.ok(heard.kind === 'prepared');
    assert.equal(heard.orders.length, 1);
  }));
