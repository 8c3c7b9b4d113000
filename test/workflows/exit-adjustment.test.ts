/** What a person may change of an open position's exits, and what is told of the rest. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adjusted, mayAdjust } from '../../workflows/exit-adjustment.ts';
import { examplePlan } from '../support/plans.ts';

const { exits } = examplePlan();

test('what is given replaces what was, and the rest stays', () => {
  const changed = adjusted(exits, {
    stopLossPct: '1.50',
    maxHoldingHours: '48',
    depegMaxCostBps: '30',
    depegBuyBack: 'on',
    fundingFlip: 'on',
  });
  const depeg = { depegMaxCostBps: '30', depegBuyBack: true };
  const expected = { stopLossPct: '1.5', maxHoldingMs: 172_800_000, ...depeg, fundingFlip: 'on' };
  assert.deepEqual(changed, { ...exits, ...expected });
  assert.deepEqual(adjusted(exits, { liquidationDistancePct: '15' }), { ...exits, liquidationDistancePct: '15' });
});

test('every mistake is told at once, with what is allowed', () => {
  const wrong = { stopLossPct: '0', exitBps: 3, fundingFlip: 'maybe', liquidationDistancePct: '101', foo: '1' };
  assert.throws(
    () => mayAdjust('hedged', wrong),
    (error: Error) => {
      for (const field of [
        'stopLossPct',
        'exitBps',
        'fundingFlip: must be on or off',
        'liquidationDistancePct',
        'foo is none',
      ])
        assert.ok(error.message.includes(field), `${field}: ${error.message}`);
      return true;
    },
  );
  assert.throws(() => mayAdjust('hedged', {}), /at least one of stopLossPct/);
  assert.throws(() => mayAdjust('closing', { exitBps: '3' }), /only a hedged position/);
  mayAdjust('hedged', { exitBps: '-3', depegMaxCostBps: '0' });
});
