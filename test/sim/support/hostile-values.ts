/** Values that no sensible client sends: wrong types, huge numbers, deep nesting, names of prototypes, broken bytes. */
import * as fc from 'fast-check';

const words = (text: string): string[] => text.trim().split(/\s+/);

const hostileText = fc.constantFrom(
  '',
  ' ',
  '0',
  '-1',
  '1',
  '0.1',
  '1e308',
  '1e-30',
  'NaN',
  'Infinity',
  '0x10',
  '９',
  '9'.repeat(400),
  `0.${'0'.repeat(300)}1`,
  '__proto__',
  'constructor',
  'toString',
  'null',
  'true',
  '[]',
  '{}',
  '\u0000',
  '\ud800',
  '💥',
  '%',
  "'; --",
  'x'.repeat(5000),
);

const usualText = fc.constantFrom(
  ...words(`
    USDCUSDT USDC-USDT USDC-USDT-SWAP USDCUSD USDC/USDT PF_USDCUSD USDT-USDC USDC USDT buy sell BUY
    SELL Buy Sell limit market LIMIT MARKET Limit Market lmt mkt GTC IOC FOK GTX PostOnly post_only ioc
    fok post spot linear SPOT SWAP cash cross isolated UNIFIED 10 100 0.9 1.1 1800000000000 open closed
    main
  `),
);

const usualNames = fc.constantFrom(
  '',
  ...words(`
    symbol side type quantity price timeInForce newClientOrderId orderId origClientOrderId category
    orderType qty orderLinkId limit startTime endTime cursor baseCoin settleCoin instId instType tdMode
    ordType sz px clOrdId ordId before after begin end bar pair ordertype volume userref cl_ord_id
    oflags timeinforce txid trades start ofs orderType size limitPrice cliOrdId order_id reduceOnly
    lever leverage timeout since product_id client_order_id order_configuration base_size quote_size
    order_ids granularity recvWindow timestamp interval marginType dualSidePosition count args op
    fromId period __proto__ constructor prototype hasOwnProperty orders batchOrders json request
  `),
);

export const hostileNumber: fc.Arbitrary<number> = fc.constantFrom(
  0,
  -0,
  1,
  -1,
  0.1,
  1e21,
  1e308,
  5e-324,
  2 ** 53,
  -(2 ** 63),
);

/** Any JSON, with a taste for what programs trip over. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: usualText },
  { weight: 3, arbitrary: hostileText },
  { weight: 2, arbitrary: hostileNumber },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3000 }).map(nested) },
);

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? { a: value } : [value];
  return value;
}

const names = fc.oneof({ weight: 8, arbitrary: usualNames }, { weight: 1, arbitrary: fc.string() });

/** Own properties also for `__proto__`, as a parser of JSON makes them. */
export const hostileParams: fc.Arbitrary<object> = fc
  .array(fc.tuple(names, hostileValue), { maxLength: 14 })
  .map((entries) => Object.fromEntries(entries) as object);

/** What may come instead of a body that a client meant. */
export const hostileBody: fc.Arbitrary<string | Uint8Array<ArrayBuffer>> = fc.oneof(
  hostileValue.map((value) => JSON.stringify(value)),
  hostileParams.map((params) => JSON.stringify(params)),
  hostileText,
  fc.constantFrom('{', '[', '{"a":', '"', '{"__proto__":{"symbol":"USDCUSDT"}}', 'a=b&a=c&=&&__proto__=1', '%zz=%'),
  fc.integer({ min: 10_000, max: 200_000 }).map((depth) => '['.repeat(depth)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes)),
);

export const hostileHeaders: fc.Arbitrary<Record<string, string>> = fc.dictionary(
  fc.constantFrom(
    ...words(`
      content-type x-bapi-api-key x-bapi-timestamp x-bapi-sign x-bapi-recv-window x-mbx-apikey
      ok-access-key ok-access-sign ok-access-timestamp ok-access-passphrase exptime api-key api-sign
      apikey authent nonce authorization cookie accept-encoding content-encoding range
    `),
  ),
  fc.constantFrom(
    '',
    '0',
    '-1',
    '99999999999999999999',
    'application/json',
    'text/xml',
    'Bearer a.b.c',
    'Bearer',
    '\u00ff',
  ),
  { maxKeys: 6 },
);

export const hostilePath: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '/',
    '//',
    '/%',
    '/%00',
    '/..',
    '/../..',
    '/__proto__',
    '/v5//order',
    '/?a=%',
    '/?a=b&a=c&__proto__=1',
  ),
  fc.webPath().map((path) => `/${path}`),
  fc.stringMatching(/^[!-~]{1,60}$/).map((path) => `/${path.replaceAll('#', '')}`),
);

const topics = fc.array(
  fc.constantFrom<unknown>(
    ...words(`
      orderbook.50.USDCUSDT tickers.USDCUSDT publicTrade.USDCUSDT order wallet orderbook.7.USDCUSDT
      usdcusdt@depth usdcusdt@depth5@100ms !bookTicker usdcusdt@ @ usdcusdt@kline_1m orderbook..
    `),
    { channel: 'books', instId: 'USDC-USDT' },
    { channel: 'tickers', instId: 'USDC-USDT-SWAP' },
    { channel: 'orders', instType: 'ANY' },
    { channel: '__proto__', instId: '__proto__' },
  ),
  { maxLength: 5 },
);

/** Operations of all venues' websockets, with arguments of any kind. */
export const hostileMessage: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  fc
    .record({
      verb: fc.constantFrom('op', 'method', 'event', 'type', 'action'),
      verbValue: fc.oneof(
        fc.constantFrom('subscribe', 'SUBSCRIBE', 'unsubscribe', 'UNSUBSCRIBE', 'auth', 'login', 'ping', 'challenge'),
        fc.constantFrom('LIST_SUBSCRIPTIONS', 'order', 'order.place', 'add_order', 'cancel-order', 'session.logon'),
        hostileValue,
      ),
      holder: fc.constantFrom('args', 'params', 'product_ids', 'feed', 'channel', 'id', 'req_id', 'api_key', 'jwt'),
      holderValue: fc.oneof(hostileValue, fc.array(hostileValue, { maxLength: 4 }), hostileParams, topics),
      rest: hostileParams,
    })
    .map(({ verb, verbValue, holder, holderValue, rest }) =>
      JSON.stringify({ ...rest, [verb]: verbValue, [holder]: holderValue }),
    ),
  fc.constantFrom('ping', 'pong', '', '[]', 'null', '0', '{', '{"op":"subscribe"}'),
  hostileValue.map((value) => JSON.stringify(value)),
  fc.integer({ min: 10_000, max: 100_000 }).map((depth) => '['.repeat(depth)),
  fc.uint8Array({ maxLength: 300 }),
);
