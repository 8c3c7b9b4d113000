/** From an approved side to orders: reference prices, limit prices, and what must be free. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimal } from '../../src/domain/decimal.ts';
import { holdingEnd } from '../../src/domain/exits/max-holding.ts';
import type { PositionPlan } from '../../src/domain/position.ts';
import { evaluateSide } from '../../src/strategy/evaluate.ts';
import { buildPlan, capitalNeeds, checkEdge, openingIntents } from '../../src/strategy/plan.ts';
import { marketOf, pairOf, rulesOf } from '../support/pairs.ts';
import { perpBook, spotBook } from '../support/quotes.ts';
import type { Direction } from '../../src/domain/direction.ts';

const deep = '1000000';
const execution = {
  maxOpenSlippageBps: '2',
  maxCloseSlippageBps: '20',
  hedgeDeadlineMs: 20_000,
  maxCloseRejections: 5,
};
const rules = rulesOf({ entryBps: '5', exitBps: '3', minNetApyPct: null });
const books = (spotBid: string, spotAsk: string, perpBid: string, perpAsk: string, aliveAtMs = 0) =>
  [
    spotBook({ bids: [[spotBid, deep]], asks: [[spotAsk, deep]], aliveAtMs }),
    perpBook({ bids: [[perpBid, deep]], asks: [[perpAsk, deep]], aliveAtMs }),
  ] as const;

function planFor(direction: Direction, quotes: ReturnType<typeof books>, pair = pairOf('10', '5')): PositionPlan {
  const generous = { ...rules, anyReturn: true };
  const side = evaluateSide(pair, generous, marketOf(...quotes), direction, decimal('10000'));
  if (side.kind === 'refused') assert.fail(side.reasons.join('; '));
  return buildPlan({ key: 'key', book: 'default', side, rules: generous, execution });
}

const premium = books('0.99955', '0.99965', '1.0008005', '1.0008015');
const discount = books('0.99955', '0.99965', '0.9980005', '0.9980015');

test('a plan keeps what was decided: prices, thresholds, rules', () => {
  const plan = planFor('long_spot_short_perp', premium);
  assert.equal(plan.spotReferencePrice, '0.99965');
  assert.equal(plan.perpReferencePrice, '1.0008005');
  assert.equal(plan.notionalUsd, '9996.5');
  assert.equal(plan.minimumEntryBps, '5');
  assert.equal(plan.exits.maxHoldingMs, 7 * 86_400_000);
  assert.equal(plan.fundingIntervalHours, 8);
  assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan, 'plain JSON: it is the input of a workflow');
});

test('a plan on the carry asks for the gap as it was seen, less what its orders may slip, and is reviewed', () => {
  const paying = rulesOf({
    funding: { minNetApyPct: '5', maxLifeDays: '90' },
    depeg: { maxCostBps: '40', buyBack: true },
  });
  // Four fees of 30 bps against 21 settlements of 3 bps: 33 bps net on 1.333 of capital in a week, 13.7 % a year.
  const shown = marketOf(...books('0.99955', '0.99965', '1.0000000', '1.0000010'), '0.0003');
  const side = evaluateSide(pairOf(), paying, shown, 'long_spot_short_perp', decimal('10000'), 'funding');
  if (side.kind === 'refused') assert.fail(side.reasons.join('; '));
  const plan = buildPlan({ key: 'key', book: 'default', side, rules: paying, execution });
  assert.equal(plan.kind, 'funding');
  // (1 − 0.99965) / 0.99965 = 3.501225 bps, less 2.
  assert.equal(plan.minimumEntryBps, '1.5012');
  const { reviewMs, maxHoldingMs, maxLifeMs, depegMaxCostBps, depegBuyBack } = plan.exits;
  const dayMs = 86_400_000;
  assert.deepEqual([reviewMs, maxHoldingMs, maxLifeMs], [7 * dayMs, 7 * dayMs, 90 * dayMs]);
  assert.deepEqual([depegMaxCostBps, depegBuyBack], ['40', true]);
  // A life that ends before the first review would: the position ends with it, and one on the gap has none.
  const short = { ...paying, horizonDays: '3', funding: { minNetApyPct: '5', maxLifeDays: '3' } };
  const { exits } = buildPlan({ key: 'key', book: 'default', side, rules: short, execution });
  assert.deepEqual([exits.maxHoldingMs, exits.reviewMs, exits.maxLifeMs], [3 * dayMs, 3 * dayMs, 3 * dayMs]);
  assert.match(
    holdingEnd({ ...plan, exits }, 3 * dayMs, decimal('0.01')) ?? '',
    /held 72.0 h .*, the end of its life$/,
  );
  const gap = { ...side, enteredFor: 'basis' as const };
  const onGap = buildPlan({ key: 'key', book: 'default', side: gap, rules: short, execution });
  assert.equal(onGap.exits.maxHoldingMs, 7 * dayMs);
});

test('opening long: spot bought with the fee on top, the perpetual sold, both inside the cap', () => {
  const [spot, perp] = openingIntents(planFor('long_spot_short_perp', premium));
  // 10,000 / (1 − 0.0010) = 10,010.01001 → up to the lot 0.01: 10,010.02. Limit: 0.99965 · 1.0002 → down to 0.9998.
  assert.equal(spot?.side, 'buy');
  assert.equal(spot.quantityBase, '10010.02');
  assert.equal(spot.limitPrice, '0.9998');
  // 1.0008005 · 0.9998 = 1.00060034 → up to the tick 0.000001: 1.000601.
  assert.equal(perp?.side, 'sell');
  assert.equal(perp.quantityBase, '10000');
  assert.equal(perp.limitPrice, '1.000601');
  assert.ok(!spot.reduceOnly && !perp.reduceOnly);
});

test('opening short: spot sold from inventory, the perpetual bought', () => {
  const [spot, perp] = openingIntents(planFor('short_spot_long_perp', discount));
  // 0.99955 · 0.9998 = 0.99935009 → up to 0.9994; 0.9980015 · 1.0002 = 0.9982011003 → down to 0.998201.
  assert.deepEqual([spot?.side, spot?.quantityBase, spot?.limitPrice], ['sell', '10000', '0.9994']);
  assert.deepEqual([perp?.side, perp?.quantityBase, perp?.limitPrice], ['buy', '10000', '0.998201']);
});

test('what must be free: quote coins to buy with, base coins to sell, margin and fee for the perpetual', () => {
  const long = capitalNeeds(planFor('long_spot_short_perp', premium));
  // 10,010.02 · 0.99965 · 1.0002 = 10,008.5177962986; the fee is in the coin bought.
  assert.deepEqual(long[0], { account: 'bybit', currency: 'USDT', amount: '10008.5177962986' });
  // 10,000 · 1.0008005 · (1/3 + 0.0005) = 3,336.0016667 + 5.0040025 = 3,341.0056692.
  assert.equal(long[1]?.account, 'binance');
  assert.equal(decimal(long[1]?.amount ?? '0').toFixed(7), '3341.0056692');
  const short = capitalNeeds(planFor('short_spot_long_perp', discount));
  assert.deepEqual(short[0], { account: 'bybit', currency: 'USDC', amount: '10000' });
  // The perpetual is bought: at the cap 0.9980015 · 1.0002 = 0.9982011003; 10,000 · it · (1/3 + 0.0005) = 3,332.3280.
  assert.equal(decimal(short[2]?.amount ?? '0').toFixed(4), '3332.3280');
  // To buy back, over the proceeds: 10,000 · 0.99955 · (1.002 / 0.999 − 0.9998 · 0.999).
  assert.deepEqual([short[1]?.account, short[1]?.currency], ['bybit', 'USDT']);
  assert.equal(decimal(short[1]?.amount ?? '0').toFixed(4), '42.0091');
});

test('a fee in the quote coin is needed on top instead', () => {
  const pair = pairOf('10', '5');
  const instrument = { ...pair.spot.instrument, feeCurrency: 'quote' as const };
  const plan = planFor('long_spot_short_perp', premium, { ...pair, spot: { ...pair.spot, instrument } });
  assert.equal(openingIntents(plan)[0]?.quantityBase, '10000');
  // 10,000 · 0.99965 · 1.0002 · 1.001 = 10,008.4978... : 9,998.4993 · 1.001.
  assert.equal(capitalNeeds(plan)[0]?.amount, '10008.4977993');
});

test('both legs on one account need one sum of its coin', () => {
  const pair = pairOf('10', '5');
  const plan = planFor('long_spot_short_perp', premium, { ...pair, perp: { ...pair.perp, account: 'bybit' } });
  const needs = capitalNeeds(plan);
  assert.equal(needs.length, 1);
  assert.equal(decimal(needs[0]?.amount ?? '0').toFixed(4), '13349.5235'); // 10,008.5178 + 3,341.0057
});

test('the edge is checked again on fresh books, before anything is sent', () => {
  const plan = planFor('long_spot_short_perp', premium);
  assert.equal(checkEdge(plan, ...premium, 0).kind, 'holds');
  const narrowed = checkEdge(plan, ...books('0.99995', '1.00005', '1.0005', '1.0006'), 0);
  // (1.0005 − 1.00005) / 1.00005 = 4.50 bps.
  assert.equal(narrowed.kind === 'gone' && narrowed.reason, 's·B_open is 4.50 bps now, under the 5 bps it needs');
  const old = checkEdge(plan, ...premium, 2_001);
  assert.match(old.kind === 'gone' ? old.reason : '', /2001 ms old/);
  const thin = checkEdge(plan, spotBook({ asks: [['0.9996', '9999']] }), premium[1], 0);
  assert.match(thin.kind === 'gone' ? thin.reason : '', /no longer hold 10000/);
});

test('a plan keeps the centre that its entry was measured from, and its edge is an s·B', () => {
  const centred = rulesOf({ centre: 'median', entryBps: '5', exitBps: '2', minNetApyPct: null });
  const planAt = (centreBps: string) => {
    const shown = { ...marketOf(...books('1', '1', '1.0003', '1.0003')), centreBps };
    const side = evaluateSide(pairOf('0.5', '0.5'), centred, shown, 'long_spot_short_perp', decimal('10000'));
    if (side.kind === 'refused') assert.fail(side.reasons.join('; '));
    return buildPlan({ key: 'key', book: 'default', side, rules: centred, execution });
  };
  const plan = planAt('-4.7');
  assert.deepEqual([plan.exits.exitBps, plan.exits.centreBps, plan.minimumEntryBps], ['2', '-4.7', '0.3']);
  // 0.3 bps are enough on fresh order books, and 0.2 are not.
  assert.equal(checkEdge(plan, ...books('1', '1', '1.00003', '1.00003'), 0).kind, 'holds');
  assert.equal(checkEdge(plan, ...books('1', '1', '1.00002', '1.00002'), 0).kind, 'gone');
});
