/** The table of a scan: both sides, best first, each refusal with its reason, and never wider than a terminal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanText } from '../../src/cli/commands/scan.ts';
import { decimal } from '../../src/domain/decimal.ts';
import { evaluatePair } from '../../src/strategy/evaluate-pair.ts';
import { riskScore } from '../../src/strategy/rank.ts';
import { scanRows } from '../../src/strategy/scan-rows.ts';
import { marketOf, pairOf, rulesOf, sizingOf } from '../support/pairs.ts';
import { perpBook, spotBook } from '../support/quotes.ts';

const flat = (bid: string, ask: string, depth = '1000000') => ({
  bids: [[bid, depth]] as const,
  asks: [[ask, depth]] as const,
});

test('approved sides come first, refused ones by what they lack, and 80 columns hold it all', () => {
  const rules = rulesOf({ funding: { minNetApyPct: '10', maxLifeDays: null } });
  const wide = { ...pairOf('10', '5', 'wide'), kinds: ['basis', 'funding'] as const };
  const market = (perp: string) => marketOf(spotBook(flat('0.9999', '1.0000')), perpBook(flat(perp, perp)), '0.0001');
  const evaluations = [
    ...evaluatePair(pairOf('10', '5', 'narrow'), rules, market('1.0010'), sizingOf()),
    ...evaluatePair(wide, rules, market('1.0080'), sizingOf()),
  ];
  const rows = scanRows(evaluations, ({ pair }) => riskScore(pair.spot.instrument.venue, pair.perp.instrument.venue));
  assert.deepEqual(
    rows.map(({ pairId, direction, enteredFor, verdict }) =>
      [pairId, direction.slice(0, 5), enteredFor, verdict].join(' '),
    ),
    [
      'wide long_ basis approved',
      'narrow long_ basis refused',
      'narrow short basis refused',
      'wide short basis refused',
      'wide long_ funding refused',
      'wide short funding refused',
    ],
  );
  const [best, narrow] = rows;
  // s·B = 80 bps; 80 − 5 + 21 − 30 = 66 bps on 1 + 1.008/3 = 1.336: 0.494 % in 7 days, 25.76 % a year simple.
  assert.deepEqual([best?.signedBasisBps, best?.netAprPct, best?.riskScore], ['80.00', '25.76', '2.10']);
  // g = 1.15^(7/365) − 1 = 26.84 bps; (30 − 21 + 5 + 26.84 · 4/3) / (1 − 0.002684/3) = 49.83.
  assert.equal(decimal(narrow?.requiredBasisBps ?? '0').toFixed(1), '49.8');
  const text = scanText(rows);
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
  assert.match(text, /^ASSET +SPOT +PERP +SIDE +FOR +BPS +NEEDS +APY % +RISK\n/);
  assert.match(text.replaceAll(/\s+/g, ' '), /s·B_open 10\.0 bps is not above entry 20\.0 bps; needs 49\.8 bps/);
  assert.match(
    text.replaceAll(/\s+/g, ' '),
    /funding of USDC at binance: 1\.000 bps each 8 h, taken to stay: 0\.0 of 7 days of settled rates are known$/,
  );
});

test('what is smaller than it is meant to be says for how much its figures are, and what bound it', () => {
  const rows = (depth: string) => {
    const shown = marketOf(spotBook(flat('0.9999', '1.0001')), perpBook(flat('1.0080', '1.0081', depth)));
    return scanRows(evaluatePair(pairOf(), rulesOf(), shown, sizingOf(), ['long_spot_short_perp']), () => decimal('2'));
  };
  const inOneLine = (depth: string): string => scanText(rows(depth)).replaceAll(/\s+/g, ' ');
  const [thin] = rows('4000');
  // 4,000 · 1.0001
  const bound = 'depth of binanceusdm USDC/USDT:USDT within 5 bps';
  assert.deepEqual([thin?.verdict, thin?.quantityBase, thin?.notionalUsd], ['approved', '4000', '4000.40']);
  assert.equal(thin?.bound, bound);
  assert.match(inOneLine('4000'), new RegExp(` for 4,000\\.40 USD: bound by ${bound} funding of `));
  // Too small: told once, by the refusal.
  assert.match(
    inOneLine('900'),
    new RegExp(` size 900\\.09 USD is not above minPositionUsd 1000: bound by ${bound} funding of `),
  );
  assert.doesNotMatch(inOneLine('900'), / for /);
  assert.doesNotMatch(inOneLine('1000000'), /bound by/);
});
