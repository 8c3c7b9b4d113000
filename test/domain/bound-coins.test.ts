/** What open positions need for their close is not free for others, whatever the venue calls it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundCoins, freeCoins, type SpotHolding } from '../../src/domain/portfolio/bound-coins.ts';
import { toText } from '../../src/domain/decimal.ts';
import { bybitSpot, examplePlan } from '../support/plans.ts';

function holding(change: Partial<SpotHolding> = {}): SpotHolding {
  const { spot } = examplePlan();
  const plan = { direction: 'long_spot_short_perp', spot, spotReferencePrice: '1', maxCloseSlippageBps: '20' } as const;
  return { ...plan, spotBase: '10000', borrows: false, ...change };
}
const short = { direction: 'short_spot_long_perp', spotBase: '-10000' } as const;

function left(account: string, currency: string, balances: [string, string, string][], held: SpotHolding[]): string {
  const reading = { account, balances: balances.map(([coin, total, free]) => ({ currency: coin, total, free })) };
  const { free, bound } = freeCoins({ ...reading, freeMargin: null }, currency, 'USDT', boundCoins(held));
  return toText(free.minus(bound));
}

test('a long needs the coins that it bought, and nothing of another coin or account', () => {
  const balances: [string, string, string][] = [
    ['USDC', '12500', '12500'],
    ['USDT', '400', '400'],
  ];
  assert.equal(left('bybit', 'USDC', balances, [holding()]), '2500');
  assert.equal(left('bybit', 'USDC', balances, [holding(), holding({ spotBase: '2400.5' })]), '99.5');
  assert.equal(left('bybit', 'USDT', balances, [holding()]), '400');
  assert.equal(left('other', 'USDC', balances, [holding()]), '12500');
  assert.equal(left('bybit', 'BTC', balances, [holding()]), '0');
});

test('a long that was reduced needs what is left, and one that is sold nothing', () => {
  assert.equal(left('bybit', 'USDC', [['USDC', '5000', '5000']], [holding({ spotBase: '4000' })]), '1000');
  assert.equal(left('bybit', 'USDC', [['USDC', '5000', '5000']], [holding({ spotBase: '0' })]), '5000');
});

test('a short from inventory needs what buying back costs at the cap of its close, with the fee', () => {
  // The fee of 0.5 bps is taken of the coin: 10,000 / 0.99995 · 1.002 = 10,020.50102505…
  assert.match(left('bybit', 'USDT', [['USDT', '15000', '15000']], [holding(short)]), /^4979\.49897494/);
  // On top, in the quote coin: 10,000 · 1.002 · 1.00005 = 10,020.501.
  const spot = { ...holding().spot, instrument: { ...bybitSpot, feeCurrency: 'quote' as const } };
  assert.equal(left('bybit', 'USDT', [['USDT', '15000', '15000']], [holding({ ...short, spot })]), '4979.499');
  // A half was bought back, or stays sold for good.
  assert.equal(
    left('bybit', 'USDT', [['USDT', '15000', '15000']], [holding({ ...short, spot, spotBase: '-5000' })]),
    '9989.7495',
  );
  assert.equal(left('bybit', 'USDT', [['USDT', '15000', '15000']], [holding({ ...short, spotBase: '0' })]), '15000');
});

test('what was sold on a loan is not taken off twice, and not given away either', () => {
  const spot = { ...holding().spot, takerFeeBps: '0' };
  const lent = holding({ ...short, spot, borrows: true });
  // 10,000 of its own and 10,000 of the sale: with a fifth of the debt as collateral the reading calls 8,000 free.
  assert.equal(left('bybit', 'USDT', [['USDT', '20000', '8000']], [lent]), '8000');
  // Another position has bought coins for 8,000: the worth is the same, but buying back takes 10,020 of the 12,000.
  assert.equal(left('bybit', 'USDT', [['USDT', '12000', '8000']], [lent]), '1980');
});

test('margin counts for the settle coin alone, never for more than the balance, and is not free where coins are bound', () => {
  const balances = [
    { currency: 'USDT', total: '20000', free: '20000' },
    { currency: 'USDC', total: '50', free: '50' },
  ];
  const of = (currency: string, freeMargin: string, held: SpotHolding[] = []): string => {
    const { free, bound } = freeCoins({ account: 'bybit', balances, freeMargin }, currency, 'USDT', boundCoins(held));
    return toText(free.minus(bound));
  };
  assert.equal(of('USDT', '16700'), '16700');
  assert.equal(of('USDT', '90000'), '20000');
  assert.equal(of('USDC', '16700'), '50');
  // 10,020 of what was paid for the coins sold is bound, and 3,300 are posted as margin already.
  assert.equal(of('USDT', '16700', [holding({ ...short, spot: { ...holding().spot, takerFeeBps: '0' } })]), '6680');
});
