/** A configuration that is wrong says where, why and what is allowed, about everything at once. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { accountRefusals } from '../../src/venues/account/account-rules.ts';
import { ConfigError, loadConfig, parseConfig, type ConfigIssue } from '../../src/config/load.ts';

const allowed = 'allowed are: bybit, binanceusdm, kraken, okx';
const knownVenues = (venue: string): string | null => {
  if (['bybit', 'binanceusdm', 'binance', 'kraken', 'okx'].includes(venue)) return null;
  return venue === 'ftx' ? `ftx closed in November 2022; ${allowed}` : `${venue} is not served; ${allowed}`;
};

const good = `
mode: sandbox
accounts:
  bybit: { venue: bybit, fees: { takerBps: 10, makerBps: 10 } }
  binance: { venue: binanceusdm, fees: { takerBps: 5, makerBps: 2 } }
pairs:
  - asset: USDC
    spot: { account: bybit, symbol: USDC/USDT }
    perp: { account: binance, symbol: USDC/USDT:USDT }
strategy: { depeg: off }
sizing: { bootstrapUsd: 10000 }
`;

/** USD markets at a venue, as the file has them. */
function peg(venue: string, ...coins: string[]): string {
  return coins.map((coin) => `{ venue: ${venue}, symbol: ${coin}/USD }`).join(', ');
}

function issuesOf(text: string): readonly ConfigIssue[] {
  try {
    parseConfig(text, { knownVenues });
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.issues;
  }
  return assert.fail('it was accepted');
}

/** The one issue of a configuration that differs from a good one in one place. */
function issueOf(change: readonly [before: string, after: string]): ConfigIssue {
  assert.ok(good.includes(change[0]), `the good configuration has no ${change[0]}`);
  const issues = issuesOf(good.replace(change[0], change[1]));
  assert.equal(issues.length, 1, JSON.stringify(issues));
  return issues[0] ?? assert.fail();
}

test("the defaults are the article's", () => {
  const { strategy, limits, sizing, execution, accounts, ...rest } = parseConfig(good, { knownVenues });
  assert.deepEqual(strategy, {
    entryBps: '20',
    exitBps: '5',
    centre: 'zero',
    minNetApyPct: '15',
    horizonDays: '7',
    maxHoldingDays: '7',
    stopLossPct: '5',
    profitTargetPct: '2',
    reentryCooldownMs: 3_600_000,
    convergence: 'net',
    depeg: null,
    liquidationDistancePct: '10',
    liquidationTargetPct: '20',
    fundingFlip: 'on',
    venueDown: { afterMs: 60_000, closeReachable: false },
    funding: null,
    fundingPersistence: { bybit: '0.66', okx: '0.15', binanceusdm: '0.67', other: '0.5' },
    shortSpot: 'inventory',
    minDepthMultiple: '5',
    depthWithinBps: '10',
    scanIntervalMs: 30_000,
    idleScanIntervalMs: 60_000,
  });
  assert.deepEqual(limits, {
    maxPositionUsd: '100000',
    maxPairUsd: '50000',
    venueCapPct: '60',
    buckets: [
      { venues: ['binance', 'dydx'], coins: ['USDC'], capPct: '40' },
      { venues: ['coinbase', 'perpetual-protocol'], coins: ['USDT'], capPct: '30' },
      { venues: [], coins: [], capPct: '20' },
    ],
    minFreeCashPct: '10',
    maxCorrelation: '0.7',
    maxDrawdownPct: '3',
    haltCloses: false,
    maxQuoteExposureUsd: '10000',
  });
  assert.deepEqual(sizing, { bootstrapUsd: '10000', minPositionUsd: '1000', probeUsd: null });
  assert.deepEqual(execution, {
    style: 'taker_taker',
    makerDeadlineMs: 60_000,
    atMakerDeadline: 'stop',
    maxUnhedgedUsd: '1000',
    maxOpenSlippageBps: '5',
    maxCloseSlippageBps: '50',
    hedgeDeadlineMs: 20_000,
    maxCloseRejections: 5,
  });
  assert.equal(accounts['binance']?.leverage, '3');
  assert.deepEqual([rest.mode, rest.live, rest.book, rest.clock.scale], ['sandbox', false, 'default', 1]);
  assert.equal(rest.simulation, null);
});

