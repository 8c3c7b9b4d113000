/** The portfolio's limits, one after the other, each just met and just broken. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decimal } from '../../../src/domain/decimal.ts';
import type { BasisPoint } from '../../../src/domain/portfolio/correlation.ts';
import { nextDrawdown } from '../../../src/domain/portfolio/drawdown.ts';
import { portfolioRefusals, type PortfolioLimits, type PortfolioState } from '../../../src/domain/portfolio/limits.ts';
import { coinPrices, portfolioValue, type ReadAccount } from '../../../src/domain/portfolio/value.ts';
import { volatilityMultiplier } from '../../../src/domain/portfolio/volatility.ts';
import { bybitSpot, binancePerpetual, examplePlan } from '../../support/plans.ts';

const hourMs = 3_600_000;
const none: PortfolioLimits = {
  accounts: [],
  venueCapPct: null,
  minFreeCashPct: null,
  buckets: [],
  maxCorrelation: null,
  maxDrawdownPct: null,
  maxQuoteExposureUsd: '0',
};

/** 100,000 USD, 60,000 of it at bybit, 50,000 free. */
function state(change: Partial<PortfolioState> = {}): PortfolioState {
  const byExchange = new Map([
    ['bybit', decimal('60000')],
    ['binance', decimal('40000')],
  ]);
  const value = { equityUsd: decimal('100000'), byExchange, freeCashUsd: decimal('50000') };
  return { value, live: [], history: [], drawdownPct: null, ...change };
}

/** Capital: 9,000 of spot, and 9,000 / 3 of margin. */
const plan = examplePlan({
  quantityBase: '9000',
  notionalUsd: '9000',
  perpReferencePrice: '1',
  spotReferencePrice: '1',
});
const held = (key: string, change = {}) => ({ plan: examplePlan({ ...plan, key, ...change }), pendingNeeds: [] });
const usdt = (amount: string) => [{ account: 'bybit', currency: 'USDT', amount }];

test('nothing asked for, nothing refused; an equity that is not known refuses', () => {
  assert.deepEqual(portfolioRefusals(none, plan, [], state()), []);
  assert.deepEqual(portfolioRefusals(none, plan, [], state({ value: 'bybit was never read' })), [
    'equity is not known: bybit was never read',
  ]);
});

test('venue cap: everything that is held at an exchange of either leg', () => {
  assert.deepEqual(portfolioRefusals({ ...none, venueCapPct: '60' }, plan, [], state()), []);
  assert.deepEqual(portfolioRefusals({ ...none, venueCapPct: '59.9' }, plan, [], state()), [
    'venueCapPct: 60.0 % of equity is at bybit, over 59.9',
  ]);
});

describe('buckets', () => {
  test('the first that matches caps the capital in it, the others do not count', () => {
    const buckets = [
      { venues: ['binance', 'dydx'], coins: ['USDC'], capPct: '1' },
      { venues: ['bybit', 'binance'], coins: ['USDC'], capPct: '24' },
      { venues: [], coins: [], capPct: '2' },
    ];
    const limits = { ...none, buckets };
    // 12,000 and 12,000 of 100,000; a position in BTC is in the last bucket.
    const live = [held('A'), held('B', { asset: 'BTC' })];
    assert.deepEqual(portfolioRefusals(limits, plan, [], state({ live })), []);
    assert.deepEqual(portfolioRefusals(limits, plan, [], state({ live: [...live, held('C')] })), [
      'bucket bybit, binance / USDC: 36.0 % of equity would be in it, over 24',
    ]);
    assert.deepEqual(portfolioRefusals({ ...none, buckets: buckets.slice(2) }, plan, [], state()), [
      'bucket any venue / any coin: 12.0 % of equity would be in it, over 2',
    ]);
  });
});

