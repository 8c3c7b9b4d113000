/** How much: the bootstrap amount under every cap in turn, on the lots of both legs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { depthWithinBps, executablePrice, levelsFor } from '../../src/domain/basis.ts';
import { decimal, floorToStep, zero, type Decimal } from '../../src/domain/decimal.ts';
import { orderQuantity } from '../../src/domain/execution/quantity.ts';
import { limitPrice } from '../../src/domain/limit-price.ts';
import { bookSides, openingSides } from '../../src/strategy/evaluate.ts';
import { freeForOpening } from '../../src/strategy/needs.ts';
import { venuePair } from '../../src/strategy/pair.ts';
import { sizePosition, type SizeRequest } from '../../src/strategy/size.ts';
import { pairOf } from '../support/pairs.ts';
import { perpBook, spotBook } from '../support/quotes.ts';

/** What it is meant to come to. */
const stake = { amountUsd: decimal('10000'), bound: 'bootstrapUsd' };
const rules = {
  minPositionUsd: '1000',
  maxPositionUsd: '100000',
  maxPairUsd: '50000',
  maxOpenSlippageBps: '5',
  maxCloseSlippageBps: '20',
  minDepthMultiple: null as string | null,
  depthWithinBps: '10',
};
const flat = (price: string, depth = '1000000') => ({
  bids: [[price, depth]] as const,
  asks: [[price, depth]] as const,
});
const rich = (): Decimal => decimal('1000000');

function request(
  change: Omit<Partial<SizeRequest>, 'rules'> & { readonly rules?: Partial<typeof rules> } = {},
): SizeRequest {
  return {
    pair: pairOf(),
    direction: 'long_spot_short_perp',
    spotQuote: spotBook(flat('1.0000')),
    perpQuote: perpBook(flat('1.0020')),
    stake,
    pairExposureUsd: zero,
    freeOf: rich,
    ...change,
    rules: { ...rules, ...change.rules },
  };
}

function sized(change: Parameters<typeof request>[0] = {}): { quantity: string; notional: string; bound: string } {
  const size = sizePosition(request(change));
  if (size.kind === 'refused') assert.fail(size.reasons.join('; '));
  return { quantity: size.quantityBase.toFixed(), notional: size.notionalUsd.toFixed(), bound: size.bound };
}

function reasons(change: Parameters<typeof request>[0]): string {
  const size = sizePosition(request(change));
  assert.equal(size.kind, 'refused');
  return size.kind === 'refused' ? size.reasons.join('; ') : '';
}

test('the bootstrap amount, floored to the coarser lot', () => {
  // 10,000 / 1.0003 = 9,997.0009 → 9,997 (lots 0.01 and 1); notional 9,997 · 1.0003.
  const found = sized({ spotQuote: spotBook(flat('1.0003')) });
  assert.deepEqual(found, { quantity: '9997', notional: '9999.9991', bound: 'bootstrapUsd' });
});

test('each cap binds in its turn', () => {
  assert.equal(sized({ rules: { maxPositionUsd: '4000' } }).quantity, '4000');
  const pair = sized({ pairExposureUsd: decimal('47000') });
  assert.equal(pair.quantity, '3000');
  assert.equal(pair.bound, 'maxPairUsd: binance and bybit already hold 47000.00 of 50000 USD');
  assert.equal(venuePair({ spot: pairOf().perp, perp: pairOf().spot }), 'binance and bybit', 'the other way round too');
  assert.equal(sized({ rooms: [{ amountUsd: decimal('2500'), bound: 'a bucket' }] }).bound, 'a bucket');
  const thin = sized({ perpQuote: perpBook(flat('1.0020', '2500')) });
  assert.deepEqual([thin.quantity, thin.bound], ['2500', 'depth of binanceusdm USDC/USDT:USDT within 5 bps']);
});

