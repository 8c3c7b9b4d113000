/**
 * Orders to Hyperliquid: what is signed and sent, what becomes of one that something happens to on the way, and how it is
 * found again. The server recomputes every signature.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { RejectionCategory, SubmitOutcome } from '../../src/domain/order.ts';
import type { OrderLookUp } from '../../src/ports/venue.ts';
import { subAccountOptions } from '../../src/venues/account/account-rules.ts';
import {
  agentKey,
  connectHyperliquid,
  hyperliquidOrder,
  orderId,
  orderIn,
  perpetual,
} from './support/fake-hyperliquid.ts';
import { breakages, deadlineFor, type Breakage } from './support/fake-venue.ts';
import { fill, orderReport, reply } from './support/hyperliquid-payloads.ts';
import { actionHash, expectedSignature } from './support/hyperliquid-signature.ts';

suite('signatures', () => {
  // Published by the TypeScript client @nktkas/hyperliquid, made there with viem and with ethers.
  const privateKey = '0x822e9959e022b78423eb653a62ea0020cd283e71a2a8133a6ff2aeffaf373cff';
  const order = { a: 0, b: true, p: '30000', s: '0.1', r: false, t: { limit: { tif: 'Gtc' } } };
  const base = { action: { type: 'order', orders: [order], grouping: 'na' }, nonce: 1_234_567_890 };
  const vaultAddress = '0x1234567890123456789012345678901234567890';
  const expiresAfter = 1_234_567_890;

  test('the server that judges them agrees with published ones', () => {
    assert.equal(actionHash(base), '0x25367e0dba84351148288c2233cd6130ed6cec5967ded0c0b7334f36f957cc90');
    assert.equal(
      actionHash({ ...base, expiresAfter }),
      '0xc30b002ba3775e4c31c43c1dfd3291dfc85c6ae06c6b9f393991de86cad5fac7',
    );
    assert.equal(
      actionHash({ ...base, vaultAddress, expiresAfter }),
      '0x2d62412aa0fc57441b5189841d81554a6a9680bf07204e1454983a9ca44f0744',
    );
    assert.deepEqual(expectedSignature({ ...base, expiresAfter }, privateKey), {
      r: '0x162a52128fb58bc6adb783e3d36913c53127851144fc45c5603a51e97b9202fd',
      s: '0x469571eb0a2101a32f81f9584e15fd35c723a6089e106f4f33798dbccf7cd416',
      v: 28,
    });
    assert.deepEqual(expectedSignature({ ...base, vaultAddress, expiresAfter }, privateKey, 'b'), {
      r: '0x3a0bbbd9fadca54f58a2b7050899cecb97f68b2f693c63e91ca60510427326d7',
      s: '0x60f75f12cae7b9dc18b889406192afcaf13f40d2f8c68cc01f7f83f3fb5deb23',
      v: 27,
    });
  });
});

/** How well a busy machine measures the difference of two clocks; wall time. */
const clockKnownMs = 1_000;