test('numbers stay decimals, digit for digit, and the whole is plain JSON', () => {
  const exact = good.replace('bootstrapUsd: 10000', 'bootstrapUsd: 10000.123456789012345678901');
  const config = parseConfig(exact);
  assert.equal(config.sizing.bootstrapUsd, '10000.123456789012345678901');
  assert.deepEqual(JSON.parse(JSON.stringify(config)), config);
});

test('the depeg exit, with its defaults and its references', () => {
  const references = [peg('kraken', 'USDC', 'USDT'), peg('bybit', 'USDC', 'USDT')].join(', ');
  const { depeg } = parseConfig(good.replace('depeg: off', `depeg: { references: [${references}] }`), {
    knownVenues,
  }).strategy;
  assert.deepEqual([depeg?.boundPct, depeg?.holdMs, depeg?.maxCostBps, depeg?.buyBack], ['1', 300_000, '50', false]);
  assert.deepEqual(depeg?.references.at(-1), { venue: 'bybit', symbol: 'USDT/USD' });
});

test('positions on the carry are asked for, and live until a review ends them', () => {
  const asked = good
    .replace('depeg: off', 'depeg: off, funding: { minNetApyPct: 8 }')
    .replace('- asset', '- kinds: [funding]\n    asset');
  const config = parseConfig(asked, { knownVenues });
  assert.deepEqual(config.strategy.funding, { minNetApyPct: '8', maxLifeDays: null });
  assert.deepEqual(config.pairs[0]?.kinds, ['funding']);
});

test('what a file says of the persistence of funding stands over what was fitted', () => {
  const written = good.replace('depeg: off', 'depeg: off, fundingPersistence: { bybit: 0.8, kraken: 0, other: 1 }');
  const { fundingPersistence } = parseConfig(written, { knownVenues }).strategy;
  assert.deepEqual(fundingPersistence, { bybit: '0.8', okx: '0.15', binanceusdm: '0.67', other: '1', kraken: '0' });
});

test('spot is sold on a loan where the exchange lends, by marketable orders on both legs, and nowhere else', () => {
  const written = good.replace('depeg: off', 'depeg: off, shortSpot: borrow');
  assert.equal(parseConfig(written, { accountRefusals }).strategy.shortSpot, 'borrow');
  assert.throws(
    () => parseConfig(written.replace('venue: bybit', 'venue: okx'), { accountRefusals }),
    /accounts\.bybit\.venue: okx lends no coins to spot orders here, which shortSpot: borrow needs; those that do: bybit/,
  );
  const resting = written.replace('sizing:', 'execution: { style: maker_hedge }\nsizing:');
  assert.throws(
    () => parseConfig(resting, { accountRefusals }),
    /execution\.style: is maker_hedge: what is sold on a loan/,
  );
  // The perpetual's exchange need not lend.
  assert.doesNotThrow(() =>
    parseConfig(written.replace('venue: binanceusdm', 'venue: krakenfutures'), { accountRefusals }),
  );
});

test('a style that the exchange of an account cannot do is refused, with those that it can', () => {
  const written = good
    .replace('venue: bybit', 'venue: hyperliquid')
    .replace('sizing:', 'execution: { style: market }\nsizing:');
  assert.throws(
    () => parseConfig(written, { accountRefusals }),
    /accounts\.bybit\.venue: hyperliquid takes no market orders, which the execution style market needs; it can do: taker_taker, maker_hedge/,
  );
  for (const style of ['taker_taker', 'maker_hedge']) {
    assert.equal(parseConfig(written.replace('market', style), { accountRefusals }).execution.style, style);
  }
});

test('the horizon follows the longest holding unless it is given', () => {
  const three = parseConfig(good.replace('depeg: off', 'depeg: off, maxHoldingDays: 3'));
  assert.equal(three.strategy.horizonDays, '3');
});

