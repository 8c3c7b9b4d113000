/** What is told of a position at its opening and at its end, with the result in dollars and where it came from. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { positionNotices } from '../../src/alerts/position-notices.ts';
import type { PositionRow } from '../../src/ports/ledger.ts';
import { examplePlan } from '../support/plans.ts';

const plan = examplePlan();
const { key } = plan;

function row(change: Partial<PositionRow>): PositionRow {
  return {
    key,
    workflowId: `position/${key}`,
    plan,
    status: 'hedged',
    source: 'engine',
    exitReason: null,
    abortReason: null,
    openedAtMarketMs: 1,
    closedAtMarketMs: null,
    createdAtWallMs: 1_000,
    updatedAtWallMs: 2_000,
    attribution: null,
    isFenced: false,
    acceptedSpotBase: '0',
    acceptedPerpBase: '0',
    ...change,
  };
}

const attribution = {
  basisUsd: '3.125',
  fundingUsd: '-0.4',
  feesUsd: '-2',
  slippageUsd: '-0.005',
  borrowUsd: '0',
  quoteCurrencyUsd: '0',
  realisedUsd: '0.72',
};

test('an opening', () => {
  assert.deepEqual(positionNotices(row({})), [
    {
      key: `opened/${key}`,
      severity: 'info',
      message: `${key}: opened, short spot, long perpetual at bybit and binance, 10000.00 USDC, 9996.50 USD`,
      positionKey: key,
      atMs: 2_000,
    },
  ]);
});

test('a close that keeps the quote says what the inventory has lost', () => {
  const baselineChange = {
    account: 'bybit',
    currency: 'USDC',
    quantityBase: '-10000',
    price: '0.87',
    reason: 'depeg',
    declaredAtWallMs: 1,
    declaredAtMarketMs: 1,
  };
  const [, closed] = positionNotices(row({ status: 'closed', exitReason: 'depeg', attribution, baselineChange }));
  assert.match(closed?.message ?? '', /\); the quote is kept, 10000\.00 USDC of bybit stay sold$/);
});

test('a close has its reason and its result; one that nobody hoped for is a warning', () => {
  const [opened, closed] = positionNotices(row({ status: 'closed', exitReason: 'convergence', attribution }));
  assert.equal(opened?.atMs, 1_000, 'the hedge left no wall time behind');
  assert.deepEqual(closed, {
    key: `closed/${key}`,
    severity: 'info',
    message: `${key}: closed, convergence, P&L +0.72 USD (basis +3.13, funding -0.40, fees -2.00, slippage -0.01)`,
    positionKey: key,
    atMs: 2_000,
  });
  for (const exitReason of ['depeg', 'funding_flip', 'stop_loss', 'adl', 'venue_down'] as const) {
    assert.equal(
      positionNotices(row({ status: 'closed', exitReason, attribution }))[1]?.severity,
      'warning',
      exitReason,
    );
  }
});

test('an end before anything was traded is no news; one that cost something is', () => {
  const nothing = { ...attribution, basisUsd: '0', fundingUsd: '0', feesUsd: '0', slippageUsd: '0', realisedUsd: '0' };
  const aborted = row({
    status: 'aborted',
    openedAtMarketMs: null,
    abortReason: 'the gap is gone',
    attribution: nothing,
  });
  assert.deepEqual(positionNotices(aborted), []);
  const [notice] = positionNotices({ ...aborted, attribution: { ...nothing, feesUsd: '-1.5', realisedUsd: '-1.5' } });
  assert.equal(notice?.severity, 'warning');
  assert.equal(notice.message, `${key}: aborted after it had traded, the gap is gone, P&L -1.50 USD (fees -1.50)`);
  assert.deepEqual(positionNotices(row({ status: 'opening', openedAtMarketMs: null })), []);
});