test('what is free must pay the price at the slippage cap and the fee on top', () => {
  // Spot bought at up to 1.0005 with 10 bps taken from the coin: 5,000 / (1.0005 / 0.999) = 4,992.5 → 4,992.
  const spot = sized({ freeOf: (account) => decimal(account === 'bybit' ? '5000' : '1000000') });
  assert.deepEqual([spot.quantity, spot.bound], ['4992', 'USDT free at bybit']);
  // Margin: 1.0020 · (1/3 + 0.0005) = 0.334501 USDT a unit: 1,000 / 0.334501 = 2,989.5 → 2,989.
  const margin = sized({ freeOf: (account) => decimal(account === 'binance' ? '1000' : '1000000') });
  assert.deepEqual([margin.quantity, margin.bound], ['2989', 'margin free at binance']);
  // Sold from inventory: the coins themselves.
  const inventory = sized({
    direction: 'short_spot_long_perp',
    freeOf: (_, currency) => decimal(currency === 'USDC' ? '3210.5' : '1000000'),
  });
  assert.deepEqual([inventory.quantity, inventory.bound], ['3210', 'USDC free at bybit']);
});

test('what may be spent of all dollar coins together is for both legs', () => {
  const cash = { amountUsd: decimal('5000'), bound: 'minFreeCashPct' };
  // 1.0005 / 0.999 + 1.0020 · (1/3 + 0.0005) = 1.336003 a unit: 5,000 / it = 3,742.5.
  const long = sized({ cash });
  assert.deepEqual([long.quantity, long.bound], ['3742', 'minFreeCashPct']);
  // A coin that is no dollar is no cash: margin, 1.0020 · 1.0005 · (1/3 + 0.0005) = 0.334668, and to buy it back 1.002 /
  // 0.999 − 0.9995 · 0.999 = 0.0045025; 1,000 / both = 2,948.37.
  const usual = pairOf();
  const spot = { ...usual.spot, instrument: { ...usual.spot.instrument, base: 'DOGE' } };
  const short = sized({
    pair: { ...usual, spot },
    direction: 'short_spot_long_perp',
    cash: { ...cash, amountUsd: decimal('1000') },
  });
  assert.equal(short.quantity, '2948');
  // 4,999 / 0.999 are sent as 5,004.01, and 1.0020 · (1/3 + 0.0005) · 4,999 of margin: 6,676.180 for both; a lot less fits.
  const tight = { ...cash, amountUsd: decimal('6676.18') };
  assert.equal(sized({ rules: { maxOpenSlippageBps: '0' }, cash: tight }).quantity, '4998');
});

test('coins that open positions need for their close are not sold, and margin counts for what the perpetual settles in', () => {
  const reading = (account: string, freeMargin: string | null) => ({
    account,
    balances: ['USDC', 'USDT'].map((currency) => ({ currency, total: '9000', free: '9000' })),
    freeMargin,
  });
  // The spot account trades perpetuals too: the margin of 500 says nothing of its USDC.
  const readings = [reading('bybit', '500'), reading('binance', '8000')];
  const bound = [{ account: 'bybit', currency: 'USDC', amount: '6500', isLent: false }];
  const direction = 'short_spot_long_perp';
  const found = sized({ direction, freeOf: freeForOpening(pairOf(), readings, bound) });
  assert.deepEqual([found.quantity, found.bound], ['2500', 'USDC free at bybit']);
  const all = [{ account: 'bybit', currency: 'USDC', amount: '9001', isLent: false }];
  assert.match(reasons({ direction, freeOf: freeForOpening(pairOf(), readings, all) }), /bound by USDC free at bybit/);
});

test('a short from inventory needs what buying back may cost over its proceeds, or it could not be closed', () => {
  const direction = 'short_spot_long_perp';
  const withFree = (usdt: string) => (account: string, currency: string) =>
    decimal(account === 'bybit' && currency === 'USDT' ? usdt : '1000000');
  // 45.025 bps a unit, as above: 9.01 USDT are enough for 2,001.1.
  const found = sized({ direction, freeOf: withFree('9.01') });
  assert.deepEqual([found.quantity, found.bound], ['2001', 'USDT free at bybit to buy USDC back']);
  assert.equal(
    reasons({ direction, freeOf: withFree('0') }),
    'nothing is left to open: bound by USDT free at bybit to buy USDC back',
  );
  // The margin of a perpetual on the same account comes on top: 0.334668 + 0.0045025; 1,000 / both.
  const pair = pairOf();
  const shared = { ...pair, perp: { ...pair.perp, account: 'bybit' } };
  const both = sized({ pair: shared, direction, freeOf: withFree('1000') });
  assert.deepEqual([both.quantity, both.bound], ['2948', 'USDT free at bybit']);
});