suite('an order on the wire', () => {
  test('one signed request with its client id, its limit, IOC and an expiry of 5 s, and nobody else paid', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    const sentAtMs = Date.now();
    assert.deepEqual(await venue.submit(hyperliquidOrder()), { kind: 'accepted', venueOrderId: '77738308' });
    assert.equal(fake.seen.length, 1);
    const [sent] = fake.actions();
    assert.ok(sent?.expiresAfter !== undefined);
    assert.deepEqual(sent.action, {
      type: 'order',
      orders: [{ a: 1, b: true, p: '1.0002', s: '100', r: false, t: { limit: { tif: 'Ioc' } }, c: `0x${orderId}` }],
      grouping: 'na',
    });
    // By the venue's clock, which is known to the milliseconds that asking for it takes.
    const sinceMs = sentAtMs - clockKnownMs;
    assert.ok(sent.nonce >= sinceMs && sent.nonce <= Date.now(), `${sent.nonce - sentAtMs} ms`);
    assert.ok(sent.expiresAfter >= sinceMs + 5_000 && sent.expiresAfter <= Date.now() + 5_000);
    assert.deepEqual(sent.signature, expectedSignature(sent, agentKey));
    assert.notDeepEqual(sent.signature, expectedSignature({ ...sent, expiresAfter: sent.expiresAfter + 1 }, agentKey));
  });

  test('an order that arrives after its expiry is refused as such, and may be tried again', async (t) => {
    const { venue, fake } = await connectHyperliquid(t, { clock: { nowMs: () => Date.now() - 60_000 } });
    const outcome = await venue.submit(hyperliquidOrder());
    assert.ok(outcome.kind === 'rejected', JSON.stringify(outcome));
    assert.deepEqual([outcome.category, outcome.code, outcome.retryAfterMs], ['expired', 'Expired', 250]);
    assert.equal(fake.actions().length, 1);
  });

  test("the clock of the venue counts: ours ahead moves the expiry back, so that nothing outlives the look-up's proof", async (t) => {
    const { venue, fake } = await connectHyperliquid(t, { clock: { nowMs: () => Date.now() + 60_000 } });
    assert.equal((await venue.submit(hyperliquidOrder({ sendByMs: Date.now() + 63_000 }))).kind, 'accepted');
    const [sent] = fake.actions();
    assert.ok(Math.abs((sent?.expiresAfter ?? 0) - Date.now() - 5_000) < 2_000);
  });

  test('a sub-account, or a vault, is named in everything that is signed and in its signature, and read as itself', async (t) => {
    const address = '0x1719884eb866cb12b2287399b15f7db5e7d775ea';
    const { venue, fake } = await connectHyperliquid(t, { options: subAccountOptions('hyperliquid', address) });
    await venue.prepare([perpetual], '2');
    assert.equal((await venue.submit(hyperliquidOrder())).kind, 'accepted');
    await venue.cancel({ clientOrderId: orderId, venueOrderId: null, symbol: perpetual });
    await venue.cancel({ clientOrderId: orderId, venueOrderId: '77738308', symbol: perpetual });
    const named = fake.actions().map(({ action, vaultAddress }) => `${String(action['type'])} of ${vaultAddress}`);
    assert.deepEqual(
      named,
      ['updateLeverage', 'order', 'cancelByCloid', 'cancel'].map((type) => `${type} of ${address.slice(2)}`),
    );
    for (const sent of fake.actions()) {
      assert.deepEqual(sent.signature, expectedSignature(sent, agentKey));
      const { vaultAddress: _none, ...ofTheOwner } = sent;
      assert.notDeepEqual(sent.signature, expectedSignature(ofTheOwner, agentKey), 'for the account of the key itself');
    }
    await venue.lookUp({ ...longAgo(), venueOrderId: null });
    await venue.reading([perpetual]);
    const asked = fake.to('POST', '/info').filter(({ params }) => params['user'] !== undefined);
    assert.ok(asked.length >= 3);
    for (const { params } of asked) assert.equal(params['user'], address);
  });

  test('reduce-only, selling, resting and post-only orders', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    await venue.submit(hyperliquidOrder({ side: 'sell', reduceOnly: true, timeInForce: 'gtc' }));
    await venue.submit(hyperliquidOrder({ timeInForce: 'post_only' }));
    const [first, second] = fake.actions().map(orderIn);
    assert.deepEqual([first?.['b'], first?.['r'], first?.['t']], [false, true, { limit: { tif: 'Gtc' } }]);
    assert.deepEqual(second?.['t'], { limit: { tif: 'Alo' } });
  });

  test('limits keep their side of the tick, above one dollar and below', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    await venue.submit(hyperliquidOrder({ limitPrice: '1.00029' }));
    await venue.submit(hyperliquidOrder({ limitPrice: '0.99991', side: 'sell' }));
    await venue.submit(hyperliquidOrder({ limitPrice: '0.99989', quantityBase: '99.9' }));
    assert.deepEqual(
      fake.actions().map((action) => [orderIn(action)['p'], orderIn(action)['s']]),
      [
        ['1.0002', '100'],
        ['1', '100'],
        ['0.9998', '99'],
      ],
    );
  });

  test('what the venue cannot take is refused before it is signed', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    const market = { ...hyperliquidOrder(), timeInForce: 'market', limitPrice: null } as const;
    for (const [order, reason] of [
      [market, /takes no market orders/],
      [hyperliquidOrder({ clientOrderId: 'bk-open-spot-1' }), /client order id/],
      [hyperliquidOrder({ quantityBase: '0.5' }), /less than one lot/],
      [hyperliquidOrder({ sendByMs: Date.now() - 1 }), /time to leave passed/],
    ] as const) {
      const outcome = await venue.submit(order);
      assert.ok(outcome.kind === 'not_sent', JSON.stringify(outcome));
      assert.match(outcome.reason, reason);
    }
    assert.deepEqual(fake.seen, []);
  });

  test('no key, signature or wallet is in what a refused order says', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    const wallet = '0xb8a6f8b26223de27c31938d56e470a5b832703a5';
    fake.route('POST', '/exchange', () => ({
      status: 'err',
      response: `User or API Wallet ${wallet} does not exist. key ${agentKey} and ${agentKey.slice(2).toUpperCase()}`,
    }));
    const outcome = await venue.submit(hyperliquidOrder());
    const said = JSON.stringify(outcome).toLowerCase();
    assert.ok(outcome.kind === 'rejected', said);
    for (const secret of [wallet, agentKey.slice(2)]) assert.ok(!said.includes(secret), said);
  });
});

