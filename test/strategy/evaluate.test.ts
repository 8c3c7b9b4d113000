/** Both sides of a pair: which one is worth opening, and what each refusal says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { decimal, toText } from '../../src/domain/decimal.ts';
import type { Quote } from '../../src/domain/quote.ts';
import { evaluateSide, type SideEvaluation } from '../../src/strategy/evaluate.ts';
import { evaluatePair } from '../../src/strategy/evaluate-pair.ts';
import type { Pair, PairMarket, StrategyRules } from '../../src/strategy/pair.ts';
import { marketOf, pairOf, rulesOf, sizingOf } from '../support/pairs.ts';
import { perpBook, spotBook } from '../support/quotes.ts';

const deep = '1000000';

/** Both books one tick wide around a price, deep enough for anything. */
function market(spotMid: string, perpMid: string, rate = '0'): PairMarket {
  return marketOf(spotBook(around(spotMid, '0.00005')), perpBook(around(perpMid, '0.0000005')), rate);
}

function around(mid: string, halfSpread: string) {
  const [middle, half] = [decimal(mid), decimal(halfSpread)];
  return { bids: [[toText(middle.minus(half)), deep]], asks: [[toText(middle.plus(half)), deep]] } as const;
}

function sides(pair: Pair, rules: StrategyRules, shown: PairMarket): [SideEvaluation, SideEvaluation] {
  const [long, short] = evaluatePair(pair, rules, shown, sizingOf());
  assert.ok(long && short && long.direction === 'long_spot_short_perp');
  assert.equal(short.direction, 'short_spot_long_perp');
  return [long, short];
}

const reasonsOf = (side: SideEvaluation): readonly string[] => (side.kind === 'refused' ? side.reasons : []);

test('a premium of 80 bps is worth buying spot for, and not the reverse', () => {
  // Spot ask 1.00005, perpetual bid 1.0079995: B = 0.0079495 / 1.00005 = 79.491 bps; it needs 70.8 (net APY 15 % over 7 days, four fees 30).
  const [long, short] = sides(pairOf(), rulesOf(), market('1.0000', '1.0080'));
  assert.equal(long.kind, 'approved');
  assert.equal(long.basis?.signedBasisBps.toFixed(2), '79.49');
  assert.equal(long.requiredBasisBps?.toFixed(1), '70.8');
  // Net: 79.49 − 5 − 30 = 44.49 bps of notional.
  assert.equal(long.expected?.net.times(decimal('10000')).toFixed(2), '44.49');
  assert.equal(short.kind, 'refused');
});

test('a discount of 80 bps is worth selling spot from inventory for', () => {
  const [long, short] = sides(pairOf(), rulesOf(), market('1.0000', '0.9920'));
  assert.equal(long.kind, 'refused');
  assert.equal(short.kind, 'approved');
  // Spot bid 0.99995, perpetual ask 0.9920005: s·B = 79.4990 bps.
  assert.equal(short.basis?.signedBasisBps.toFixed(2), '79.50');
});

test('20 bps is necessary, not sufficient: each refusal prints what it would take', () => {
  const [long] = sides(pairOf(), rulesOf(), market('1.0000', '1.0026'));
  assert.deepEqual(reasonsOf(long), [
    's·B_open 25.5 bps: the expected return over 7 days is -9.5 bps after four fees, not above 0; needs 70.8 bps',
    's·B_open 25.5 bps does not pay the four fees, and the carry never does',
  ]);
  const [wider] = sides(pairOf(), rulesOf(), market('1.0000', '1.0060'));
  assert.match(reasonsOf(wider).join(), /net APY over 7 days \+\d+\.\d %, not above 15 %; needs 70\.8 bps$/);
});

test('at or under the entry threshold it is refused, whatever the carry', () => {
  // Exactly 20 bps on books without a spread: 1.0000 and 1.0020. Funding of 30 bps a week would make it pay.
  const shown = marketOf(spotBook(around('1.0000', '0')), perpBook(around('1.0020', '0')), '0.0010');
  const [long] = sides(pairOf('1', '1'), rulesOf(), shown);
  assert.deepEqual(reasonsOf(long), ['s·B_open 20.0 bps is not above entry 20.0 bps; needs 20.0 bps']);
});

