/** What a history of trades is worth: golden numbers worked out by hand, and what no history may do. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { decimal, zero, type Decimal } from '../../src/domain/decimal.ts';
import { kellyFraction, kellyStake, type ClosedTrade } from '../../src/strategy/kelly.ts';
import { stakeFor } from '../../src/strategy/stake.ts';
import { pairOf } from '../support/pairs.ts';

const fees = decimal('0.003');
const dayMs = 86_400_000;
const nowMs = 400 * dayMs;
const of = { asset: 'USDC', direction: 'long_spot_short_perp', pairId: 'USDC' } as const;

function trades(count: number, realisedUsd: string, change: Partial<ClosedTrade> = {}): ClosedTrade[] {
  const trade = { ...of, realisedUsd, notionalUsd: '10000', closedAtMarketMs: nowMs - dayMs, ...change };
  return Array.from({ length: count }, () => trade);
}

test('without a history wins and losses are the fees, and nothing speaks for a trade', () => {
  // b = 1, p = 20/2 / 20 = 0.5, f = 0.5 − 0.5/1.
  assert.equal(kellyFraction([], fees).toFixed(), '0');
});

test('twenty-two wins of 60 bps and eight losses of 30 bps', () => {
  const returns = [...Array<string>(22).fill('0.006'), ...Array<string>(8).fill('-0.003')].map((text) => decimal(text));
  // W̄ = (22 · 60 + 5 · 30)/27 = 54.444 bps; L̄ = (8 · 30 + 5 · 30)/13 = 30; b = 1.814815 = 49/27.
  // p = (20/(1 + 49/27) + 22)/50 = (20 · 27/76 + 22)/50 = 0.5821053; f = p − (1 − p)·27/49 = 0.3518367.
  assert.equal(kellyFraction(returns, fees).toFixed(6), '0.351837');
  const stake = kellyStake([...trades(22, '60'), ...trades(8, '-30')], of, fees, nowMs);
  assert.ok(stake.kind === 'fraction');
  assert.equal(stake.fraction.toFixed(6), '0.175918');
  assert.equal(stake.detail, 'half-Kelly of 30 trades of USDC, this side, 17.6 % of equity');
});

test('a profit of exactly nothing is a loss', () => {
  // W̄ = 30, L̄ = 150/35; b = 7; p = (20/8)/50 = 0.05; f = 0.05 − 0.95/7 < 0.
  const stake = kellyStake(trades(30, '0'), of, fees, nowMs);
  assert.equal(stake.kind, 'none');
  assert.match(stake.detail, /f = -0\.086, not above 0/);
});

test('without fees, or with rebates, the prior is one bp: thirty wins and no loss are worth a figure', () => {
  // W̄ = (30 · 50 + 5 · 1)/35 = 43 bps; L̄ = 5/5 = 1; b = 43; p = (20/44 + 30)/50 = 67/110; f = 67/110 − 43/110/43 = 0.6.
  for (const free of ['0', '-0.0001', '0.0001']) {
    const stake = kellyStake(trades(30, '50'), of, decimal(free), nowMs);
    assert.ok(stake.kind === 'fraction', stake.detail);
    assert.equal(stake.fraction.toFixed(), '0.25', 'half of 0.6, at most a quarter');
    assert.equal(kellyFraction(Array<Decimal>(30).fill(decimal('0.005')), decimal(free)).toFixed(12), '0.600000000000');
  }
  assert.equal(kellyFraction([], zero).toFixed(), '0');
});

describe('the history', () => {
  test('is of the narrowest group with thirty trades in the last 180 days', () => {
    const others = trades(10, '50', { pairId: 'another' });
    const short = trades(5, '50', { direction: 'short_spot_long_perp' });
    const name = (list: ClosedTrade[]) =>
      kellyStake(list, of, fees, nowMs).detail.replace(/^half-Kelly of | trades of|, [\d.]+ %.*$/g, '');
    assert.equal(name([...trades(30, '50'), ...others]), '30 USDC, this side');
    assert.equal(name([...trades(20, '50'), ...others]), '30 USDC, this side');
    assert.equal(name([...trades(16, '50'), ...others, ...short]), '31 everything');
    const old = trades(20, '50', { closedAtMarketMs: nowMs - 180 * dayMs - 1 });
    assert.equal(kellyStake([...trades(29, '50'), ...old], of, fees, nowMs).kind, 'bootstrap');
  });
});

test('no history puts more than a quarter of equity at stake, and more wins never less', () => {
  const bps = fc.integer({ min: -500, max: 500 });
  fc.assert(
    fc.property(fc.array(bps, { minLength: 30, maxLength: 60 }), bps, (outcomes, more) => {
      const list = outcomes.flatMap((usd) => trades(1, String(usd)));
      const stake = kellyStake(list, of, fees, nowMs);
      if (stake.kind === 'fraction') assert.ok(stake.fraction.gt(zero) && stake.fraction.lte(decimal('0.25')));
      const returns = outcomes.map((usd) => decimal(String(usd)).times(decimal('0.0001')));
      const best = decimal(String(Math.abs(more) + 501)).times(decimal('0.0001'));
      assert.ok(kellyFraction([...returns, best], fees).gt(kellyFraction(returns, fees)));
    }),
  );
});

describe('the stake', () => {
  const rules = { bootstrapUsd: '10000', probeUsd: null };
  const facts = {
    trades: [...trades(22, '60'), ...trades(8, '-30')],
    equityUsd: decimal('100000'),
    rooms: [],
    cash: null,
  };
  // Four fees of 30 bps, as above.
  const staked = (change: object = {}, of_ = rules as { bootstrapUsd: string; probeUsd: string | null }) =>
    stakeFor(of_, pairOf(), 'long_spot_short_perp', { ...facts, ...change }, nowMs);

  test('is its share of equity', () => {
    const stake = staked();
    assert.ok(typeof stake !== 'string');
    assert.equal(stake.amountUsd.toFixed(2), '17591.84');
  });

  test('is the bootstrap amount while there is too little history, or none is known', () => {
    const few = staked({ trades: trades(29, '60') });
    assert.ok(typeof few !== 'string' && few.bound === 'bootstrapUsd');
    const unknown = stakeFor(rules, pairOf(), 'long_spot_short_perp', null, nowMs);
    assert.ok(typeof unknown !== 'string' && unknown.bound === 'bootstrapUsd');
  });

  test('needs a known equity', () => {
    assert.match(wordsOf(staked({ equityUsd: 'bybit was never read' })), /equity is not known: bybit was never read/);
  });

  test('of a history that speaks against it is nothing, or a probe once in 14 days', () => {
    const bad = trades(40, '-30');
    assert.match(wordsOf(staked({ trades: bad })), /not above 0/);
    const probing = { bootstrapUsd: '10000', probeUsd: '1500' };
    assert.match(wordsOf(staked({ trades: bad }, probing)), /not above 0/, 'traded yesterday');
    const old = trades(40, '-30', { closedAtMarketMs: nowMs - 14 * dayMs });
    const stake = staked({ trades: old }, probing);
    assert.ok(typeof stake !== 'string' && stake.bound === 'probeUsd' && stake.amountUsd.eq(decimal('1500')));
  });
});

function wordsOf(stake: unknown): string {
  return typeof stake === 'string' ? stake : 'there is a stake';
}
