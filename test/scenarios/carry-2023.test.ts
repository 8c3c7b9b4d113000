/** Positions on the carry over okx's recorded BTC funding of early 2023: reviewed week by week, and left on a flip. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { constantOutlook, expectedCarry } from '../../src/domain/carry.ts';
import { decimal, sum, zero } from '../../src/domain/decimal.ts';
import { carryAhead } from '../../src/domain/exits/carry-ahead.ts';
import { fundingFlip } from '../../src/domain/exits/funding-flip.ts';
import { extendedHoldingMs, holdingEnd } from '../../src/domain/exits/max-holding.ts';
import { closingAt, concernOf, leaves, seenOf, watchOf } from '../domain/exits/support.ts';
import { recorded } from './support/stories.ts';

const hourMs = 3_600_000;
const weekMs = 7 * 24 * hourMs;
const settlements = recorded('btc-funding-2023.csv').map(({ atMs, rate = '' }) => ({ atMs: Number(atMs), rate }));
const enteredAtMs = Date.parse('2023-01-15T00:00Z');

/** The last rate that was settled, taken to stay. */
function outlookAt(atMs: number) {
  const last = settlements.findLast((one) => one.atMs <= atMs) ?? assert.fail('before the series');
  return constantOutlook({ rate: last.rate, nextSettlementAtMs: last.atMs + 8 * hourMs, intervalHours: 8 });
}

test('a position entered on 15 January outlives its seven days, and ends at the review after fourteen', () => {
  const exits = { maxHoldingMs: weekMs, reviewMs: weekMs, maxLifeMs: null };
  let watch = { ...watchOf(exits, { kind: 'funding' }), hedgedAtMs: enteredAtMs };
  const reviews: string[] = [];
  for (;;) {
    const atMs = enteredAtMs + watch.plan.exits.maxHoldingMs;
    const heldForMs = atMs - enteredAtMs;
    const carry = carryAhead(watch, outlookAt(atMs), atMs);
    const end = holdingEnd(watch.plan, heldForMs, carry);
    reviews.push(`${new Date(atMs).toISOString().slice(0, 10)} ${end ?? 'goes on'}`);
    if (end !== null) break;
    const maxHoldingMs = extendedHoldingMs(watch.plan, heldForMs);
    watch = { ...watch, plan: { ...watch.plan, exits: { ...watch.plan.exits, maxHoldingMs } } };
  }
  // The last settled rates: +0.126 bps on the 22nd, 21 of which are +2.6; −0.022 bps on the 29th, −0.5.
  assert.deepEqual(reviews, [
    '2023-01-22 goes on',
    '2023-01-29 held 336.0 h ≥ 336.0 h, and the carry expected from here is -0.5 bps',
  ]);
  const earned = settlements.filter(({ atMs }) => atMs > enteredAtMs && atMs <= enteredAtMs + 2 * weekMs);
  assert.equal(earned.length, 42, 'three a day for fourteen days');
  // 21.3 bps for the short, where leaving after seven days would have had 8.8.
  const bps = (rates: readonly { readonly rate: string }[]) =>
    sum(rates.map(({ rate }) => decimal(rate))).times(decimal('10000'));
  assert.equal(bps(earned).toFixed(1), '21.3');
  assert.equal(bps(earned.slice(0, 21)).toFixed(1), '8.8');
});

test('the funding flips: of 48 days, only the rate of 4 March would cost more than coming back', () => {
  // Fees of 10 and 5 bps: four are 30; and a spread of 2 bps. 21 settlements at −1.678 bps are −35.2.
  const { plan } = watchOf();
  const fees = { spot: { ...plan.spot, takerFeeBps: '10' }, perp: { ...plan.perp, takerFeeBps: '5' } };
  const base = watchOf(
    { fundingFlip: 'on', maxHoldingMs: weekMs, reviewMs: weekMs, maxLifeMs: null },
    { kind: 'funding', ...fees },
  );
  const watch = { ...base, hedgedAtMs: enteredAtMs };
  const looks = settlements
    .filter(({ atMs }) => atMs >= enteredAtMs && atMs <= Date.parse('2023-03-04T00:00Z'))
    .map(({ atMs }) => {
      const seen = seenOf(watch, {
        closing: closingAt(watch, '1.0000', '1.0012'),
        expectedCarry: carryAhead(watch, outlookAt(atMs), atMs),
      });
      return { at: new Date(atMs).toISOString().slice(0, 13), answer: fundingFlip(seen) };
    });
  const left = looks.filter(({ answer }) => answer?.kind === 'leave');
  assert.deepEqual(
    left.map(({ at, answer }) => [at, leaves(answer)]),
    [['2023-03-04T00', 'what is ahead is -35.2 bps, carry -35.2 bps of it']],
  );
  // −21.6 bps on 16 February, the next lowest: a warning, and the position stays.
  const warned = looks.find(({ at }) => at === '2023-02-16T08');
  assert.equal(concernOf(warned?.answer ?? null), 'funding_flip');
  assert.match(leaves(warned?.answer ?? null), /-21\.6 bps.*coming back would cost \+32\.0 bps/);
});

describe('an hourly venue against one that settles every eight hours, with scripted rates', () => {
  // 0.2 bps an hour and 1.5 bps every eight hours: the first pays more, though its rate looks smaller.
  const hourly = constantOutlook({ rate: '0.00002', nextSettlementAtMs: hourMs, intervalHours: 1 });
  const eighthly = constantOutlook({ rate: '0.00015', nextSettlementAtMs: 8 * hourMs, intervalHours: 8 });

  test('over a day 24 of one and 3 of the other are crossed', () => {
    assert.equal(expectedCarry(1, hourly, 0, 24 * hourMs).toFixed(), '0.00048');
    assert.equal(expectedCarry(1, eighthly, 0, 24 * hourMs).toFixed(), '0.00045');
  });

  test('within its eight hours the one has paid nothing yet, the other seven times', () => {
    const almost = 8 * hourMs - 1;
    assert.equal(expectedCarry(1, hourly, 0, almost).toFixed(), '0.00014');
    assert.ok(expectedCarry(1, eighthly, 0, almost).eq(zero));
    assert.equal(expectedCarry(-1, eighthly, 0, 8 * hourMs).toFixed(), '-0.00015', 'at the very settlement it pays');
  });
});