test('funding counts with its sign: it pays the long spot side and is paid by the short one', () => {
  const rules = rulesOf({ entryBps: '5', exitBps: '3', minNetApyPct: null });
  const pair = pairOf('0.5', '0.5');
  // 8 bps of gap, 3 left at the exit, 2 of fees: 3 bps remain. 21 settlements of 0.2 bps: ± 4.2 bps.
  const [long] = sides(pair, rules, market('1.0000', '1.00085', '0.00002'));
  const [, short] = sides(pair, rules, market('1.0000', '0.99915', '0.00002'));
  assert.equal(long.kind, 'approved');
  assert.equal(long.expected?.net.times(decimal('10000')).toFixed(1), '7.2');
  assert.equal(short.kind, 'refused', 'no threshold on the return, and still not a trade that is expected to lose');
  assert.match(reasonsOf(short).join(), /-1\.2 bps after four fees, not above 0; needs 9\.2 bps/);
});

test('a person may accept any return: only the gap decides then', () => {
  const rules = rulesOf({ entryBps: '1', anyReturn: true });
  const [long] = sides(pairOf(), rules, market('1.0000', '1.0008'));
  assert.equal(long.kind, 'approved');
  assert.equal(long.requiredBasisBps?.toFixed(), '1');
});

test('short spot can be switched off', () => {
  const [, short] = sides(pairOf(), rulesOf({ shortSpot: 'off' }), market('1.0000', '0.9920'));
  assert.match(reasonsOf(short).join(), /shortSpot is off/);
});

test('all four book sides must be deep enough, and the thin one is named', () => {
  const { spotQuote, perpQuote } = market('1.0000', '1.0080');
  const thin: Quote = { ...perpQuote, asks: [{ price: '1.0081', quantityBase: '49000' }] };
  const rules = rulesOf({ minDepthMultiple: '5' });
  const shown = marketOf(spotQuote, thin);
  const long = evaluateSide(pairOf(), rules, shown, 'long_spot_short_perp', decimal('9999'));
  // Five times 9,999.
  assert.deepEqual(reasonsOf(long), [
    'binanceusdm USDC/USDT:USDT asks hold 49000 within 10 bps, under 5 times the size (49995)',
  ]);
});

test('old quotes and empty books are refused, not guessed', () => {
  const shown = market('1.0000', '1.0080');
  const [old] = sides(pairOf(), rulesOf(), { ...shown, nowWallMs: 2_001 });
  assert.match(reasonsOf(old).join(), /2001 ms old/);
  const [empty] = sides(pairOf(), rulesOf(), { ...shown, spotQuote: spotBook({}) });
  assert.equal(empty.kind, 'refused');
  assert.deepEqual(reasonsOf(empty), ['no depth of bybit USDC/USDT within 5 bps']);
});

/** Every hour of the recorded tape as a market. */
function tape(): PairMarket[] {
  const closes = new Map<string, Map<string, string>>();
  for (const line of readFileSync('data/usdc-basis-2025-10.csv', 'utf8').trim().split('\n').slice(1)) {
    const [time = '', venue = '', , , , , , close = ''] = line.split(',');
    closes.set(time, (closes.get(time) ?? new Map<string, string>()).set(venue, close));
  }
  return [...closes.values()].map((hour) => market(hour.get('bybit') ?? '', hour.get('binanceusdm') ?? '', '0.00003'));
}

test("the recorded tape: nothing at the article's thresholds, both sides at the demo's", () => {
  const config = loadConfig('config/demo.yaml');
  const { bybit, binance } = config.accounts;
  const demo = pairOf(bybit?.fees.takerBps, binance?.fees.takerBps);
  const approved = new Set<string>();
  for (const hour of tape()) {
    for (const side of sides(pairOf(), rulesOf(), hour)) assert.equal(side.kind, 'refused');
    for (const side of sides(demo, config.strategy, hour)) if (side.kind === 'approved') approved.add(side.direction);
  }
  assert.deepEqual([...approved].sort(), ['long_spot_short_perp', 'short_spot_long_perp']);
});