test('free cash: what is free, less what is on its way, less what this one takes', () => {
  const limits = { ...none, minFreeCashPct: '10' };
  const live = [{ ...held('A'), pendingNeeds: [...usdt('30000'), { account: 'bybit', currency: 'BTC', amount: '5' }] }];
  assert.deepEqual(portfolioRefusals(limits, plan, usdt('10000'), state({ live })), []);
  assert.deepEqual(portfolioRefusals(limits, plan, usdt('10000.01'), state({ live })), [
    'minFreeCashPct: 9999.99 USD, 10.0 % of equity, would be left free, under 10',
  ]);
});

test('a quote coin that is not hedged is capped on the whole notional, by its coin', () => {
  const spot = { ...plan.spot, instrument: { ...bybitSpot, symbol: 'USDC/USD', quote: 'USD' } };
  const unhedged = examplePlan({ ...plan, spot });
  const live = [held('A', { spot }), held('B')];
  const limits = { ...none, maxQuoteExposureUsd: '18000' };
  assert.deepEqual(portfolioRefusals(limits, unhedged, [], state({ live })), []);
  assert.deepEqual(portfolioRefusals({ ...limits, maxQuoteExposureUsd: '17999' }, unhedged, [], state({ live })), [
    'maxQuoteExposureUsd: 18000.00 USD would hang on USDT, over 17999',
  ]);
});

describe('drawdown', () => {
  test('refuses at its bound', () => {
    const limits = { ...none, maxDrawdownPct: '3' };
    assert.deepEqual(portfolioRefusals(limits, plan, [], state({ drawdownPct: '2.99' })), []);
    assert.match(
      portfolioRefusals(limits, plan, [], state({ drawdownPct: '3' })).join(),
      /3\.00 % under .* resume resets it/,
    );
  });

  test('is from the highest profit, over what the peak would be worth with the deposits since', () => {
    const first = nextDrawdown(null, { equityUsd: '100000', transferredUsd: '100000' });
    assert.equal(first.drawdownPct, '0');
    const peak = nextDrawdown(first.peak, { equityUsd: '104000', transferredUsd: '100000' });
    assert.equal(peak.drawdownPct, '0');
    // 2,080 of the profit of 4,000 is gone: 2 % of 104,000.
    assert.equal(nextDrawdown(peak.peak, { equityUsd: '101920', transferredUsd: '100000' }).drawdownPct, '2');
    // A deposit of 104,000 is no profit, and a withdrawal is no loss.
    assert.equal(nextDrawdown(peak.peak, { equityUsd: '205920', transferredUsd: '204000' }).drawdownPct, '1');
    const withdrawn = nextDrawdown(peak.peak, { equityUsd: '54000', transferredUsd: '50000' });
    assert.equal(withdrawn.drawdownPct, '0');
  });
});

/** A basis that moves by `changes`, hour by hour, round and round. */
function basisOf(pairId: string, changes: readonly number[], hours = 100): BasisPoint[] {
  let basis = 0;
  return Array.from({ length: hours }, (_, hour) => {
    basis += changes[hour % changes.length] ?? 0;
    return { pairId, hourMs: hour * hourMs, midBasisBps: String(basis) };
  });
}

