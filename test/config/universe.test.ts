/** Pairs by rule: what a universe comes to, what it leaves out and why, and what of it is a mistake. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError, loadConfig, parseConfig, type ConfigIssue } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { generatePairs, type MarketKinds } from '../../src/config/universe.ts';
import { VenueError } from '../../src/ports/venue.ts';
import { withListedPairs } from '../../workers/pairs.ts';
import { examplePlan } from '../support/plans.ts';

/** As the connector knows them: one id for both kinds, or one a kind. */
const marketKinds: MarketKinds = (venue) => {
  if (venue === 'kraken') return ['spot'];
  return venue === 'binanceusdm' || venue === 'krakenfutures' ? ['perpetual'] : ['spot', 'perpetual'];
};

function written(universe: string, rest = ''): string {
  return `
mode: sandbox
accounts:
  bybit: { venue: bybit, fees: { takerBps: 10, makerBps: 10 } }
  binance: { venue: binanceusdm, fees: { takerBps: 5, makerBps: 2 } }
  kraken: { venue: kraken, fees: { takerBps: 26, makerBps: 16 } }
strategy: { depeg: off }
sizing: { bootstrapUsd: 10000 }
${universe === '' ? '' : `universe: ${universe}`}
${rest}`;
}

function pairsOf({ pairs }: Pick<Config, 'pairs'>): string[] {
  return pairs.map(({ spot, perp }) => `${spot.account} ${spot.symbol} ${perp.account} ${perp.symbol}`);
}

function issuesOf(text: string): readonly ConfigIssue[] {
  try {
    parseConfig(text, { marketKinds });
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.issues;
  }
  return assert.fail('it was accepted');
}

describe('what is generated', () => {
  test('every spot account with every perpetual one, asset by asset, at two exchanges', () => {
    const config = parseConfig(written('{ assets: [USDC, DAI], quotes: [USDT] }'), { marketKinds });
    assert.deepEqual(pairsOf(config), [
      'bybit USDC/USDT binance USDC/USDT:USDT',
      'kraken USDC/USDT bybit USDC/USDT:USDT',
      'kraken USDC/USDT binance USDC/USDT:USDT',
      'bybit DAI/USDT binance DAI/USDT:USDT',
      'kraken DAI/USDT bybit DAI/USDT:USDT',
      'kraken DAI/USDT binance DAI/USDT:USDT',
    ]);
    assert.ok(config.pairs.every(({ isGenerated, kinds }) => isGenerated && kinds[0] === 'basis'));
    assert.deepEqual(JSON.parse(JSON.stringify(config)), config);
  });

  test('only at the accounts that are named, and for what it says', () => {
    const universe =
      '{ assets: [USDC], quotes: [USDT], spotAccounts: [kraken], perpAccounts: [bybit], kinds: [basis, funding] }';
    const text = written(universe).replace('depeg: off', 'depeg: off, funding: { minNetApyPct: 8 }');
    const config = parseConfig(text, { marketKinds });
    assert.deepEqual(pairsOf(config), ['kraken USDC/USDT bybit USDC/USDT:USDT']);
    assert.deepEqual(config.pairs[0]?.kinds, ['basis', 'funding']);
  });

  test('a coin is not quoted in itself, and other quote coins meet only where that is allowed', () => {
    const universe = '{ assets: [USDC], quotes: [USDT, USD, USDC], spotAccounts: [kraken], perpAccounts: [bybit] }';
    assert.deepEqual(pairsOf(parseConfig(written(universe), { marketKinds })), [
      'kraken USDC/USDT bybit USDC/USDT:USDT',
      'kraken USDC/USD bybit USDC/USD:USD',
    ]);
    const all = parseConfig(written(universe.replace(' }', ', allowUnhedgedQuote: true }')), { marketKinds });
    assert.equal(all.pairs.length, 4);
    assert.ok(all.pairs.every(({ allowUnhedgedQuote }) => allowUnhedgedQuote));
  });

  test('both legs at one exchange only where that is allowed, under whatever ids', () => {
    const universe = '{ assets: [USDC], quotes: [USDT], spotAccounts: [bybit], perpAccounts: [bybit, binance] }';
    const pairs = pairsOf(parseConfig(written(universe), { marketKinds }));
    assert.deepEqual(pairs, ['bybit USDC/USDT binance USDC/USDT:USDT']);
    const all = parseConfig(written(universe.replace(' }', ', allowSameVenue: true }')), { marketKinds });
    assert.equal(all.pairs.length, 2);
  });

  test('without what is excluded: pairs that have everything that an entry names', () => {
    const exclude = '[{ asset: DAI, spotAccount: kraken }, { perpAccount: bybit }]';
    const config = parseConfig(written(`{ assets: [USDC, DAI], quotes: [USDT], exclude: ${exclude} }`), {
      marketKinds,
    });
    assert.deepEqual(pairsOf(config), [
      'bybit USDC/USDT binance USDC/USDT:USDT',
      'kraken USDC/USDT binance USDC/USDT:USDT',
      'bybit DAI/USDT binance DAI/USDT:USDT',
    ]);
  });

  test('after the pairs that are written out, which keep their own terms and come once', () => {
    const own =
      'pairs: [{ asset: USDC, spot: { account: kraken, symbol: USDC/USDT }, perp: { account: bybit, symbol: "USDC/USDT:USDT" }, kinds: [funding] }]';
    const text = written('{ assets: [USDC], quotes: [USDT] }', own).replace(
      'depeg: off',
      'depeg: off, funding: { minNetApyPct: 8 }',
    );
    const { pairs } = parseConfig(text, { marketKinds });
    assert.deepEqual(
      pairs.map(({ spot, perp, kinds, isGenerated }) => [spot.account, perp.account, kinds[0], isGenerated]),
      [
        ['kraken', 'bybit', 'funding', false],
        ['bybit', 'binance', 'basis', true],
        ['kraken', 'binance', 'basis', true],
      ],
    );
  });
});