type WithoutReason<T> = T extends unknown ? Omit<T, 'reason'> : never;
type Outcome = WithoutReason<SubmitOutcome>;

const unknown: Outcome = { kind: 'unknown' };
function rejected(category: RejectionCategory, code: string, retryAfterMs: number | null = null): Outcome {
  return { kind: 'rejected', category, code, retryAfterMs };
}

function said(error: string): Breakage {
  return breakages.json(200, reply('order', { error }));
}
function refused(response: string): Breakage {
  return breakages.json(200, { status: 'err', response });
}

const stories: readonly (readonly [string, Breakage, Outcome])[] = [
  ['no answer', breakages.hang, unknown],
  ['connection reset', breakages.reset, unknown],
  ['reset in the middle of the body', breakages.resetMidBody, unknown],
  ['headers, then a stalled body', breakages.stalledBody, unknown],
  ['truncated JSON', breakages.text(200, '{"status":"ok","response":{"type":"ord'), unknown],
  ['empty 200', breakages.text(200, ''), unknown],
  ['empty object', breakages.json(200, {}), unknown],
  ['a list', breakages.json(200, []), unknown],
  ['null', breakages.text(200, 'null'), unknown],
  ['HTML with 200', breakages.text(200, '<html>ok</html>'), unknown],
  ...[400, 403, 404, 405, 409, 418, 422, 429, 451, 500, 502, 503, 504].map(
    (status) =>
      [`HTML with ${status}`, breakages.text(status, '<html>no</html>', { 'retry-after': '3' }), unknown] as const,
  ),
  ['no statuses', breakages.json(200, { status: 'ok', response: { type: 'order', data: { statuses: [] } } }), unknown],
  ['a status without an id', breakages.json(200, reply('order', { filled: { totalSz: '100', avgPx: '1' } })), unknown],
  [
    'the reply of another order',
    breakages.json(
      200,
      reply('order', { filled: { totalSz: '100', avgPx: '1', oid: 5, cloid: `0x${'f'.repeat(32)}` } }),
    ),
    unknown,
  ],
  [
    'a resting order',
    breakages.json(200, reply('order', { resting: { oid: 77 } })),
    { kind: 'accepted', venueOrderId: '77' },
  ],
  ['tick', said('Price must be divisible by tick size. asset=1'), rejected('order_rejected', 'Tick')],
  ['minimum value', said('Order must have minimum value of $10. asset=1'), rejected('order_rejected', 'MinTradeNtl')],
  [
    'minimum value of spot',
    said('Order must have minimum value of 10 USDC. asset=10000'),
    rejected('order_rejected', 'MinTradeSpotNtl'),
  ],
  ['margin', said('Insufficient margin to place order. asset=1'), rejected('insufficient_balance', 'PerpMargin')],
  [
    'spot balance',
    said('Insufficient spot balance asset=10107'),
    rejected('insufficient_balance', 'InsufficientSpotBalance'),
  ],
  [
    'reduce-only',
    said('Reduce only order would increase position. asset=1'),
    rejected('reduce_only_rejected', 'ReduceOnly'),
  ],
  [
    'post-only',
    said('Post only order would have immediately matched, bbo was 0.9999@1.0001. asset=1'),
    rejected('order_rejected', 'BadAloPx'),
  ],
  [
    'nobody to match: the same order may be tried again',
    said('Order could not immediately match against any resting orders. asset=1'),
    { kind: 'rejected', category: 'order_rejected', code: 'IocCancel', retryAfterMs: 250, isUnmatched: true },
  ],
  [
    'no liquidity',
    said('No liquidity available for market order.'),
    rejected('order_rejected', 'MarketOrderNoLiquidity'),
  ],
  ['trigger price', said('Invalid TP/SL price. asset=1'), rejected('order_rejected', 'BadTriggerPx')],
  [
    'open interest cap',
    said('Order would increase open interest while open interest is capped. asset=1'),
    rejected('order_rejected', 'OpenInterestCap'),
  ],
  [
    'price at the open interest cap',
    said('Order rejected due to price more aggressive than oracle while at open interest cap. asset=1'),
    rejected('order_rejected', 'TooAggressiveAtOpenInterestCap'),
  ],
  [
    'open interest too fast',
    said('Order would increase open interest too quickly. asset=1'),
    rejected('order_rejected', 'OpenInterestIncrease'),
  ],
  ['far from the oracle', said('Price too far from oracle asset=1'), rejected('order_rejected', 'Oracle')],
  [
    'far from the reference',
    said('Order price cannot be more than 95% away from the reference price asset=1'),
    rejected('order_rejected', 'ReferencePrice'),
  ],
  [
    'margin tier',
    said('Order would cause position to exceed margin tier limit at current leverage. asset=1'),
    rejected('order_rejected', 'PerpMaxPosition'),
  ],
  ['price', said('Order has invalid price.'), rejected('order_rejected', 'InvalidPrice')],
  ['size', said('Order has invalid size. asset=1'), rejected('order_rejected', 'InvalidSize')],
  ['zero size', said('Order has zero size.'), rejected('order_rejected', 'ZeroSize')],
  ['the same, of the whole request', refused('Order has zero size.'), rejected('order_rejected', 'ZeroSize')],
  [
    'a wrong signature or a forgotten agent',
    refused('User or API Wallet 0xb8a6f8b26223de27c31938d56e470a5b832703a5 does not exist.'),
    rejected('unauthorised', 'UnknownWallet'),
  ],
  [
    'an account without a deposit',
    refused('Must deposit before performing actions. User: 0x123...'),
    rejected('unauthorised', 'NeverDeposited'),
  ],
  ['no signer', refused('Unable to recover signer.'), rejected('unauthorised', 'BadSignature')],
  [
    'used up requests',
    refused(
      'Too many cumulative requests sent (37986 > 10436) for cumulative volume traded $437.92. Place taker orders.',
    ),
    rejected('rate_limited', 'TooManyRequests', 10_000),
  ],
  ['expired', refused('Action already expired'), rejected('expired', 'Expired', 250)],
  ['nonce too low', refused('Invalid nonce: nonce too low 1 < 2'), rejected('expired', 'NonceTooLow', 250)],
  ['a nonce that was used: perhaps by this order', refused('Invalid nonce: duplicate nonce 1764221206959'), unknown],
  ['a sentence nobody listed', said('Order went somewhere else. asset=1'), unknown],
  ['a listed sentence with more to it', said('Order has zero size. Retrying in the background.'), unknown],
  ['an error without words', breakages.json(200, { status: 'err' }), unknown],
  ['a definite sentence with 500', breakages.json(500, { status: 'err', response: 'Order has zero size.' }), unknown],
];