describe('each mistake is named at its place', () => {
  const cases: readonly [string, readonly [string, string], string, RegExp][] = [
    [
      'an unknown key',
      ['depeg: off', 'depeg: off, entrybps: 3'],
      'strategy.entrybps',
      /not a key here; allowed are: entryBps, /,
    ],
    [
      'a percent sign',
      ['depeg: off', 'depeg: off, entryBps: 20%'],
      'strategy.entryBps',
      /"20%".*plain number of basis points/,
    ],
    [
      'a unit',
      ['depeg: off', 'depeg: off, maxHoldingDays: 7h'],
      'strategy.maxHoldingDays',
      /"7h".*plain number of days/,
    ],
    ['a negative limit', ['sizing:', 'limits: { maxPairUsd: -5 }\nsizing:'], 'limits.maxPairUsd', /"-5".*above 0/],
    ['a number like 1e4', ['10000', '1e4'], 'sizing.bootstrapUsd', /"1e4" is not allowed/],
    ['an empty value', ['bootstrapUsd: 10000', 'bootstrapUsd:'], 'sizing.bootstrapUsd', /"" is not allowed/],
    ['a missing section', ['sizing: { bootstrapUsd: 10000 }', ''], 'sizing', /is missing: must be a section/],
    ['a missing field', ['takerBps: 10, ', ''], 'accounts.bybit.fees.takerBps', /is missing: must be a plain number/],
    ['an unknown mode', ['mode: sandbox', 'mode: production'], 'mode', /one of: demo, paper, sandbox, live/],
    ['a venue that closed', ['venue: bybit', 'venue: ftx'], 'accounts.bybit.venue', /ftx closed.*allowed are/],
    ['an unknown venue', ['venue: bybit', 'venue: bibit'], 'accounts.bybit.venue', /bibit is not served; allowed are/],
    [
      'an unknown account',
      ['account: bybit', 'account: okx'],
      'pairs[0].spot.account',
      /no account okx; configured are: bybit, binance/,
    ],
    [
      'one exchange under two ids',
      ['venue: bybit', 'venue: binance'],
      'pairs[0]',
      /both legs are at binance: refused, unless.*allowSameVenue/,
    ],
    [
      'another quote coin',
      ['symbol: USDC/USDT }', 'symbol: USDC/USD }'],
      'pairs[0]',
      /quoted in USD, the perpetual settles in USDT.*allowUnhedgedQuote/,
    ],
    [
      'another coin',
      ['symbol: USDC/USDT }', 'symbol: DAI/USDT }'],
      'pairs[0].spot.symbol',
      /trades DAI, not the pair's asset USDC/,
    ],
    ['a spot symbol as perpetual', ['USDC/USDT:USDT', 'USDC/USDT'], 'pairs[0].perp.symbol', /linear perpetual symbol/],
    ['an inverse perpetual', ['USDC/USDT:USDT', 'USDC/USDT:USDC'], 'pairs[0].perp.symbol', /linear perpetual symbol/],
    [
      'no word on depegs',
      ['depeg: off', ''],
      'strategy.depeg',
      /is missing: must be off, or a section with the keys: boundPct/,
    ],
    [
      'a depeg exit by a word',
      ['depeg: off', 'depeg: on'],
      'strategy.depeg',
      /"on" is not allowed: must be off, or a section/,
    ],
    [
      'a depeg exit with a bound that nothing reaches',
      [
        'depeg: off',
        `depeg: { boundPct: 90, references: [${peg('kraken', 'USDC', 'USDT')}, ${peg('bybit', 'USDC', 'USDT')}] }`,
      ],
      'strategy.depeg.boundPct',
      /"90" is not allowed: must be a plain number of percent \(above 0, at most 50\)/,
    ],
    [
      'an unknown key of the depeg exit',
      [
        'depeg: off',
        `depeg: { bound: 1, references: [${peg('kraken', 'USDC', 'USDT')}, ${peg('bybit', 'USDC', 'USDT')}] }`,
      ],
      'strategy.depeg.bound',
      /is not a key here; allowed are: boundPct/,
    ],
    [
      'a coin that only one venue tells of',
      ['depeg: off', `depeg: { references: [${peg('kraken', 'USDC', 'USDT')}, ${peg('bybit', 'USDC')}] }`],
      'strategy.depeg.references',
      /USDT is traded and has 1 of the two venues .* \(kraken\): name another USDT\/USD market/,
    ],
    [
      'two ids of one exchange as two witnesses',
      [
        'depeg: off',
        `depeg: { references: [${peg('binance', 'USDC', 'USDT')}, ${peg('binanceusdm', 'USDC')}, ${peg('bybit', 'USDT')}] }`,
      ],
      'strategy.depeg.references',
      /USDC is traded and has 1 of the two venues .* \(binance\)/,
    ],
    [
      'a reference at an exchange that is not served',
      [
        'depeg: off',
        `depeg: { references: [${peg('kraken', 'USDC', 'USDT')}, ${peg('bybit', 'USDC', 'USDT')}, ${peg('ftx', 'USDC')}] }`,
      ],
      'strategy.depeg.references[4].venue',
      /ftx closed in November 2022/,
    ],
    [
      'positions on the carry without a word on what they must yield',
      ['- asset: USDC', '- kinds: [basis, funding]\n    asset: USDC'],
      'pairs[0].kinds',
      /names funding, and strategy\.funding is off/,
    ],
    [
      'a persistence over one, with which funding would run away from its mean',
      ['depeg: off', 'depeg: off, fundingPersistence: { bybit: 1.2 }'],
      'strategy.fundingPersistence.bybit',
      /\(at least 0, at most 1\)/,
    ],
    [
      'the persistence of no exchange',
      ['depeg: off', 'depeg: off, fundingPersistence: { bybti: 0.6 }'],
      'strategy.fundingPersistence.bybti',
      /bybti is not served/,
    ],
    [
      'a kind that there is not',
      ['- asset: USDC', '- kinds: [carry]\n    asset: USDC'],
      'pairs[0].kinds[0]',
      /basis, funding/,
    ],
    [
      'a style that is none',
      ['sizing:', 'execution: { style: twap }\nsizing:'],
      'execution.style',
      /must be one of: taker_taker, maker_hedge, market/,
    ],
    [
      'an exposure under any order',
      ['sizing:', 'execution: { style: maker_hedge, maxUnhedgedUsd: 5 }\nsizing:'],
      'execution.maxUnhedgedUsd',
      /\(at least 20\)/,
    ],
    [
      'an exit above the entry',
      ['depeg: off', 'depeg: off, exitBps: 20'],
      'strategy.exitBps',
      /must be under entryBps 20/,
    ],
    [
      'a horizon after the end',
      ['depeg: off', 'depeg: off, horizonDays: 8'],
      'strategy.horizonDays',
      /at most maxHoldingDays 7/,
    ],
    [
      'a life on the carry that ends before the horizon',
      ['depeg: off', 'depeg: off, horizonDays: 4, funding: { minNetApyPct: 10, maxLifeDays: 3 }'],
      'strategy.funding.maxLifeDays',
      /at least horizonDays 4/,
    ],
    ['a size that is always refused', ['10000', '1000'], 'sizing.bootstrapUsd', /above minPositionUsd 1000/],
    ['live without its switch', ['mode: sandbox', 'mode: live'], 'live', /needs live: true here, and the flag --live/],
    [
      'a demo clock on a real market',
      ['sizing:', 'clock: { scale: 60 }\nsizing:'],
      'clock.scale',
      /must be 1 in mode sandbox/,
    ],
    [
      'invented balances',
      ['makerBps: 2 }', 'makerBps: 2 }, startingBalances: { USDT: 5 }'],
      'accounts.binance.startingBalances',
      /for the modes demo and paper/,
    ],
    [
      'a tape outside the demo',
      ['sizing:', 'simulation: { tape: x, funding: { kind: constant, rate: 0 } }\nsizing:'],
      'simulation',
      /is for the mode demo/,
    ],
    ['an account name', ['binance:', 'Bin_ance:'], 'accounts.Bin_ance', /lower-case letters/],
    [
      'the same account twice',
      ['pairs:', '  bybit: { venue: kraken, fees: { takerBps: 1, makerBps: 1 } }\npairs:'],
      'line 6',
      /bybit is given twice/,
    ],
  ];
  for (const [name, change, path, message] of cases) {
    test(name, () => {
      // A renamed account also leaves its pair without one.
      const issue = name === 'an account name' ? issuesOf(good.replace(...change))[0] : issueOf(change);
      assert.equal(issue?.path, path);
      assert.match(issue.message, message);
    });
  }
});