test('what the rule itself does not take in is told, each reason once', () => {
  const { universe, accounts } = parseConfig(written('{ assets: [USDC, DAI], quotes: [USDT, USD] }'), { marketKinds });
  assert.ok(universe);
  const { leftOut } = generatePairs(universe, accounts, marketKinds);
  assert.deepEqual(
    leftOut.map(({ what }) => what),
    [
      'spot at bybit with perpetuals at bybit',
      'spot in USDT with perpetuals in USD',
      'spot in USD with perpetuals in USDT',
    ],
  );
  assert.match(leftOut[0]?.reason ?? '', /both legs at bybit; universe\.allowSameVenue: true/);
  assert.match(
    leftOut[1]?.reason ?? '',
    /a move of USD in USDT would hit the whole notional; universe\.allowUnhedgedQuote/,
  );
});

describe('each mistake is named at its place', () => {
  const cases: readonly [string, string, string, RegExp][] = [
    ['no pairs at all', '', 'pairs', /is missing: must be a list of pairs, or name a universe/],
    ['no asset', '{ assets: [], quotes: [USDT] }', 'universe.assets', /must name a coin/],
    ['no quote', '{ assets: [USDC] }', 'universe.quotes', /must be a list of coins, such as \[USDT\]/],
    ['a symbol as asset', '{ assets: [USDC/USDT], quotes: [USDT] }', 'universe.assets[0]', /"USDC\/USDT".*a coin/],
    ['an unknown key', '{ assets: [USDC], quotes: [USDT], sameVenue: true }', 'universe.sameVenue', /not a key here/],
    [
      'an unknown account',
      '{ assets: [USDC], quotes: [USDT], spotAccounts: [okx] }',
      'universe.spotAccounts[0]',
      /no account okx; configured are: bybit, binance, kraken/,
    ],
    [
      'an account without such markets',
      '{ assets: [USDC], quotes: [USDT], spotAccounts: [bybit, binance] }',
      'universe.spotAccounts[1]',
      /binanceusdm has no spot markets: only perpetual/,
    ],
    ['the same twice', '{ assets: [USDC, DAI, USDC], quotes: [USDT] }', 'universe.assets[2]', /USDC is named twice/],
    [
      'an exclusion of everything',
      '{ assets: [USDC], quotes: [USDT], exclude: [{}] }',
      'universe.exclude[0]',
      /at least one of: asset, quote, spotAccount, perpAccount/,
    ],
    [
      'an exclusion of nothing',
      '{ assets: [USDC], quotes: [USDT], exclude: [{ asset: DAI }] }',
      'universe.exclude[0]',
      /takes no pair away/,
    ],
    [
      'an exclusion of an account that there is not',
      '{ assets: [USDC], quotes: [USDT], exclude: [{ perpAccount: okx }] }',
      'universe.exclude[0].perpAccount',
      /no account okx/,
    ],
    [
      'a rule that comes to nothing',
      '{ assets: [USDC], quotes: [USDT], spotAccounts: [bybit], perpAccounts: [bybit] }',
      'universe',
      /comes to no pair; spot at bybit with perpetuals at bybit: both legs at bybit/,
    ],
    [
      'the carry without a word on what it must yield',
      '{ assets: [USDC], quotes: [USDT], kinds: [funding] }',
      'universe.kinds',
      /strategy\.funding is off/,
    ],
  ];
  for (const [name, universe, path, message] of cases) {
    test(name, () => {
      const [issue, ...others] = issuesOf(written(universe));
      assert.deepEqual(others, []);
      assert.equal(issue?.path, path);
      assert.match(issue.message, message);
    });
  }

  test('a coin whose peg nobody tells of, where positions leave on a depeg', () => {
    const references = ['kraken', 'bybit'].map((venue) => `{ venue: ${venue}, symbol: USDT/USD }`).join(', ');
    const text = written('{ assets: [USDC], quotes: [USDT] }').replace(
      'depeg: off',
      `depeg: { references: [${references}] }`,
    );
    assert.match(issuesOf(text)[0]?.message ?? '', /USDC is traded and has 0 of the two venues/);
  });
});

