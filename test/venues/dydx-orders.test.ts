/**
 * Why no order is sent to dYdX: what ccxt makes of one, and that of none, whatever would happen to it on the way, anything
 * leaves this process. docs/adr/0013 says what it would take.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import ccxt from 'ccxt';
import { isExactlyOnce, type VenueOrderRequest } from '../../src/ports/venue.ts';
import { accountRefusals } from '../../src/venues/account/account-rules.ts';
import { dydx } from '../../src/venues/capabilities/dydx.ts';
import { createCcxtVenue } from '../../src/venues/ccxt-venue.ts';
import { createExchange } from '../../src/venues/exchange.ts';
import { createHttpTransport } from '../../src/venues/calls/http-transport.ts';
import { submitOrder } from '../../src/venues/orders/submit.ts';
import { dydxMarket, dydxPerpetual, startFakeDydx } from './support/fake-dydx.ts';
import { breakages, type Breakage } from './support/fake-venue.ts';

const clock = { nowMs: () => Date.now() };
const wallet = { walletAddress: 'dydx1cpb4tedmwq304c2kc9pwzjwq0sc6z2a4tasxrz', privateKey: `0x${'1'.repeat(64)}` };
const broadcast = '/broadcast_tx_sync';
type Test = { after(run: () => Promise<void>): void };

/** ccxt as it is, at the fake. */
async function bareCcxt(t: Test) {
  const fake = await startFakeDydx();
  t.after(() => fake.close());
  const exchange = new ccxt.dydx({
    walletAddress: wallet.walletAddress,
    options: { privateKey: wallet.privateKey },
    timeout: 1_000,
    fetchImplementation: (url: string, options: RequestInit) => {
      const { pathname, search } = new URL(url);
      return fetch(fake.address + pathname + search, options);
    },
  });
  /** Works around what the first of these tests shows. */
  const mend = () => {
    const market = dydxMarket({ atomicResolution: '-5', quantumConversionExponent: '-9' });
    fake.route('GET', '/v4/perpetualMarkets', () => ({ markets: { 'USDE-USD': market } }));
  };
  const send = () =>
    exchange.createOrder(dydxPerpetual, 'limit', 'buy', 10, 1, { timeInForce: 'IOC', clientOrderId: 7 });
  return { fake, exchange, mend, send };
}

suite('orders to dydx', () => {
  test('an account is refused before anything is asked, and in a configuration, with the reason', async (t) => {
    const fake = await startFakeDydx();
    t.after(() => fake.close());
    const endpoint = { rest: fake.address, ws: fake.address.replace('http', 'ws') };
    const settings = { account: 'dydx-main', venue: 'dydx', credentials: wallet, endpoint, clock };
    const refusal = { kind: 'bad_request', message: /HTTP GET.*neither be sent exactly once nor be found again/ };
    await assert.rejects(createCcxtVenue(settings), refusal);
    assert.deepEqual(fake.seen, []);
    assert.deepEqual(accountRefusals('dydx', { sandbox: false, subAccount: null }), [
      { field: 'venue', message: dydx.capabilities.ordersRefused },
    ]);
    assert.equal(isExactlyOnce(dydx.capabilities), false);
  });

  test('ccxt cannot compute the size of an order from the whole numbers of the market list', async (t) => {
    const { fake, send } = await bareCcxt(t);
    await assert.rejects(send(), TypeError);
    assert.deepEqual(fake.to('GET', '/broadcast_tx_sync'), []);
  });

  test('ccxt puts the signed order into the address of a GET, after two other requests', async (t) => {
    const { fake, exchange, mend, send } = await bareCcxt(t);
    mend();
    fake.route('GET', '/broadcast_tx_sync', () => ({ jsonrpc: '2.0', id: -1, result: { code: 0, hash: 'AB' } }));
    await exchange.loadMarkets();
    fake.seen.length = 0;
    await send();
    assert.deepEqual(
      fake.seen.map(({ method, path }) => `${method} ${path}`),
      [`GET /cosmos/auth/v1beta1/account_info/${wallet.walletAddress}`, 'GET /abci_info', 'GET /broadcast_tx_sync'],
    );
    assert.match(fake.seen[2]?.params['tx'] ?? '', /^0x[0-9a-f]{300,}$/);
  });

  test('ccxt calls an order placed whatever the node answers', async (t) => {
    const { fake, mend, send } = await bareCcxt(t);
    mend();
    fake.route('GET', '/broadcast_tx_sync', () => ({}));
    const order = await send();
    assert.match(String(order.id), /^[0-9a-f-]{36}$/);
  });

  test('ccxt has no lists of fills and funding payments, and its server time is that of 1970', async (t) => {
    const { exchange } = await bareCcxt(t);
    assert.deepEqual([exchange.has['fetchMyTrades'], exchange.has['fetchFundingHistory']], [false, false]);
    assert.ok(((await exchange.fetchTime()) ?? 0) < Date.parse('1971-01-01'));
  });
});

