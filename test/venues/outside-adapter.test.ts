/** The port admits an adapter that ccxt knows nothing of: the example, held to what the port promises. */
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { isExactlyOnce, type LimitOrderRequest, type Venue } from '../../src/ports/venue.ts';
import { legRefusal } from '../../src/venues/account/position-needs.ts';
import { breakages, startFakeVenue, type FakeVenue } from './support/fake-venue.ts';
import { capabilities, createOutsideVenue, instrument } from './support/outside-adapter.ts';

interface Chain {
  readonly venue: Venue;
  readonly fake: FakeVenue;
  /** Orders that the chain took, by their names. */
  readonly orders: Map<string, Record<string, unknown>>;
  readonly clock: { nowMs: number };
}

/** Everything up to 1.0001 fills at once; a name that was used before names the first order. */
async function chain(test: TestContext): Promise<Chain> {
  const clock = { nowMs: 1_900_000_000_000 };
  const orders = new Map<string, Record<string, unknown>>();
  const fake = await startFakeVenue({
    'GET /time': () => clock,
    'GET /account': () => ({ collateral: '1000' }),
    'POST /orders': ({ params }) => {
      const { name = '', size = '', price = '', side = '' } = params;
      const filled = Number(price) >= 1.0001 ? size : '0';
      const order = orders.get(name) ?? { id: `o${orders.size + 1}`, name, side, size, filled };
      orders.set(name, order);
      return order;
    },
    'GET /order': ({ params }) => orders.get(params['name'] ?? ''),
    'GET /fills': ({ params }) => {
      const filled = [...orders.values()].filter((order) => order['filled'] !== '0');
      const own = filled.filter((order) => params['order'] === undefined || params['order'] === order['id']);
      const { nowMs: atMs } = clock;
      return {
        fills: own.map(({ id, side, size }) => ({
          order: id,
          id: `${String(id)}-1`,
          side,
          size,
          price: '1.0001',
          fee: '0.05',
          atMs,
        })),
      };
    },
  });
  test.after(() => fake.close());
  const venue = createOutsideVenue({ account: 'wallet', address: fake.address, nowMs: () => clock.nowMs });
  return { venue, fake, orders, clock };
}

function order(nowMs: number, changes: Partial<LimitOrderRequest> = {}): LimitOrderRequest {
  return {
    clientOrderId: 'e5f0c2a1b4d3968778695a4b3c2d1e0f',
    symbol: instrument.symbol,
    side: 'buy',
    quantityBase: '100.7',
    limitPrice: '1.0001',
    timeInForce: 'ioc',
    reduceOnly: false,
    sendByMs: nowMs + 2_000,
    ...changes,
  };
}

function lookUp(venue: Venue, sent: LimitOrderRequest): ReturnType<Venue['lookUp']> {
  const { clientOrderId, symbol, sendByMs } = sent;
  return venue.lookUp({ clientOrderId, symbol, venueOrderId: null, claimedAtMs: sendByMs - 2_000, sendByMs });
}

suite('an adapter from outside ccxt', () => {
  test('can hold a leg of a position, exactly once', () => {
    assert.equal(legRefusal(capabilities, instrument, 'perp'), null);
    assert.ok(isExactlyOnce(capabilities));
  });

  test('fills an order, and books it from the list of fills', async (t) => {
    const { venue, clock } = await chain(t);
    const sent = order(clock.nowMs);
    const outcome = await venue.submit(sent);
    assert.ok(outcome.kind === 'accepted', JSON.stringify(outcome));
    const result = await lookUp(venue, sent);
    assert.ok(result.kind === 'found' && result.order.filledBase === '100', 'floored to the lot');
    const fills = await venue.orderFills({ venueOrderId: outcome.venueOrderId, symbol: instrument.symbol });
    assert.deepEqual(
      fills.map((fill) => [fill.quantityBase, fill.price, fill.fee]),
      [['100', '1.0001', '0.05']],
    );
    assert.deepEqual(await venue.fillsSince(instrument.symbol, 0), fills);
  });

  test('a lost reply is unknown, and found; sent again it is still one order', async (t) => {
    const { venue, fake, orders, clock } = await chain(t);
    const sent = order(clock.nowMs);
    fake.breakEndpoint('POST', '/orders', breakages.reset);
    assert.equal((await venue.submit(sent)).kind, 'unknown');
    fake.breakEndpoint('POST', '/orders', null);
    assert.equal((await venue.submit(sent)).kind, 'accepted');
    assert.equal((await venue.submit(sent)).kind, 'accepted');
    assert.equal(orders.size, 1);
  });

  test('absence is proven by the clock of the venue, not by silence', async (t) => {
    const { venue, fake, clock } = await chain(t);
    const sent = order(clock.nowMs);
    fake.breakEndpoint('POST', '/orders', breakages.reset);
    assert.equal((await venue.submit(sent)).kind, 'unknown');
    fake.breakEndpoint('GET', '/order', breakages.json(404, {}));
    assert.equal((await lookUp(venue, sent)).kind, 'not_yet_known');
    // Send-by 2 s, deadline 5 s, margin 1 s, lag 2 s.
    clock.nowMs += 10_000;
    assert.equal((await lookUp(venue, sent)).kind, 'not_yet_known');
    clock.nowMs += 1;
    assert.equal((await lookUp(venue, sent)).kind, 'absent');
  });

  test('only what reverted is rejected; what it does not take is never sent', async (t) => {
    const { venue, fake, clock } = await chain(t);
    fake.breakEndpoint('POST', '/orders', breakages.json(422, { reverted: 'NOT_ENOUGH_COLLATERAL' }));
    const rejected = await venue.submit(order(clock.nowMs));
    assert.ok(rejected.kind === 'rejected' && rejected.category === 'insufficient_balance', JSON.stringify(rejected));
    fake.breakEndpoint('POST', '/orders', breakages.json(422, { reverted: 'SOMETHING_NEW' }));
    assert.equal((await venue.submit(order(clock.nowMs))).kind, 'unknown');
    fake.breakEndpoint('POST', '/orders', breakages.json(500, { reverted: 'NOT_ENOUGH_COLLATERAL' }));
    assert.equal((await venue.submit(order(clock.nowMs))).kind, 'unknown');
    const sentSoFar = fake.to('POST', '/orders').length;
    assert.equal((await venue.submit(order(clock.nowMs, { timeInForce: 'gtc' }))).kind, 'not_sent');
    assert.equal((await venue.submit(order(clock.nowMs, { sendByMs: clock.nowMs - 1 }))).kind, 'not_sent');
    assert.equal(fake.to('POST', '/orders').length, sentSoFar);
  });
});
