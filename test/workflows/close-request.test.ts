/** What a decision to leave closes: both legs, or the perpetual alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExitDecision } from '../../src/domain/watch.ts';
import { closeRequestOf } from '../../workflows/close-legs.ts';
import { examplePlan } from '../support/plans.ts';
import type { BorrowTerms } from '../../src/domain/margin/borrow-terms.ts';

const decision: ExitDecision = {
  decisionId: 'one',
  reason: 'depeg',
  observedAtMs: 1,
  detail: 'depeg',
  prices: { spot: '0.87', perp: '0.869' },
  keepsQuote: true,
};

test('the quote is kept by a short that was sold from inventory, where its worth was seen', () => {
  assert.equal(closeRequestOf(decision, examplePlan()).keepsQuote, true);
  assert.equal(closeRequestOf({ ...decision, prices: null }, examplePlan()).keepsQuote, undefined);
  assert.equal(closeRequestOf(decision, examplePlan({ direction: 'long_spot_short_perp' })).keepsQuote, undefined);
});

test('what was borrowed is bought back and returned, whatever a signal says', () => {
  const borrow: BorrowTerms = { hourlyRate: '0.00001', collateralRate: '1.5' };
  assert.equal(closeRequestOf(decision, examplePlan({ borrow })).keepsQuote, undefined);
});