test('what is refused may be allowed by name', () => {
  parseConfig(
    good.replace('asset: USDC', 'asset: USDC\n    allowSameVenue: true').replace('venue: bybit', 'venue: binance'),
  );
  const quotes = good
    .replace('asset: USDC', 'asset: USDC\n    allowUnhedgedQuote: true')
    .replace('USDC/USDT }', 'USDC/USD }');
  assert.equal(parseConfig(quotes).pairs[0]?.allowUnhedgedQuote, true);
  assert.equal(parseConfig(good.replace('mode: sandbox', 'mode: live\nlive: true')).live, true);
  assert.equal(parseConfig(good.replace('depeg: off', 'depeg: off, minNetApyPct: off')).strategy.minNetApyPct, null);
});

test('the same pair twice is refused', () => {
  const pair = good.slice(good.indexOf('  - asset'), good.indexOf('strategy:'));
  const [issue, ...others] = issuesOf(good.replace('strategy:', `${pair}strategy:`));
  assert.equal(issue?.message, 'is the same pair as pairs[0]');
  assert.deepEqual(others, []);
});

test('all mistakes are reported at once, those of one field and those between fields', () => {
  const text = good
    .replace('mode: sandbox', 'mode: live')
    .replace('venue: bybit', 'venue: ftx')
    .replace('takerBps: 5', 'takerBps: 5bps')
    .replace('account: binance', 'account: okx')
    .replace('depeg: off', 'depeg: off, entryBps: 20%, foo: 1, bar: 2')
    .replace('bootstrapUsd: 10000', 'bootstrapUsd: 500');
  const paths = issuesOf(text).map(({ path }) => path);
  assert.deepEqual(paths.toSorted(), [
    'accounts.binance.fees.takerBps',
    'accounts.bybit.venue',
    'live',
    'pairs[0].perp.account',
    'sizing.bootstrapUsd',
    'strategy.bar',
    'strategy.entryBps',
    'strategy.foo',
  ]);
});