test('on the carry the net APY alone decides: no gap is asked for, and none is counted on', () => {
  const pair = { ...pairOf(), kinds: ['basis', 'funding'] as const };
  const rules = rulesOf({ funding: { minNetApyPct: '10', maxLifeDays: null } });
  // A gap of 10 bps: far under the entry. 21 settlements of 3 bps are 63; less 30 of fees, 33 bps net.
  const evaluations = evaluatePair(pair, rules, market('1.0000', '1.0010', '0.0003'), sizingOf());
  const names = evaluations.map(({ direction, enteredFor, kind }) => [direction.slice(0, 5), enteredFor, kind]);
  assert.deepEqual(names, [
    ['long_', 'basis', 'refused'],
    ['long_', 'funding', 'approved'],
    ['short', 'basis', 'refused'],
    ['short', 'funding', 'refused'],
  ]);
  const [, carry, , paying] = evaluations;
  assert.equal(carry?.expected?.net.toFixed(), '0.0033');
  assert.equal(carry.requiredBasisBps, null);
  // Paying what the other side earns: −63 − 30 bps.
  assert.equal(paying?.expected?.net.toFixed(), '-0.0093');
});

test('a carry that is too small says what each settlement would have to pay', () => {
  const pair = { ...pairOf(), kinds: ['funding'] as const };
  const rules = rulesOf({ funding: { minNetApyPct: '10', maxLifeDays: null } });
  const [long] = sides(pair, rules, market('1.0000', '1.0000', '0.0002'));
  // 1.10^(7/365) − 1 = 0.0018295; on capital of 1 + 0.99995/3 = 1.3333: 24.4 bps, and 30 of fees; over 21 settlements.
  assert.deepEqual(reasonsOf(long), [
    'carry +42.0 bps over 7 days: net APY +4.8 %, not above 10 %; needs 54.4 bps, 2.59 bps a settlement',
  ]);
  const off = sides(pair, rulesOf(), market('1.0000', '1.0000', '0.01'))[0];
  assert.deepEqual(reasonsOf(off), ['funding is off: nothing is entered for the carry alone']);
});

test('with a median centre the gap is measured from it, on both sides, and without one nothing is entered', () => {
  const rules = rulesOf({ centre: 'median', entryBps: '5', exitBps: '2', minNetApyPct: null });
  const pair = pairOf('0.5', '0.5');
  const at = (perp: string, centreBps: string | null) =>
    sides(pair, rules, { ...marketOf(spotBook(around('1', '0')), perpBook(around(perp, '0'))), centreBps });
  // B = 3 bps and m = −4.7: a gap of 7.7 for the long side. 2 are left at the exit, 2 are fees: 3.7 bps.
  const [long, short] = at('1.0003', '-4.7');
  assert.equal(long.kind, 'approved');
  assert.equal(long.expected?.net.times(decimal('10000')).toFixed(4), '3.7000');
  assert.equal(long.requiredBasisBps?.toFixed(4), '0.3000', 's·B itself: 5 − 4.7');
  assert.match(
    reasonsOf(short).join(),
    /^s·\(B_open − m\), m -4\.7, -7\.7 bps is not above entry 5\.0 bps; needs 5\.0 bps/,
  );
  // B = −10: 10 − 4.7 = 5.3 for the short side, which asks for an s·B of 5 + 4.7.
  const [, discount] = at('0.9990', '-4.7');
  assert.equal(discount.kind, 'approved');
  assert.equal(discount.requiredBasisBps?.toFixed(4), '9.7000');
  // Capital: the margin is on the perpetual's own price, 1 + 0.9990/3.
  assert.equal(discount.expected?.capital.toFixed(6), '1.333000');
  for (const side of at('1.0100', null))
    assert.match(reasonsOf(side).join(), /^centre: the median basis is not known: fewer than 72 of 168 hours/);
});

test('the carry is entered for wherever the gap stands: it asks for no centre', () => {
  const rules = rulesOf({ centre: 'median', funding: { minNetApyPct: '5', maxLifeDays: null } });
  const pair = { ...pairOf(), kinds: ['funding'] as const };
  // 21 settlements of 3 bps are 63, less four fees of 30.
  const shown = marketOf(spotBook(around('1', '0')), perpBook(around('1', '0')), '0.0003');
  const [long] = sides(pair, rules, shown);
  assert.equal(long.kind, 'approved');
  assert.equal(long.expected?.net.times(decimal('10000')).toFixed(4), '33.0000');
});