describe('correlation', () => {
  const limits = { ...none, maxCorrelation: '0.7' };
  const perp = { ...plan.perp, instrument: { ...binancePerpetual, symbol: 'BTC/USDT:USDT' } };
  const spot = { ...plan.spot, instrument: { ...bybitSpot, symbol: 'BTC/USDT' } };
  const other = { pairId: 'other', spot, perp };
  const refusals = (history: BasisPoint[], change: object = other) =>
    portfolioRefusals(limits, plan, [], state({ live: [held('A', change)], history })).map((text) =>
      text.replace(/^maxCorrelation: /, ''),
    );

  test('of changes of the basis, signed by both sides', () => {
    const [mine, theirs] = [basisOf(plan.pairId, [1, -2, 3, -1]), basisOf('other', [2, -4, 6, -2])];
    assert.match(refusals([...mine, ...theirs]).join(), /^1\.00 with A \(over 99 hours\), over 0\.7/);
    const mirrored = basisOf('other', [-2, 4, -6, 2]);
    assert.deepEqual(refusals([...mine, ...mirrored]), []);
    const opposite = { ...other, direction: 'long_spot_short_perp' };
    assert.match(refusals([...mine, ...mirrored], opposite).join(), /^1\.00/, 'the other side of the opposite');
  });

  test('with fewer than 72 common hours is taken from what the two share', () => {
    const short = [...basisOf(plan.pairId, [1, -1], 72), ...basisOf('other', [1, -1], 72)];
    assert.deepEqual(refusals(short), [], 'nothing shared: 0');
    assert.match(
      refusals(short, { ...other, perp: plan.perp }).join(),
      /^0\.75 with A \(a shared perpetual; 71 common hours/,
    );
    assert.deepEqual(refusals(short, { ...other, spot: plan.spot }), [], 'a shared spot market: 0.5');
    const enough = [...basisOf(plan.pairId, [1, -1], 73), ...basisOf('other', [1, -1], 73)];
    assert.match(refusals(enough).join(), /^1\.00 with A \(over 72 hours\)/);
  });

  test('is not asked of the same pair, which has its own cap', () => {
    assert.deepEqual(refusals(basisOf(plan.pairId, [1, -1]), {}), []);
  });
});

test('volatility: a wild day counts up to three times, a quiet one half, a short history not at all', () => {
  const month = 30 * 24;
  const usual = basisOf('p', [1, -1], month);
  const end = usual.length * hourMs;
  assert.equal(volatilityMultiplier(usual, end), 1);
  assert.equal(volatilityMultiplier(usual.slice(-24 * 6), end), 1);
  const lastDay = (factor: number) => [
    ...usual.slice(0, -24),
    ...usual.slice(-24).map((point) => ({ ...point, midBasisBps: String(Number(point.midBasisBps) * factor) })),
  ];
  assert.ok(Math.abs(volatilityMultiplier(lastDay(2), end) - 2) < 0.1);
  assert.equal(volatilityMultiplier(lastDay(10), end), 3);
  assert.equal(volatilityMultiplier(lastDay(0.1), end), 0.5);
});

test('equity is coins at their prices and what the perpetuals gained; an old or missing reading makes it unknown', () => {
  const reading = (account: string, change: Partial<ReadAccount> = {}): ReadAccount => ({
    account,
    balances: [{ currency: 'USDT', total: '1000', free: '900' }],
    positions: [],
    freeMargin: null,
    readAtMs: 0,
    ...change,
  });
  const accounts = [
    { account: 'spot', venue: 'binance' },
    { account: 'perp', venue: 'binanceusdm' },
  ];
  const btc = { currency: 'BTC', total: '0.5', free: '0.5' };
  const short = { symbol: 'BTC/USDT:USDT', quantityBase: '-0.5', entryPrice: '60000', markPrice: '61000' };
  const readings = [
    reading('spot', { balances: [btc, { currency: 'XYZ', total: '9', free: '9' }] }),
    reading('perp', { positions: [short], freeMargin: '300' }),
  ];
  const priceOf = (coin: string) => (coin === 'BTC' ? decimal('61000') : coin === 'USDT' ? decimal('1') : null);
  const value = portfolioValue(accounts, readings, priceOf, 10, 10, []);
  assert.ok(typeof value !== 'string');
  // 30,500 of BTC, 1,000 USDT, and −0.5 · 1,000 of the short; both ids are one exchange.
  assert.equal(value.equityUsd.toFixed(), '31000');
  assert.equal(value.byExchange.get('binance')?.toFixed(), '31000');
  assert.equal(value.freeCashUsd.toFixed(), '300', 'no more than the margin that is free');
  assert.match(wordsOf(portfolioValue(accounts, readings, priceOf, 11, 10, [])), /reading of spot is 0\.011 s old/);
  assert.match(wordsOf(portfolioValue(accounts, readings.slice(1), priceOf, 0, 10, [])), /spot was never read/);
});

test('a hedged coin counts at the mark that its perpetual counts at, whatever it was bought for', () => {
  // 10 ETH bought at 4,000 of 100,000 USDT, hedged at 4,000 by an account of 100,000; 2,600 each today.
  const short = { symbol: 'ETH/USDT:USDT', quantityBase: '-10', entryPrice: '4000', markPrice: '2600' };
  const reading = (account: string, readAtMs: number, rest: Partial<ReadAccount>): ReadAccount => ({
    account,
    balances: [],
    positions: [],
    freeMargin: null,
    readAtMs,
    ...rest,
  });
  const coins = (currency: string, total: string) => ({ currency, total, free: total });
  const readings = [
    reading('old', 4, { positions: [{ ...short, quantityBase: '0', markPrice: '2500' }] }),
    reading('spot', 9, { balances: [coins('USDT', '60000'), coins('ETH', '10'), coins('SOL', '1')] }),
    reading('perp', 5, { balances: [coins('USDT', '100000')], positions: [short] }),
    reading('new', 6, { positions: [{ ...short, quantityBase: '0', markPrice: null }] }),
  ];
  const accounts = ['spot', 'perp'].map((account) => ({ account, venue: account }));
  const priceOf = coinPrices(readings, (coin) =>
    coin === 'ETH' ? decimal('4000') : coin === 'SOL' ? decimal('7') : null,
  );
  const value = portfolioValue(accounts, readings, priceOf, 9, 10, []);
  assert.ok(typeof value !== 'string');
  // 60,000 + 26,000 + 7 of SOL, at the price of its plan; 100,000 + 14,000 of the short.
  assert.equal(value.equityUsd.toFixed(), '200007');
  assert.equal(priceOf('BNB'), null);
  assert.equal(coinPrices([], () => null)('USDC')?.toFixed(), '1');
});

test('what open positions need for their close is no free cash', () => {
  // 45,000 USDC of longs and 5,000 USDT at bybit; at binance 3,000 of 50,000 are not posted as margin: 8,000 of 100,000.
  const reading = (account: string, coins: Record<string, string>, freeMargin: string | null = null): ReadAccount => ({
    account,
    balances: Object.entries(coins).map(([currency, total]) => ({ currency, total, free: total })),
    positions: [],
    freeMargin,
    readAtMs: 0,
  });
  const readings = [reading('bybit', { USDT: '5000', USDC: '45000' }), reading('binance', { USDT: '50000' }, '3000')];
  const accounts = [
    { account: 'bybit', venue: 'bybit' },
    { account: 'binance', venue: 'binanceusdm' },
  ];
  const bound = (currency: string, amount: string) => ({ account: 'bybit', currency, amount, isLent: false });
  const valued = (of: ReturnType<typeof bound>[]) => {
    const value = portfolioValue(accounts, readings, () => decimal('1'), 0, 0, of);
    assert.ok(typeof value !== 'string');
    return value;
  };
  const value = valued([bound('USDC', '45000')]);
  assert.deepEqual([value.equityUsd.toFixed(), value.freeCashUsd.toFixed()], ['100000', '8000']);
  const limits = { ...none, minFreeCashPct: '10' };
  assert.deepEqual(portfolioRefusals(limits, plan, [], state({ value })), [
    'minFreeCashPct: 8000.00 USD, 8.0 % of equity, would be left free, under 10',
  ]);
  // Buying back may need more of a coin than there is: that takes nothing of another.
  assert.equal(valued([bound('USDC', '45000'), bound('USDT', '6000')]).freeCashUsd.toFixed(), '3000');
  assert.equal(valued([bound('BTC', '1')]).freeCashUsd.toFixed(), '53000');
});

function wordsOf(value: unknown): string {
  return typeof value === 'string' ? value : 'it is known';
}