test('an order that is rounded up to its lot must still be paid for', () => {
  // 4,999 / 0.999 = 5,004.004004 is sent as 5,004.01, a hair more than is free: 4,998 it is.
  const found = sized({
    rules: { maxOpenSlippageBps: '0' },
    freeOf: (account) => decimal(account === 'bybit' ? '5004.005' : '1000000'),
  });
  assert.equal(found.quantity, '4998');
});

test('both legs on one account share its balance', () => {
  const pair = pairOf();
  const shared = { ...pair, perp: { ...pair.perp, account: 'bybit' } };
  // A unit takes 1.0005 / 0.999 + 1.0020 · (1/3 + 0.0005) = 1.001502 + 0.334501 = 1.336003: 5,000 / it = 3,742.5.
  assert.equal(sized({ pair: shared, freeOf: () => decimal('5000') }).quantity, '3742');
});

test('a size at or under the minimum is refused, never lifted', () => {
  assert.match(
    reasons({ stake: { ...stake, amountUsd: decimal('1000') } }),
    /1000\.00 USD is not above minPositionUsd 1000: bound by boot/,
  );
  assert.equal(sized({ stake: { ...stake, amountUsd: decimal('1001') } }).quantity, '1001');
  assert.match(reasons({ pairExposureUsd: decimal('49500') }), /500\.00 USD is not above.*maxPairUsd/);
  assert.match(reasons({ pairExposureUsd: decimal('60000') }), /nothing is left to open: bound by maxPairUsd/);
  assert.match(reasons({ freeOf: () => zero }), /nothing is left to open: bound by USDT free at bybit/);
  assert.match(reasons({ spotQuote: spotBook({}) }), /no depth of bybit/);
});

test('the minimums of both legs are checked', () => {
  const pair = pairOf();
  const instrument = { ...pair.perp.instrument, minimumQuantity: '20000', minimumNotional: '15000' };
  const demanding = { ...pair, perp: { ...pair.perp, instrument } };
  assert.match(reasons({ pair: demanding }), /10000 is under the minimum of binanceusdm USDC\/USDT:USDT \(20000 base/);
});

const side = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 1, max: 2_000_000 })), {
    minLength: 1,
    maxLength: 5,
  })
  .map((steps) => {
    let away = 0;
    return steps.map(([step, cents]) => ({ away: (away += step), quantity: `${cents}e-2` }));
  });
const levels = (from: number, sign: 1 | -1, steps: readonly { away: number; quantity: string }[]) =>
  steps.map(({ away, quantity }) => [`${from + sign * away}e-4`, quantity] as const);