test('the majors: the same rules for bitcoin, ether and solana', () => {
  const config = loadConfig('config/majors.yaml', { marketKinds });
  assert.deepEqual(pairsOf(config), [
    'bybit BTC/USDT okx BTC/USDT:USDT',
    'okx BTC/USDT bybit BTC/USDT:USDT',
    'bybit ETH/USDT okx ETH/USDT:USDT',
    'okx ETH/USDT bybit ETH/USDT:USDT',
    'bybit SOL/USDT okx SOL/USDT:USDT',
    'okx SOL/USDT bybit SOL/USDT:USDT',
  ]);
  assert.ok(config.pairs.every(({ kinds }) => kinds.join() === 'funding'));
});

test('an exchange that does not answer keeps its pairs where that is asked for, and ends the look-up else', async () => {
  const config = parseConfig(written('{ assets: [USDC, DAI], quotes: [USDT] }'), { marketKinds });
  const { spot, perp } = examplePlan();
  const marketData = {
    instruments: async (venue: string, symbols: readonly string[] = []) => {
      if (venue === 'binanceusdm') throw new VenueError('unavailable', 'no answer');
      if (venue === 'bybit' && symbols.some((symbol) => symbol.startsWith('DAI'))) return [];
      return symbols.map((symbol) => ({ ...(symbol.includes(':') ? perp : spot).instrument, venue, symbol }));
    },
  };
  await assert.rejects(withListedPairs(config, marketData), { name: 'VenueError', message: 'no answer' });
  assert.deepEqual(pairsOf(await withListedPairs(config, marketData, true)), [
    'bybit USDC/USDT binance USDC/USDT:USDT',
    'kraken USDC/USDT bybit USDC/USDT:USDT',
    'kraken USDC/USDT binance USDC/USDT:USDT',
    'kraken DAI/USDT binance DAI/USDT:USDT',
  ]);
});
