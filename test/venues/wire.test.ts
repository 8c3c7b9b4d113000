/** What leaves the process, and when nothing may. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { connect, fakes, order, plantedKey, plantedSecret, type FakeName } from './support/connect.ts';

const names: readonly FakeName[] = ['bybit', 'binanceusdm'];

for (const name of names) {
  suite(`on the wire to ${name}`, () => {
    const { orderPath } = fakes[name];

    test('the first order costs one request', async (t) => {
      const { venue, fake } = await connect(t, name);
      const outcome = await venue.submit(order(name));
      assert.equal(outcome.kind, 'accepted');
      assert.deepEqual(
        fake.seen.map((request) => `${request.method} ${request.path}`),
        [`POST ${orderPath}`],
      );
    });

    test('an order carries its client id, its limit, IOC and an expiry of 5 s', async (t) => {
      const { venue, fake } = await connect(t, name);
      const sentAtMs = Date.now();
      await venue.submit(order(name, { clientOrderId: 'bk-abc', quantityBase: '123' }));
      const [request] = fake.to('POST', orderPath);
      assert.ok(request);
      const native =
        name === 'bybit'
          ? { id: request.params['orderLinkId'], quantity: request.params['qty'] }
          : { id: request.params['newClientOrderId'], quantity: request.params['quantity'] };
      assert.deepEqual(native, { id: 'bk-abc', quantity: '123' });
      assert.equal(request.params['price'], '1.0002');
      assert.equal(request.params['timeInForce'], 'IOC');
      const expiry =
        name === 'bybit'
          ? { windowMs: request.headers['x-bapi-recv-window'], atMs: request.headers['x-bapi-timestamp'] }
          : { windowMs: request.params['recvWindow'], atMs: request.params['timestamp'] };
      assert.equal(expiry.windowMs, '5000');
      assert.ok(Number(expiry.atMs) >= sentAtMs - 1_000 && Number(expiry.atMs) <= Date.now());
    });

    test('only the origin of an address changes for a simulated exchange', async (t) => {
      const { venue, fake } = await connect(t, name);
      await venue.submit(order(name));
      const host = name === 'bybit' ? 'api.bybit.com' : 'fapi.binance.com';
      assert.equal(fake.to('POST', orderPath)[0]?.headers['x-sim-host'], host);
    });

    test('an order whose time has passed does not leave', async (t) => {
      const { venue, fake } = await connect(t, name);
      const outcome = await venue.submit(order(name, { sendByMs: Date.now() - 1 }));
      assert.equal(outcome.kind, 'not_sent');
      assert.deepEqual(fake.seen, []);
    });

    test('the time is checked after signing: a clock that jumps in between stops the order', async (t) => {
      const sendByMs = Date.now() + 3_000;
      let armed = false;
      let readings = 0;
      // The first reading after arming is the signature's; the next is the check at the wire.
      const clock = { nowMs: () => (armed && ++readings > 1 ? sendByMs + 1 : Date.now()) };
      const { venue, fake } = await connect(t, name, { clock });
      armed = true;
      const outcome = await venue.submit(order(name, { sendByMs }));
      assert.equal(outcome.kind, 'not_sent');
      assert.ok(readings > 1, 'it was signed first');
      assert.deepEqual(fake.to('POST', orderPath), []);
    });

    test('a refused connection proves that nothing was sent', async (t) => {
      const { venue, fake } = await connect(t, name);
      await fake.close();
      // Idle connections are found dead one by one, until a new one is refused.
      const ask = (): Promise<string> => venue.serverTimeMs().then(String, String);
      for (let answer = ''; !answer.includes('ECONNREFUSED');) answer = await ask();
      assert.equal((await venue.submit(order(name))).kind, 'not_sent');
    });

    test('an order for a symbol that does not exist is not sent', async (t) => {
      const { venue, fake } = await connect(t, name);
      const outcome = await venue.submit(order(name, { symbol: 'NOPE/USDT' }));
      assert.equal(outcome.kind, 'not_sent');
      assert.deepEqual(fake.seen, []);
    });

    test('an order of less than a lot is not sent', async (t) => {
      const { venue, fake } = await connect(t, name);
      const outcome = await venue.submit(order(name, { quantityBase: '0.001' }));
      assert.equal(outcome.kind, 'not_sent');
      assert.deepEqual(fake.seen, []);
    });

    test('a limit between two ticks is rounded away from the market, never across itself', async (t) => {
      const { venue, fake } = await connect(t, name);
      await venue.submit(order(name, { side: 'buy', limitPrice: '1.00019999', clientOrderId: 'b' }));
      await venue.submit(order(name, { side: 'sell', limitPrice: '1.00010001', clientOrderId: 's' }));
      const prices = fake.to('POST', orderPath).map((request) => request.params['price']);
      assert.deepEqual(prices, name === 'bybit' ? ['1.0001', '1.0002'] : ['1.000199', '1.000101']);
    });

    test('neither key nor secret nor signature is in any outcome or error', async (t) => {
      const { venue, fake } = await connect(t, name);
      const leak = `${plantedKey} ${plantedSecret} signature=${'ab'.repeat(32)}`;
      fake.route('POST', orderPath, () =>
        name === 'bybit' ? { retCode: 10001, retMsg: leak, result: {} } : { code: -1102, msg: leak },
      );
      const outcome = await venue.submit(order(name));
      const failure = await venue
        .lookUp({ clientOrderId: 'x', symbol: 'NOPE', venueOrderId: 'y', claimedAtMs: 1, sendByMs: 1 })
        .then(String, String);
      const texts = `${JSON.stringify(outcome)} ${failure}`;
      assert.doesNotMatch(texts, /PLANTED|abababab|signature=/);
    });
  });
}

test('a spot order cannot be reduce-only, and says so without being sent', async (t) => {
  const { venue, fake } = await connect(t, 'bybit');
  assert.equal((await venue.submit(order('bybit', { reduceOnly: true }))).kind, 'not_sent');
  assert.deepEqual(fake.seen, []);
});

test('a perpetual order says that it is reduce-only', async (t) => {
  const { venue, fake } = await connect(t, 'binanceusdm');
  await venue.submit(order('binanceusdm', { reduceOnly: true }));
  assert.equal(fake.to('POST', '/fapi/v1/order')[0]?.params['reduceOnly'], 'true');
});

test('orders do not wait behind reads', async (t) => {
  const { venue, fake } = await connect(t, 'binanceusdm');
  // More reads than the pace of reads lets through at once.
  const symbol = 'USDC/USDT:USDT';
  const reads = Array.from({ length: 60 }, () => venue.fundingPaymentsSince(symbol, Date.now() - 60_000));
  const allRead = Promise.allSettled(reads);
  const outcome = await venue.submit(order('binanceusdm'));
  const readsBefore = fake.to('GET', '/fapi/v1/income').length;
  assert.equal(outcome.kind, 'accepted');
  assert.ok(readsBefore < 60, `${readsBefore} reads went first`);
  await venue.close();
  void allRead;
});
