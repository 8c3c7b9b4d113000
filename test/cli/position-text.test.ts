/** What a person reads of a position: its P&L is what is left after every fee, wherever it stands. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { positionTable } from '../../src/cli/positions/position-table.ts';
import { positionText } from '../../src/cli/positions/position-text.ts';
import { evaluateExits } from '../../src/domain/exits.ts';
import { grouped } from '../../src/domain/figures.ts';
import { markText } from '../../src/domain/mark-text.ts';
import { everyPegExempt } from '../../src/domain/peg.ts';
import type { Mark } from '../../src/domain/watch.ts';
import type { PositionRow } from '../../src/ports/ledger.ts';
import { examplePlan } from '../support/plans.ts';
import { perpBook, spotBook } from '../support/quotes.ts';

const nowMs = 1_793_664_000_000;
const plan = examplePlan({ direction: 'long_spot_short_perp' });

/**
 * 10,000 bought at 1.0000 and sold at 1.0020; the gap of 20 bps is 8 bps now: 12 USD. Fees are 28.9996 at the open,
 * 10,000 · 1.0000 · 0.5 bps and 10,000 · 1.0008 · 0.5 bps to close: 30.00 USD.
 */
function markOfTheStory(): Mark {
  const { mark } = evaluateExits({
    watch: {
      key: plan.key,
      workflowId: `position/${plan.key}`,
      plan,
      anchor: { wallMs: 0, marketMs: 0, scale: 1, tapeEndMs: null },
      spotQuantityBase: '10000',
      perpQuantityBase: '10000',
      spotOpenPrice: '1.0000',
      perpOpenPrice: '1.0020',
      openFeesUsd: '28.9996',
      hedgedAtMs: nowMs,
    },
    spotQuote: spotBook({ bids: [['1.0000', '20000']], asks: [['2', '20000']], aliveAtMs: nowMs }),
    perpQuote: perpBook({ bids: [['0.1', '20000']], asks: [['1.0008', '20000']], aliveAtMs: nowMs }),
    fundingUsd: '0',
    expectedCarry: '0.0001',
    pegOf: everyPegExempt,
    perpReading: null,
    nowWallMs: nowMs,
    stopSinceWallMs: null,
  });
  assert.ok(mark);
  return mark;
}

const row: PositionRow = {
  key: plan.key,
  workflowId: `position/${plan.key}`,
  plan,
  status: 'hedged',
  source: 'client',
  exitReason: null,
  abortReason: null,
  openedAtMarketMs: nowMs,
  closedAtMarketMs: null,
  createdAtWallMs: nowMs,
  updatedAtWallMs: nowMs,
  attribution: null,
  isFenced: false,
  acceptedSpotBase: '0',
  acceptedPerpBase: '0',
};

test('a gap that closed by less than the fees is a loss in the list, in the detail and in the Temporal UI', () => {
  const mark = markOfTheStory();
  assert.deepEqual([mark.unrealisedPnlUsd, mark.netUsd, mark.ratioPct], ['12', '-18', '-0.18']);
  assert.match(positionTable([row], [mark]), / ~-18\.00 /);
  const shown = positionText({ position: row, orders: [], fills: [], mark });
  assert.match(shown, /^now: close basis 8\.00 bps, P&L -18\.00 USD after all fees \(-0\.180 %\)$/m);
  assert.equal(markText(mark), 'P&L -18.00 USD after all fees (-0.180 %), close basis 8.0 bps');
});

test('thousands are told apart in all of them', () => {
  const mark = { ...markOfTheStory(), netUsd: '-1234567.891' };
  assert.match(positionTable([row], [mark]), / ~-1,234,567\.89 /);
  assert.match(positionText({ position: row, orders: [], fills: [], mark }), /P&L -1,234,567\.89 USD after all fees/);
  assert.match(markText(mark), /^P&L -1,234,567\.89 USD/);
  assert.deepEqual(['0.0123456', '1000', '-999.5', '1234567'].map(grouped), [
    '0.0123456',
    '1,000',
    '-999.5',
    '1,234,567',
  ]);
});

test('of a mark from before there were net amounts the ratio is told, never the gain before fees', () => {
  const { netUsd: _netUsd, ...old } = markOfTheStory();
  assert.match(positionTable([row], [old]), / ~-0\.180 % /);
  assert.match(positionText({ position: row, orders: [], fills: [], mark: old }), /, P&L -0\.180 % after all fees$/m);
  assert.equal(markText(old), 'P&L -0.180 % after all fees, close basis 8.0 bps');
});

test('what has ended is told by what it came to', () => {
  const attribution = {
    basisUsd: '12',
    fundingUsd: '0',
    feesUsd: '-30',
    slippageUsd: '0',
    borrowUsd: '0',
    quoteCurrencyUsd: '0',
    realisedUsd: '-18',
  };
  const ended: PositionRow = { ...row, status: 'closed', exitReason: 'max_holding', attribution };
  assert.match(positionTable([ended], [markOfTheStory()]), / -18\.00 .*max_holding/);
  const shown = positionText({ position: ended, orders: [], fills: [], mark: markOfTheStory() });
  assert.match(shown, /P&L -18\.0000 USD = basis 12\.0000, fees -30\.0000/);
  assert.doesNotMatch(shown, /now:/);
});
