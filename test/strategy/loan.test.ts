/** Short spot on a loan: interest and collateral in the expected return, and what refuses it. Worked out by hand. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decimal } from '../../src/domain/decimal.ts';
import { capitalUsd } from '../../src/domain/portfolio/buckets.ts';
import { evaluateSide, type SideEvaluation } from '../../src/strategy/evaluate.ts';
import { loanOffer, type LoanOffer, type StrategyRules } from '../../src/strategy/pair.ts';
import { buildPlan, capitalNeeds, openingIntents } from '../../src/strategy/plan.ts';
import { sizePosition } from '../../src/strategy/size.ts';
import { marketOf, pairOf, rulesOf } from '../support/pairs.ts';
import { examplePlan } from '../support/plans.ts';
import { perpBook, spotBook } from '../support/quotes.ts';

const offer: LoanOffer = {
  currency: 'USDC',
  owed: '0',
  hourlyRate: '0.000006',
  isLent: true,
  available: null,
  collateralRate: '0.2',
  readAtMs: 0,
};
const spotQuote = spotBook({ bids: [['1.0000', '1000000']], asks: [['1.0001', '1000000']] });
const perpAt = (ask: string) => perpBook({ bids: [['0.9', '1000000']], asks: [[ask, '1000000']] });

interface Shown {
  readonly perpAsk?: string;
  readonly rate?: string;
  readonly fee?: string;
}

function short(
  loan: LoanOffer | null,
  { perpAsk = '0.9920', rate = '0', fee = '0.5', ...change }: Partial<StrategyRules> & Shown = {},
  nowWallMs = 0,
): SideEvaluation {
  const rules = rulesOf({ shortSpot: 'borrow', ...change });
  const market = marketOf(spotQuote, perpAt(perpAsk), rate, { loan, nowWallMs });
  return evaluateSide(pairOf(fee, fee), rules, market, 'short_spot_long_perp', decimal('10000'));
}

const reasonsOf = (side: SideEvaluation): string => (side.kind === 'refused' ? side.reasons.join('; ') : 'approved');

describe('the expected return of a short on a loan', () => {
  test('is net of a week of interest, on the collateral instead of the whole notional', () => {
    const side = short(offer);
    assert.equal(side.kind, 'approved', reasonsOf(side));
    // 80 bps of gap, 5 left at the exit, 2 of fees, 168 h · 0.06 bps = 10.08
    assert.equal(side.expected?.net.toFixed(), '0.006292');
    // 0.2 + 0.992 / 3
    assert.equal(side.expected?.capital.toFixed(6), '0.530667');
    // 0.006292 / 0.530667 · 365 / 7
    assert.equal(side.expected?.aprPct.toFixed(2), '61.82');
    const inventory = short(null, { shortSpot: 'inventory' });
    assert.equal(inventory.expected?.net.toFixed(), '0.0073');
    assert.equal(inventory.expected?.capital.toFixed(6), '1.330667');
  });

  test('is refused for good where the carry does not pay the interest, and the gap not the fees', () => {
    // 25 bps to be closed against 40 of fees; 0.9 bps of funding a day against 1.44 of interest.
    const gap = { perpAsk: '0.9970', fee: '10', rate: '-0.00003', minNetApyPct: null };
    assert.match(reasonsOf(short(offer, { ...gap })), /the carry never does/);
    assert.doesNotMatch(reasonsOf(short(null, { ...gap, shortSpot: 'inventory' })), /the carry never does/);
  });
});

test('what cannot be borrowed, or is not known to be, is refused with the reason', () => {
  assert.match(reasonsOf(short(null)), /what USDC costs to borrow at bybit is not known/);
  assert.match(reasonsOf(short({ ...offer, hourlyRate: null })), /is not known/);
  assert.match(reasonsOf(short(offer, {}, 60_001)), /was read 60 s ago/);
  assert.match(reasonsOf(short({ ...offer, isLent: false })), /bybit lends no USDC now/);
  assert.match(reasonsOf(short({ ...offer, available: '9999' })), /can borrow 9999 USDC more, and needs 10000/);
  assert.equal(short({ ...offer, available: '10000' }).kind, 'approved');
});

test('the plan keeps the terms, its spot sale borrows, and its account needs the collateral', () => {
  const side = short(offer);
  assert.ok(side.kind === 'approved');
  const execution = {
    maxOpenSlippageBps: '2',
    maxCloseSlippageBps: '20',
    hedgeDeadlineMs: 20_000,
    maxCloseRejections: 5,
  };
  const plan = buildPlan({ key: 'key', book: 'default', side, rules: rulesOf(), execution });
  assert.deepEqual(plan.borrow, { hourlyRate: '0.000006', collateralRate: '0.2' });
  assert.deepEqual(
    openingIntents(plan).map(({ leg, side: direction, borrows }) => [leg, direction, borrows]),
    [
      ['spot', 'sell', true],
      ['perp', 'buy', undefined],
    ],
  );
  // 10,000 · 1 · 0.2
  assert.deepEqual(capitalNeeds(plan)[0], { account: 'bybit', currency: 'USDT', amount: '2000' });
});

test('capital counts the collateral alone', () => {
  const terms = { notionalUsd: '10000', perpReferencePrice: '0.99' };
  // 10,000 · 0.2 + 9,900 / 3, and 10,000 + 9,900 / 3
  assert.equal(
    capitalUsd(examplePlan({ ...terms, borrow: { hourlyRate: '0', collateralRate: '0.2' } })).toFixed(),
    '5300',
  );
  assert.equal(capitalUsd(examplePlan(terms)).toFixed(), '13300');
});

test('the size is what the collateral carries, and no more than the venue still lends', () => {
  const request = {
    pair: pairOf(),
    direction: 'short_spot_long_perp' as const,
    rules: {
      minPositionUsd: '100',
      maxPositionUsd: '100000',
      maxPairUsd: '100000',
      maxOpenSlippageBps: '5',
      maxCloseSlippageBps: '20',
      minDepthMultiple: null,
      depthWithinBps: '10',
    },
    spotQuote,
    perpQuote: perpAt('0.9920'),
    stake: { amountUsd: decimal('50000'), bound: 'stake' },
    pairExposureUsd: decimal('0'),
    freeOf: (account: string) => decimal(account === 'bybit' ? '600' : '1000000'),
  };
  const of = (loan: { collateralRate: string; available: string | null }): string => {
    const size = sizePosition({ ...request, loan });
    return size.kind === 'sized' ? `${size.quantityBase.toFixed()} ${size.bound}` : size.reasons.join();
  };
  assert.equal(of({ collateralRate: '0.2', available: null }), '3000 USDT free at bybit');
  assert.equal(of({ collateralRate: '0.2', available: '1200' }), '1200 USDC that can be borrowed at bybit');
});

test('an offer is read from what the account’s latest reading says', () => {
  const { collateralRate, readAtMs, ...loan } = offer;
  const margin = { equityUsd: '1', maintenanceUsd: '0', owedUsd: '0', collateralRate, loans: [loan] };
  assert.deepEqual(loanOffer({ margin, readAtMs }, 'USDC'), offer);
  assert.equal(loanOffer({ margin, readAtMs }, 'BTC'), null);
  assert.equal(loanOffer({ readAtMs }, 'USDC'), null);
});