test('a file that is no configuration at all', () => {
  assert.match(issuesOf('pairs: [')[0]?.message ?? '', /not valid YAML/);
  assert.match(issuesOf('')[0]?.message ?? '', /must be a section with the keys: mode, /);
  assert.throws(() => loadConfig('config/no-such-file.yaml'), /cannot be read/);
});

test('the demo states its own thresholds first, and its models as models', () => {
  const text = readFileSync('config/demo.yaml', 'utf8');
  const opening = text.slice(0, text.indexOf('mode:'));
  for (const words of [
    '5 bps',
    '3 bps',
    'profit taken at 0.1 %',
    '0.5 bps a fill',
    'no depeg exit',
    'never reaches 20 bps',
    'rightly trades nothing',
  ]) {
    assert.ok(opening.replaceAll('\n# ', ' ').includes(words), words);
  }
  const config = loadConfig('config/demo.yaml', { knownVenues });
  assert.equal(config.mode, 'demo');
  assert.deepEqual(
    [config.strategy.entryBps, config.strategy.exitBps, config.strategy.minNetApyPct, config.strategy.depeg],
    ['5', '3', null, null],
  );
  assert.deepEqual(config.simulation?.funding, { kind: 'constant', rate: '0.00003', intervalHours: 8 });
  assert.equal(config.accounts['bybit']?.startingBalances['USDC'], '50000');
});

test('the example for real markets is accepted, and trades no real money as it stands', () => {
  const config = loadConfig('config/example.yaml', { knownVenues });
  assert.equal(config.mode, 'sandbox');
  assert.equal(config.live, false);
});
