/** What can be traded, in exact text; and why something cannot. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { VenueError } from '../../src/ports/venue.ts';
import { createCcxtVenue } from '../../src/venues/ccxt-venue.ts';
import { legRefusal } from '../../src/venues/account/position-needs.ts';
import { venueCapabilities, venueIds } from '../../src/venues/registry.ts';
import { connect, fakes, type FakeName } from './support/connect.ts';
import { binanceContract } from './support/fake-binanceusdm.ts';
import { bybitInstrument, bybitOk } from './support/fake-bybit.ts';

test('a spot pair: ticks, lots and minimums of the venue', async (t) => {
  const { venue } = await connect(t, 'bybit');
  assert.deepEqual(await venue.instruments(['USDC/USDT']), [
    {
      venue: 'bybit',
      symbol: 'USDC/USDT',
      kind: 'spot',
      base: 'USDC',
      quote: 'USDT',
      settle: null,
      contractSize: '1',
      priceTick: '0.0001',
      quantityStep: '0.01',
      minimumQuantity: '1',
      minimumNotional: '1',
      feeCurrency: 'received',
    },
  ]);
});

test('a linear perpetual', async (t) => {
  const { venue } = await connect(t, 'binanceusdm');
  assert.deepEqual(await venue.instruments(['USDC/USDT:USDT']), [
    {
      venue: 'binanceusdm',
      symbol: 'USDC/USDT:USDT',
      kind: 'perpetual',
      base: 'USDC',
      quote: 'USDT',
      settle: 'USDT',
      contractSize: '1',
      priceTick: '0.000001',
      quantityStep: '1',
      minimumQuantity: '1',
      minimumNotional: '5',
      feeCurrency: 'quote',
    },
  ]);
});

/** The message with which a venue that answers so refuses the symbol. */
async function refusal(name: FakeName, path: string, reply: unknown, symbol: string): Promise<string> {
  const fake = await fakes[name].start();
  fake.route('GET', path, () => reply);
  const venue = await createCcxtVenue({
    account: 'a',
    venue: name,
    credentials: { apiKey: 'k', secret: 's' },
    endpoint: { rest: fake.address, ws: '' },
    clock: { nowMs: () => Date.now() },
  });
  try {
    const error = await venue.instruments([symbol]).then(String, (reason: unknown) => reason);
    assert.ok(error instanceof VenueError, String(error));
    assert.equal(error.kind, 'bad_symbol');
    return error.message;
  } finally {
    await venue.close();
    await fake.close();
  }
}

suite('refused with its reason', () => {
  const spotPath = '/v5/market/instruments-info';
  const contractPath = '/fapi/v1/exchangeInfo';

  test('an unknown symbol names what exists', async () => {
    const message = await refusal(
      'bybit',
      spotPath,
      bybitOk({ category: 'spot', list: [bybitInstrument] }),
      'USDC/EUR',
    );
    assert.match(message, /USDC\/EUR does not exist.*USDC\/USDT/);
  });

  test('a name of objects is no symbol', async () => {
    const message = await refusal(
      'bybit',
      spotPath,
      bybitOk({ category: 'spot', list: [bybitInstrument] }),
      'constructor',
    );
    assert.match(message, /does not exist/);
  });

  test('a halted pair', async () => {
    const halted = { ...bybitInstrument, status: 'PreLaunch' };
    const message = await refusal('bybit', spotPath, bybitOk({ category: 'spot', list: [halted] }), 'USDC/USDT');
    assert.match(message, /not open for trading/);
  });

  test('a contract that settles in another currency', async () => {
    const other = { ...binanceContract, marginAsset: 'BNB' };
    const message = await refusal('binanceusdm', contractPath, { symbols: [other] }, 'USDC/USDT:BNB');
    assert.match(message, /inverse|settles in BNB/);
  });

  test('a dated future', async () => {
    const dated = {
      ...binanceContract,
      symbol: 'USDCUSDT_261225',
      contractType: 'CURRENT_QUARTER',
      deliveryDate: 1798185600000,
    };
    const message = await refusal('binanceusdm', contractPath, { symbols: [dated] }, 'USDC/USDT:USDT-261225');
    assert.match(message, /neither a spot pair nor a perpetual/);
  });
});

