/** P&L of whole positions, by hand: what the accounts gained or lost, and why. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimal, sum, zero } from '../../src/domain/decimal.ts';
import { positionPnl, unrealisedPnl, type PositionPnl } from '../../src/domain/pnl.ts';
import { fill, inputOf, payment, planOf, type PnlFill } from '../support/pnl-inputs.ts';

function addsUp({ realisedUsd, ...pnl }: PositionPnl): void {
  const { feesAtRates: _rates, unpricedFees: _fees, assumedAtPar: _coins, ...parts } = pnl;
  assert.equal(sum(Object.values(parts).map(decimal)).toFixed(), realisedUsd);
}

test('long spot: bought in USDC-charged fills, held over a settlement, closed on a narrower gap', () => {
  const fills = [
    fill('spot', 'buy', '10010', '1.0000', '10 USDC', 0), // 10,000 received
    fill('perp', 'sell', '10000', '1.0018', '5.009 USDT', 0),
    fill('spot', 'sell', '10000', '1.0004', '10.004 USDT', 20),
    fill('perp', 'buy', '10000', '1.0008', '5.004 USDT', 20),
  ];
  const pnl = positionPnl(
    inputOf(planOf('long_spot_short_perp', '1.0000', '1.0020'), fills, {
      funding: [payment('1', 10)],
      closePrices: { spot: '1.0005', perp: '1.0008' },
    }),
  );
  // USDT: −10,010 + 10,004 spot; 10,018 − 10,008 perpetual; −10.004 − 5.009 − 5.004 fees; +1 funding = −15.017.
  // USDC: 10,010 − 10 − 10,000 = 0.
  assert.equal(pnl.realisedUsd, '-15.017');
  assert.equal(pnl.feesUsd, '-30.017'); // 10 USDC at 1.0000, and 20.017 USDT
  assert.equal(pnl.fundingUsd, '1');
  // Against the references: sold 2 pips under 1.0020 (−2), sold spot 1 pip under 1.0005 (−1).
  assert.equal(pnl.slippageUsd, '-3');
  // s·Q·(B_open − B_close) at the references: 10,000 · (0.0020 − (1.0008 − 1.0005)) = 17.
  assert.equal(pnl.basisUsd, '17');
  // At the fills: 10,000 · (0.0018 − 0.0004) = 14 = 17 − 3.
  addsUp(pnl);
});

test('short spot: sold from inventory, bought back with the fee on top, so that the inventory is whole', () => {
  const fills = [
    fill('spot', 'sell', '10000', '1.0000', '5 USDT'),
    fill('perp', 'buy', '10000', '0.9980', '2 USDT'),
    fill('spot', 'buy', '10010', '0.9990', '10 USDC'), // 10,000 received
    fill('perp', 'sell', '10000', '0.9988', '2 USDT'),
  ];
  const pnl = positionPnl(inputOf(planOf('short_spot_long_perp', '1.0000', '0.9980'), fills));
  // USDT: 10,000 − 9,999.99 spot; 9,988 − 9,980 perpetual; −5 − 2 − 2 fees = −0.99. USDC: −10,000 + 10,010 − 10 = 0.
  assert.equal(pnl.realisedUsd, '-0.99');
  assert.equal(pnl.feesUsd, '-18.99'); // 9 USDT and 10 USDC at 0.9990
  // −10,000 · ((0.9980 − 1.0000) − (0.9988 − 0.9990)) = −10,000 · (−0.0018) = 18.
  assert.equal(pnl.basisUsd, '18');
  assert.equal(pnl.slippageUsd, '0', 'no prices at the decision to close: no slippage is claimed for it');
  addsUp(pnl);
});

test('a premium that widens costs the long side and pays the short one: the signs do not swap', () => {
  const flat = { long: [] as string[], short: [] as string[] };
  for (const direction of ['long_spot_short_perp', 'short_spot_long_perp'] as const) {
    const long = direction === 'long_spot_short_perp';
    const fills = [
      fill('spot', long ? 'buy' : 'sell', '1000', '1', '0 USDT'),
      fill('perp', long ? 'sell' : 'buy', '1000', '1.001', '0 USDT'),
      fill('spot', long ? 'sell' : 'buy', '1000', '1', '0 USDT'),
      fill('perp', long ? 'buy' : 'sell', '1000', '1.004', '0 USDT'),
    ];
    flat[long ? 'long' : 'short'].push(positionPnl(inputOf(planOf(direction, '1', '1.001'), fills)).realisedUsd);
  }
  assert.deepEqual(flat, { long: ['-3'], short: ['3'] }); // s · 1,000 · (0.001 − 0.004)
});

test('spot dust is valued at the price of the close', () => {
  const fills = [fill('spot', 'buy', '10', '1', '0 USDT'), fill('spot', 'sell', '9.99', '0.99', '0 USDT')];
  const pnl = positionPnl(inputOf(planOf('long_spot_short_perp', '1', '1'), fills));
  // −10 + 9.8901 + 0.01 USDC · 0.99 = −0.1.
  assert.equal(pnl.realisedUsd, '-0.1');
  addsUp(pnl);
});

test('what stays sold is counted against simply holding it: the sale, less what the coin was worth at the decision', () => {
  const fills = [
    fill('spot', 'sell', '10000', '1.0000', '1 USDT'),
    fill('perp', 'buy', '10000', '0.9990', '0.5 USDT'),
    fill('perp', 'sell', '10000', '0.8680', '0.5 USDT'),
  ];
  const closePrices = { spot: '0.8700', perp: '0.8682' };
  const input = inputOf(planOf('short_spot_long_perp', '1.0002', '0.9988'), fills, { closePrices });
  const pnl = positionPnl({ ...input, keptSpotPrice: '0.8700' });
  // Spot: 10,000 · (1.0000 − 0.8700) = 1,300. Perpetual: 10,000 · (0.8680 − 0.9990) = −1,310. Fees: 2.
  assert.equal(pnl.realisedUsd, '-12');
  assert.equal(pnl.feesUsd, '-2');
  // s·Q·(B_open − B_close) = −10,000 · ((0.9988 − 1.0002) − (0.8682 − 0.8700)) = −4; the rest is slippage of 2 bps a fill.
  assert.equal(pnl.basisUsd, '-4');
  assert.equal(pnl.slippageUsd, '-6');
  addsUp(pnl);
});

test('a reduction is a part of the P&L like any other fill, without slippage of its own', () => {
  const reducing = (one: PnlFill): PnlFill => ({ ...one, clientOrderId: 'reduce-1' });
  const fills = [
    fill('spot', 'buy', '10000', '1.0000', '0 USDT'),
    fill('perp', 'sell', '10000', '1.0020', '0 USDT'),
    reducing(fill('spot', 'sell', '6000', '1.2000', '0 USDT')),
    reducing(fill('perp', 'buy', '6000', '1.2010', '0 USDT')),
    fill('spot', 'sell', '4000', '1.3000', '0 USDT'),
    fill('perp', 'buy', '4000', '1.3002', '0 USDT'),
  ];
  const closePrices = { spot: '1.3001', perp: '1.3001' };
  const input = inputOf(planOf('long_spot_short_perp', '1.0000', '1.0020'), fills, { closePrices });
  const pnl = positionPnl({ ...input, purposes: new Map([['reduce-1', 'reduce']]) });
  // 6,000 · (0.0020 − 0.0010) + 4,000 · (0.0020 − 0.0002) = 6 + 7.2; the last two fills slipped by 4,000 · 0.0001 each.
  assert.equal(pnl.realisedUsd, '13.2');
  assert.equal(pnl.slippageUsd, '-0.8');
  assert.equal(pnl.basisUsd, '14');
  addsUp(pnl);
});

test('what was bought too much and trimmed at once is a part of the opening, wherever prices are a week later', () => {
  const trimmed = (price: string): PnlFill => ({
    ...fill('spot', 'sell', '0.1', price, '0 USDT'),
    clientOrderId: 'trim-1',
  });
  const story = (boughtAt: string, trimmedAt: string) => {
    const fills = [
      fill('spot', 'buy', '1', boughtAt, '0 USDT'),
      fill('perp', 'sell', '0.9', '60000', '0 USDT'),
      trimmed(trimmedAt),
      fill('spot', 'sell', '0.9', '66000', '0 USDT'),
      fill('perp', 'buy', '0.9', '66000', '0 USDT'),
    ];
    const closePrices = { spot: '66000', perp: '66000' };
    const input = inputOf(planOf('long_spot_short_perp', '60000', '60000'), fills, { closePrices });
    return positionPnl({ ...input, purposes: new Map([['trim-1', 'trim']]) });
  };
  const atOnePrice = story('60000', '60000');
  assert.deepEqual([atOnePrice.basisUsd, atOnePrice.slippageUsd, atOnePrice.realisedUsd], ['0', '0', '0']);
  // Bought 10 too high and trimmed 10 too low: 1 · 10 + 0.1 · 10, and no gap was gained or lost.
  const slipped = story('60010', '59990');
  assert.deepEqual([slipped.basisUsd, slipped.slippageUsd, slipped.realisedUsd], ['0', '-11', '-11']);
  addsUp(slipped);
});

test('the coin that a trim gave back was never held: its fall is on no line', () => {
  const plan = planOf('long_spot_short_perp', '1', '1');
  const inDollars = { ...plan, spot: { ...plan.spot, instrument: { ...plan.spot.instrument, quote: 'USD' } } };
  // 1,000 contracts sold, 200 bought back at once; the rest closed a week later, with USDT at 0.98.
  const fills = [
    fill('spot', 'buy', '800', '1', '0 USD'),
    fill('perp', 'sell', '1000', '1', '0 USDT'),
    { ...fill('perp', 'buy', '200', '1', '0 USDT'), clientOrderId: 'trim-1' },
    fill('spot', 'sell', '800', '1', '0 USD'),
    fill('perp', 'buy', '800', '1', '0 USDT'),
  ];
  const usdPrices = { USDT: { open: '1', close: '0.98' } };
  const pnl = positionPnl({ ...inputOf(inDollars, fills, { usdPrices }), purposes: new Map([['trim-1', 'trim']]) });
  // On 800: sold for USDT that fell by 0.02, bought back with the same: −16 of the coin, +16 of the gap.
  assert.deepEqual([pnl.quoteCurrencyUsd, pnl.basisUsd, pnl.realisedUsd], ['-16', '16', '0']);
  addsUp(pnl);
});

test('reducing moves no ratio: what it realised counts, over the notional at open', () => {
  const plan = planOf('long_spot_short_perp', '1', '1');
  const watch = {
    key: 'one',
    workflowId: 'position/one',
    plan,
    anchor: { wallMs: 0, marketMs: 0, scale: 1, tapeEndMs: null },
    spotQuantityBase: '10000',
    perpQuantityBase: '10000',
    spotOpenPrice: '1.0000',
    perpOpenPrice: '1.0020',
    openFeesUsd: '0',
    hedgedAtMs: 0,
  };
  const free = {
    ...watch,
    plan: { ...plan, spot: { ...plan.spot, takerFeeBps: '0' }, perp: { ...plan.perp, takerFeeBps: '0' } },
  };
  const close = { spotPrice: decimal('1.2000'), perpPrice: decimal('1.2010') };
  const before = unrealisedPnl(free, close, zero);
  // 10,000 · (0.2000 − 0.1990) = 10 of 10,000; 6,000 of each leg taken off at these prices realise 6.
  assert.deepEqual([before.netUsd.toFixed(), before.ratioPct.toFixed()], ['10', '0.1']);
  const reduced = { openedSpotBase: '10000', realisedUsd: '6', atWallMs: 1 };
  const after = unrealisedPnl({ ...free, spotQuantityBase: '4000', perpQuantityBase: '4000', reduced }, close, zero);
  assert.deepEqual([after.priceUsd.toFixed(), after.netUsd.toFixed(), after.ratioPct.toFixed()], ['4', '10', '0.1']);
  // What the opening lost by taking back what one leg filled too much of is lost: 4.2 of the 10.
  const trimmed = unrealisedPnl({ ...free, trimmedUsd: '-4.2' }, close, zero);
  assert.deepEqual(
    [trimmed.priceUsd.toFixed(), trimmed.netUsd.toFixed(), trimmed.ratioPct.toFixed()],
    ['10', '5.8', '0.058'],
  );
});

test('a fee in a third coin is valued at its price; without one at the account’s rate of the fill, and listed', () => {
  const fills = [
    fill('perp', 'sell', '1000', '1', '0.001 BNB'),
    fill('perp', 'buy', '1000', '1', '0.001 BNB'),
    fill('spot', 'buy', '1000', '1', '0.1 USDT'),
    fill('spot', 'sell', '1000', '1', '2 MNT'),
  ];
  const input = inputOf(planOf('long_spot_short_perp', '1', '1'), fills);
  const unpriced = positionPnl(input);
  // 0.1, and three times 0.5 bps of 1,000.
  assert.equal(unpriced.feesUsd, '-0.25');
  assert.equal(unpriced.realisedUsd, '-0.25');
  assert.deepEqual(unpriced.unpricedFees, []);
  assert.deepEqual(unpriced.feesAtRates, [
    { amount: '2', currency: 'MNT' },
    { amount: '0.002', currency: 'BNB' },
  ]);
  addsUp(unpriced);
  const priced = positionPnl({ ...input, usdPrices: { BNB: { open: '600', close: '600' } } });
  assert.equal(priced.feesUsd, '-1.35'); // 0.1 USDT, 1.2 of BNB, 0.05 for the MNT
  assert.deepEqual(priced.feesAtRates, [{ amount: '2', currency: 'MNT' }]);
  const configured = positionPnl({ ...input, plan: { ...input.plan, perp: { ...input.plan.perp, feeCoin: 'BNB' } } });
  assert.deepEqual(configured, { ...unpriced, feesAtRates: [{ amount: '2', currency: 'MNT' }] }, 'as was said');
});

test('of a resting order it is the maker rate; a rebate in a third coin counts as nothing', () => {
  const plan = planOf('long_spot_short_perp', '1', '1');
  const rests = { ...plan, spot: { ...plan.spot, takerFeeBps: '10', makerFeeBps: '8' } };
  const feesOf = (role: 'maker' | 'taker', fee: `${string} BNB`): string => {
    const bought = { ...fill('spot', 'buy', '1000', '1.5', fee), role };
    return positionPnl(inputOf(rests, [bought])).feesUsd;
  };
  assert.equal(feesOf('taker', '0.002 BNB'), '-1.5');
  assert.equal(feesOf('maker', '0.002 BNB'), '-1.2');
  assert.equal(feesOf('maker', '-0.002 BNB'), '0');
});

test('a fee in the perpetual’s base coin is paid from the wallet, and leaves the contracts whole', () => {
  const fills = [fill('perp', 'sell', '100', '600', '0.05 USDC'), fill('perp', 'buy', '100', '590', '0.05 USDC')];
  const pnl = positionPnl(inputOf(planOf('long_spot_short_perp', '600', '600'), fills));
  // Contracts: 60,000 − 59,000. Fees: 0.05 · 600 + 0.05 · 590. Nothing is left that dust would be valued for.
  assert.equal(pnl.basisUsd, '1000');
  assert.equal(pnl.feesUsd, '-59.5');
  assert.equal(pnl.realisedUsd, '940.5');
  addsUp(pnl);
});

test('a quote coin without a price counts as a dollar, and is listed', () => {
  const plan = planOf('long_spot_short_perp', '1', '1');
  const inFdusd = { ...plan, spot: { ...plan.spot, instrument: { ...plan.spot.instrument, quote: 'FDUSD' } } };
  const fills = [fill('spot', 'buy', '1000', '1', '0.5 FDUSD'), fill('spot', 'sell', '1000', '1.001', '0 FDUSD')];
  const pnl = positionPnl(inputOf(inFdusd, fills));
  assert.equal(pnl.realisedUsd, '0.5'); // 1 gained, 0.5 paid
  assert.deepEqual(pnl.assumedAtPar, ['FDUSD', 'USDT'], 'the legs are in two coins: neither is known');
  assert.deepEqual(pnl.unpricedFees, []);
  assert.deepEqual(positionPnl(inputOf(plan, [])).assumedAtPar, []);
});

test('interest on a borrow is a cost of its own', () => {
  const plan = planOf('short_spot_long_perp', '1', '1');
  const pnl = positionPnl(inputOf(plan, [], { borrow: [{ amount: '0.25', currency: 'USDC' }] }));
  assert.equal(pnl.borrowUsd, '-0.25');
  assert.equal(pnl.realisedUsd, '-0.25');
  const unpriced = positionPnl(inputOf(plan, [], { borrow: [{ amount: '0.25', currency: 'BTC' }] }));
  assert.equal(unpriced.borrowUsd, '0');
  assert.deepEqual(unpriced.unpricedFees, [{ amount: '0.25', currency: 'BTC' }]);
});

test('interest in the coin that was sold is worth what was paid for it when it was bought back', () => {
  const plan = { ...planOf('short_spot_long_perp', '1', '0.998'), borrow: { hourlyRate: '0', collateralRate: '1' } };
  const fills = [
    fill('spot', 'sell', '10000', '1', '5 USDT'),
    fill('perp', 'buy', '10000', '0.998', '5 USDT'),
    fill('spot', 'buy', '10010.12', '0.999', '10.01 USDC'),
    fill('perp', 'sell', '10000', '0.9982', '5 USDT'),
  ];
  const pnl = positionPnl(inputOf(plan, fills, { borrow: [{ amount: '0.12', currency: 'USDC' }] }));
  // Spot cash 10,000 − 10,000.10988 − 5; perpetual 2 − 10; left 10,000.11 − 10,000 − 0.12 = −0.01 at 0.999.
  assert.equal(pnl.borrowUsd, '-0.11988');
  assert.equal(pnl.realisedUsd, '-13.11987');
});

test('spot in USD against USDT: the fall of USDT hits the whole notional, on a line of its own', () => {
  const plan = planOf('long_spot_short_perp', '1', '1.001');
  const inDollars = { ...plan, spot: { ...plan.spot, instrument: { ...plan.spot.instrument, quote: 'USD' } } };
  const fills = [
    fill('spot', 'buy', '1000', '1', '0 USD'),
    fill('perp', 'sell', '1000', '1.001', '0 USDT'),
    fill('spot', 'sell', '1000', '1', '0 USD'),
    fill('perp', 'buy', '1000', '1.02', '0 USDT'),
  ];
  const usdPrices = { USDT: { open: '1', close: '0.98' } };
  const pnl = positionPnl(inputOf(inDollars, fills, { usdPrices }));
  // The perpetual lost 19 USDT, worth 18.62 USD. Of it, basis: 1,000 · [(1.001 − 1) − (1.02 · 0.98 − 1)] = 1.4;
  // the coin: 1,000 · 1.001 · (0.98 − 1) = −20.02.
  assert.equal(pnl.realisedUsd, '-18.62');
  assert.equal(pnl.basisUsd, '1.4');
  assert.equal(pnl.quoteCurrencyUsd, '-20.02');
  assert.deepEqual(pnl.assumedAtPar, []);
  addsUp(pnl);
  // Without a price the 20.02 are missing: that is said.
  const unpriced = positionPnl(inputOf(inDollars, fills));
  assert.deepEqual([unpriced.realisedUsd, unpriced.quoteCurrencyUsd], ['-19', '0']);
  assert.deepEqual(unpriced.assumedAtPar, ['USDT']);
});

test('two positions on one perpetual: each is paid for what it held at the settlement', () => {
  const mine = [fill('perp', 'sell', '3000', '1', '0 USDT', 0), fill('perp', 'buy', '3000', '1', '0 USDT', 20)];
  const theirs = [fill('perp', 'sell', '1000', '1', '0 USDT', 10, 'two')]; // opened at the first settlement: not in it
  const input = inputOf(planOf('long_spot_short_perp', '1', '1'), mine, {
    accountFills: [...mine, ...theirs],
    funding: [payment('3', 10), payment('4', 20), payment('9', 21)],
  });
  // At 10 alone: 3. At 20, closing at the very settlement, 3,000 of 4,000: 3. At 21 flat: nothing.
  assert.equal(positionPnl(input).fundingUsd, '6');
});