suite('an order to hyperliquid', { concurrency: 4 }, () => {
  for (const [name, breakage, expected] of stories) {
    test(name, async (t) => {
      const { venue, fake } = await connectHyperliquid(t, deadlineFor(breakage));
      fake.breakEndpoint('POST', '/exchange', breakage);
      const outcome = await venue.submit(hyperliquidOrder());
      const { reason, ...rest } = { reason: '', ...outcome };
      assert.deepEqual(rest, expected, reason);
      assert.equal(fake.actions().length, 1, 'exactly one signed request');
      assert.deepEqual(fake.asked(), []);
    });
  }
});

/** Claimed and due long ago: expiry 5 s, margin 1 s and visibility lag 3 s are over. */
function longAgo(changes: Partial<OrderLookUp> = {}): OrderLookUp {
  const now = Date.now();
  return {
    clientOrderId: orderId,
    symbol: perpetual,
    venueOrderId: null,
    claimedAtMs: now - 20_000,
    sendByMs: now - 17_000,
    ...changes,
  };
}

suite('looking up at hyperliquid', () => {
  test('an order is found by its client id, with what was filled', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    fake.info.set('orderStatus', ({ oid }) =>
      oid === `0x${orderId}`
        ? { status: 'order', order: orderReport('canceled', { sz: '40.0' }) }
        : { status: 'unknownOid' },
    );
    assert.deepEqual(await venue.lookUp(longAgo()), {
      kind: 'found',
      order: {
        venueOrderId: '77738308',
        clientOrderId: orderId,
        symbol: perpetual,
        side: 'buy',
        quantityBase: '100',
        filledBase: '60',
        status: 'done',
      },
    });
  });

  test('by its venue order id too, as a number', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    fake.info.set('orderStatus', ({ oid }) =>
      oid === 77_738_308 ? { status: 'order', order: orderReport('filled') } : { status: 'unknownOid' },
    );
    const result = await venue.lookUp(longAgo({ venueOrderId: '77738308' }));
    assert.ok(result.kind === 'found');
    assert.deepEqual([result.order.filledBase, result.order.status], ['100', 'done']);
  });

  for (const status of ['iocCancelRejected', 'marginCanceled', 'selfTradeCanceled', 'perpMarginRejected', 'rejected']) {
    test(`${status} is an end without a fill`, async (t) => {
      const { venue, fake } = await connectHyperliquid(t);
      fake.info.set('orderStatus', () => ({ status: 'order', order: orderReport(status, { sz: '100.0' }) }));
      const result = await venue.lookUp(longAgo());
      assert.ok(result.kind === 'found');
      assert.deepEqual([result.order.filledBase, result.order.status], ['0', 'done']);
    });
  }

  test('a status that is not in the documents is not guessed', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    fake.info.set('orderStatus', () => ({ status: 'order', order: orderReport('brandNewCanceled') }));
    await assert.rejects(venue.lookUp(longAgo()), { kind: 'malformed_reply', message: /brandNewCanceled/ });
  });

  test('nowhere: not yet known while it could still arrive, absent once it cannot', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    const now = Date.now();
    assert.equal(
      (await venue.lookUp(longAgo({ claimedAtMs: now - 9_000, sendByMs: now - 6_000 }))).kind,
      'not_yet_known',
    );
    assert.deepEqual(await venue.lookUp(longAgo()), { kind: 'absent' });
    for (const type of ['orderStatus', 'frontendOpenOrders', 'historicalOrders', 'userFillsByTime']) {
      assert.ok(fake.asked().includes(type), type);
    }
  });

  test("the venue's clock decides, not ours", async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    fake.info.set('exchangeStatus', () => ({ specialStatuses: null, time: Date.now() - 15_000 }));
    assert.equal((await venue.lookUp(longAgo())).kind, 'not_yet_known');
  });

  test('a dead order is found in the history, by the newest of its states', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    const opened = orderReport('open', { sz: '100.0' });
    const ended = { ...orderReport('canceled', { sz: '100.0' }), statusTimestamp: Date.now() };
    fake.info.set('historicalOrders', () => [opened, ended]);
    const result = await venue.lookUp(longAgo());
    assert.ok(result.kind === 'found');
    assert.deepEqual([result.order.status, result.order.filledBase], ['done', '0']);
  });

  test('a history that is cut before the time in question proves nothing', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    const busy = Array.from({ length: 2_000 }, (_, index) => orderReport('filled', { oid: index + 1, cloid: null }));
    fake.info.set('historicalOrders', () => busy);
    await assert.rejects(venue.lookUp(longAgo()), { kind: 'malformed_reply', message: /do not reach back/ });
    // One row from before the claim, and the list is known to hold all since.
    busy[1_999] = orderReport('filled', { oid: 2_000, cloid: null, timestamp: Date.now() - 3_600_000 });
    assert.deepEqual(await venue.lookUp(longAgo()), { kind: 'absent' });
  });

  test('a trade whose order no list shows leads to the order', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    fake.info.set('userFillsByTime', () => [fill({ oid: 4_242 })]);
    fake.info.set('orderStatus', ({ oid }) =>
      oid === 4_242 ? { status: 'order', order: orderReport('filled', { oid: 4_242 }) } : { status: 'unknownOid' },
    );
    const result = await venue.lookUp(longAgo());
    assert.equal(result.kind === 'found' && result.order.venueOrderId, '4242');
  });
});

suite('cancelling at hyperliquid', () => {
  test('by client id, and by venue order id', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    await venue.cancel({ clientOrderId: orderId, venueOrderId: null, symbol: perpetual });
    await venue.cancel({ clientOrderId: orderId, venueOrderId: '77', symbol: perpetual });
    assert.deepEqual(
      fake.actions().map(({ action }) => action),
      [
        { type: 'cancelByCloid', cancels: [{ asset: 1, cloid: `0x${orderId}` }] },
        { type: 'cancel', cancels: [{ a: 1, o: 77 }] },
      ],
    );
  });

  test('an order that is gone already is no failure', async (t) => {
    const { venue, fake } = await connectHyperliquid(t);
    const error = 'Order was never placed, already canceled, or filled. asset=1';
    fake.route('POST', '/exchange', () => reply('cancel', { error }));
    await venue.cancel({ clientOrderId: orderId, venueOrderId: '77', symbol: perpetual });
    assert.equal(fake.actions().length, 1);
  });
});