/** The order that each row of the table is about; nothing of it is wrong. */
const order: VenueOrderRequest = {
  clientOrderId: '7',
  symbol: dydxPerpetual,
  side: 'buy',
  quantityBase: '10',
  limitPrice: '1',
  timeInForce: 'ioc',
  reduceOnly: false,
  sendByMs: 0,
};

/** Ours, past the refusal of the account: everything that could send is there. */
async function ourExchange(t: Test) {
  const fake = await startFakeDydx();
  t.after(() => fake.close());
  const endpoint = { rest: fake.address, ws: fake.address.replace('http', 'ws') };
  const transport = createHttpTransport(endpoint.rest, clock);
  t.after(async () => transport.close());
  const settings = { credentials: wallet, endpoint, transport, clock, options: { privateKey: wallet.privateKey } };
  const exchange = createExchange({ ...settings, dialect: dydx, use: 'orders' });
  await exchange.loadMarkets();
  fake.seen.length = 0;
  return { fake, exchange };
}

function said(code: number, codespace: string, log: string): Breakage {
  return breakages.json(200, { jsonrpc: '2.0', id: -1, result: { code, codespace, data: '', log, hash: 'AB' } });
}

/** Every row of the error table for an order: what answers the broadcast, and what bare ccxt says of it. */
const rows: readonly (readonly [row: string, answer: Breakage, ccxtSays: string])[] = [
  ['no answer', breakages.hang, 'RequestTimeout'],
  ['connection reset', breakages.reset, 'NetworkError'],
  ['HTML with 503', breakages.text(503, '<html>no</html>'), 'ExchangeNotAvailable'],
  ['HTML with 200', breakages.text(200, '<html>ok</html>'), 'placed'],
  ['an empty 200', breakages.text(200, ''), 'placed'],
  ['truncated JSON', breakages.text(200, '{"jsonrpc":"2.0","res'), 'placed'],
  ['an empty object, without an order id', breakages.json(200, {}), 'placed'],
  ['reset in the middle of the body', breakages.resetMidBody, 'TypeError'],
  ['429', breakages.json(429, { errors: [{ msg: 'Too many requests' }] }), 'RateLimitExceeded'],
  ['a wrong nonce', said(32, 'sdk', 'account sequence mismatch, expected 6, got 5'), 'InvalidOrder'],
  ['maintenance', breakages.json(503, { code: 14, message: 'unavailable' }), 'InvalidOrder'],
  ['a duplicate in the mempool', said(19, 'sdk', 'tx already in mempool'), 'InvalidOrder'],
  ['a duplicate order', said(30, 'clob', 'an order with the same hash exists'), 'InvalidOrder'],
  ['insufficient funds', said(5, 'sdk', 'insufficient funds'), 'InsufficientFunds'],
  ['an order past its block', said(10, 'clob', 'the next block is greater than the GoodTilBlock'), 'InvalidOrder'],
  ['reduce-only', said(2001, 'clob', 'Reduce-only orders cannot increase the position size'), 'InvalidOrder'],
  ['a wrong signature', said(4, 'sdk', 'signature verification failed'), 'ExchangeError'],
  ['an error without a class', said(1, 'undefined', 'internal'), 'ExchangeError'],
  ['accepted', said(0, '', '[]'), 'placed'],
];

suite('the error table at dydx', () => {
  for (const [row, answer, ccxtSays] of rows) {
    test(`${row}: bare ccxt has sent it and says ${ccxtSays}; here it is not sent`, async (t) => {
      const bare = await bareCcxt(t);
      bare.mend();
      bare.fake.breakEndpoint('GET', broadcast, answer);
      const heard = await bare.send().then(
        () => 'placed',
        (error: unknown) => (error instanceof Error ? error.constructor.name : ''),
      );
      assert.equal(heard, ccxtSays);
      assert.equal(bare.fake.to('GET', broadcast).length, 1);

      const { fake, exchange } = await ourExchange(t);
      fake.breakEndpoint('GET', broadcast, answer);
      const caller = { dialect: dydx, credentials: wallet, clock, deadlineMs: 1_000 };
      const outcome = await submitOrder(exchange, caller, { ...order, sendByMs: Date.now() + 3_000 });
      assert.deepEqual(outcome, { kind: 'not_sent', reason: dydx.capabilities.ordersRefused });
      assert.deepEqual(fake.seen, []);
    });
  }
});