test('property: a size is on the lots, above the minimum, and under every cap at once', () => {
  const world = fc.record({
    direction: fc.constantFrom('long_spot_short_perp' as const, 'short_spot_long_perp' as const),
    mids: fc.tuple(fc.integer({ min: 9_800, max: 10_200 }), fc.integer({ min: 9_800, max: 10_200 })),
    books: fc.tuple(side, side, side, side),
    usd: fc.array(fc.integer({ min: 500, max: 60_000 }), { minLength: 4, maxLength: 4 }),
    free: fc.tuple(fc.nat(40_000), fc.nat(40_000), fc.nat(20_000)),
    slippage: fc.integer({ min: 0, max: 20 }),
    spotFee: fc.constantFrom('0', '10', '100'),
    isReceived: fc.boolean(),
    multiple: fc.constantFrom(null, '1.5', '3'),
  });
  let accepted = 0;
  fc.assert(
    fc.property(world, ({ direction, mids, books, usd, free, slippage, spotFee, isReceived, multiple }) => {
      const [spotMid, perpMid] = mids;
      const spotQuote = spotBook({ bids: levels(spotMid, -1, books[0]), asks: levels(spotMid + 1, 1, books[1]) });
      const perpQuote = perpBook({ bids: levels(perpMid, -1, books[2]), asks: levels(perpMid + 1, 1, books[3]) });
      const usual = pairOf(spotFee);
      const instrument = {
        ...usual.spot.instrument,
        feeCurrency: isReceived ? ('received' as const) : ('quote' as const),
      };
      const pair = { ...usual, spot: { ...usual.spot, instrument } };
      const [bootstrapUsd = '', maxPositionUsd = '', maxPairUsd = '', exposure = ''] = usd.map(String);
      const freeOf = (account: string, currency: string): Decimal =>
        decimal(String(account === 'binance' ? free[2] : currency === 'USDC' ? free[1] : free[0]));
      const wanted = { amountUsd: decimal(bootstrapUsd), bound: 'bootstrapUsd' };
      const caps = {
        ...rules,
        maxPositionUsd,
        maxPairUsd,
        maxOpenSlippageBps: String(slippage),
        minDepthMultiple: multiple,
      };
      const pairExposureUsd = decimal(exposure);
      const room = { amountUsd: decimal(exposure), bound: 'a bucket' };
      const asked = { pair, direction, rules: caps, spotQuote, perpQuote, pairExposureUsd, freeOf };
      const size = sizePosition({ ...asked, stake: wanted, rooms: [room] });
      if (size.kind === 'refused') return assert.ok(size.reasons.length > 0);
      accepted += 1;
      const { quantityBase, notionalUsd } = size;
      const sides = openingSides(direction);
      assert.ok(floorToStep(quantityBase, decimal('1')).eq(quantityBase), 'on the coarser lot');
      assert.ok(notionalUsd.gt(decimal('1000')));
      for (const cap of [bootstrapUsd, maxPositionUsd, exposure]) assert.ok(notionalUsd.lte(decimal(cap)));
      assert.ok(notionalUsd.plus(pairExposureUsd).lte(decimal(maxPairUsd)));
      assert.ok(quantityBase.lte(depthWithinBps(spotQuote, sides.spot, decimal(String(slippage)))));
      assert.ok(quantityBase.lte(depthWithinBps(perpQuote, sides.perp, decimal(String(slippage)))));
      for (const { depthBase } of bookSides([spotQuote, perpQuote], decimal('10')))
        assert.ok(quantityBase.times(decimal(multiple ?? '0')).lte(depthBase));
      // What the worst fills at the limit prices would take from the accounts.
      const spotPrice = executablePrice(levelsFor(spotQuote, sides.spot), quantityBase) ?? zero;
      const perpPrice = executablePrice(levelsFor(perpQuote, sides.perp), quantityBase) ?? zero;
      const sent = orderQuantity(pair.spot, sides.spot, quantityBase, spotPrice);
      const feeFraction = decimal(spotFee).times(decimal('0.0001'));
      const limit = limitPrice(sides.spot, spotPrice, decimal(String(slippage)), decimal('0.0001'));
      if (sides.spot === 'sell') assert.ok(sent.lte(decimal(String(free[1]))));
      else {
        const cost = sent.times(limit).times(isReceived ? decimal('1') : decimal('1').plus(feeFraction));
        assert.ok(cost.lte(decimal(String(free[0]))), `${cost.toFixed()} of ${free[0]}`);
        const received = isReceived ? sent.minus(sent.times(feeFraction)) : sent;
        assert.ok(received.gte(quantityBase) && received.lt(quantityBase.plus(decimal('1'))));
      }
      const margin = quantityBase.times(perpPrice).times(decimal('0.3338333333333'));
      assert.ok(margin.lte(decimal(String(free[2]))));
    }),
    { numRuns: 400 },
  );
  assert.ok(accepted > 10, `only ${accepted} sizes were accepted: the property says little`);
});