suite('legs of a position', () => {
  const perpetual = {
    venue: 'binanceusdm',
    symbol: 'USDC/USDT:USDT',
    kind: 'perpetual',
    base: 'USDC',
    quote: 'USDT',
    settle: 'USDT',
    contractSize: '1',
    priceTick: '0.000001',
    quantityStep: '1',
    minimumQuantity: '1',
    minimumNotional: '5',
    feeCurrency: 'quote',
  } as const;
  const spot = { ...perpetual, symbol: 'USDC/USDT', kind: 'spot', settle: null } as const;
  const capabilities = venueCapabilities('binanceusdm');

  test('what can do what a leg needs is not refused', () => {
    assert.equal(legRefusal(capabilities, perpetual, 'perp'), null);
    assert.equal(legRefusal(capabilities, spot, 'spot'), null);
  });

  test('the wrong kind, settlement or size is refused with its reason', () => {
    assert.match(legRefusal(capabilities, spot, 'perp') ?? '', /USDC\/USDT cannot be the perp leg.*spot pair/);
    assert.match(legRefusal(capabilities, perpetual, 'spot') ?? '', /cannot be the spot leg.*it is a perpetual/);
    assert.match(legRefusal(capabilities, { ...perpetual, settle: 'USDC' }, 'perp') ?? '', /settles in USDC.*in USDT/);
    assert.match(legRefusal(capabilities, { ...perpetual, contractSize: '0' }, 'perp') ?? '', /lot, tick or contract/);
  });

  test('a venue holds a leg only in a style whose orders it takes', () => {
    const resting = { ...capabilities, orderKinds: ['gtc', 'post_only', 'market'] as const };
    assert.match(
      legRefusal(resting, perpetual, 'perp') ?? '',
      /takes no immediate-or-cancel limit orders, which the execution style taker_taker needs; it can do: market$/,
    );
    assert.match(legRefusal(resting, perpetual, 'perp', 'maker_hedge') ?? '', /no immediate-or-cancel/);
    assert.equal(legRefusal(resting, perpetual, 'perp', 'market'), null);
    const neither = { ...capabilities, orderKinds: ['gtc'] as const };
    assert.match(
      legRefusal(neither, perpetual, 'perp', 'maker_hedge') ?? '',
      /no immediate-or-cancel limit orders and no post-only orders.*it can do: none$/,
    );
  });
});

suite('venues', () => {
  test('each states its capabilities', () => {
    for (const id of venueIds) assert.equal(venueCapabilities(id).venue, id);
    assert.deepEqual(venueCapabilities('binanceusdm').requestExpiry, { mechanism: 'recvWindow', expiryMs: 5_000 });
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    ['ftx', /ftx closed in November 2022.*allowed are: .*bybit/],
    ['gate', /gate is known to ccxt but has no capability file.*allowed are/],
    ['gmx', /gmx is traded by smart contracts and not in ccxt: it needs an adapter of its own.*allowed are/],
    ['perpetual protocol', /perpetual protocol is traded by smart contracts and not in ccxt.*CONTRIBUTING/],
    ['nosuchvenue', /"nosuchvenue" is not an exchange id of ccxt; allowed are/],
    ['Exchange', /is not an exchange id of ccxt/],
    ['pro', /is not an exchange id of ccxt/],
  ];
  for (const [id, reason] of refused) {
    test(`${id} is refused with its own reason`, () => {
      assert.throws(() => venueCapabilities(id), { name: 'VenueError', kind: 'bad_request', message: reason });
    });
  }
});
