/** Keys come from the environment or from private files, all mistakes are told at once, and no value is ever repeated. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readCredentials } from '../../src/config/credentials.ts';
import { ConfigError, parseConfig, type ConfigIssue } from '../../src/config/load.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const planted = 'PLANTED-bd1f66c0f1e94f0e';

function secretFile(name: string, content: string, mode = 0o600): string {
  const file = join(temporaryHome(), name);
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

function issuesOf(env: NodeJS.ProcessEnv, needed: Parameters<typeof readCredentials>[0]['needed']): ConfigIssue[] {
  try {
    readCredentials({ env, account: 'bybit-main', needed });
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.ok(!error.message.includes(planted), error.message);
    return [...error.issues];
  }
  return assert.fail('it was accepted');
}

describe('where keys come from', () => {
  test('the environment, under the name of the account', () => {
    const env = { BASIS_BYBIT_MAIN_API_KEY: 'k', BASIS_BYBIT_MAIN_SECRET: ' s\n', BASIS_BYBIT_MAIN_PRIVATE_KEY: 'p' };
    const found = readCredentials({ env, account: 'bybit-main', needed: ['apiKey', 'secret'] });
    assert.deepEqual(found, { apiKey: 'k', secret: 's' }, 'only what the exchange signs with is read');
  });

  test('files, as containers are given their secrets, also behind a link', () => {
    const real = secretFile('secret', 's\n', 0o400);
    const link = join(temporaryHome(), 'link');
    symlinkSync(real, link);
    const env = { BASIS_BYBIT_MAIN_API_KEY: 'k', BASIS_BYBIT_MAIN_SECRET_FILE: link };
    assert.deepEqual(readCredentials({ env, account: 'bybit-main', needed: ['apiKey', 'secret'] }), {
      apiKey: 'k',
      secret: 's',
    });
  });

  test('a passphrase under either of its names', () => {
    for (const name of ['PASSPHRASE', 'PASSWORD']) {
      const env = { [`BASIS_BYBIT_MAIN_${name}`]: 'p' };
      assert.deepEqual(readCredentials({ env, account: 'bybit-main', needed: ['password'] }), { password: 'p' });
    }
  });

  test('a private key keeps the lines that its block has, in a file and in one line of an environment', () => {
    const block = '-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----\n';
    for (const env of [
      { BASIS_BYBIT_MAIN_SECRET_FILE: secretFile('key.pem', block) },
      { BASIS_BYBIT_MAIN_SECRET: block.replaceAll('\n', '\\n') },
    ]) {
      assert.equal(readCredentials({ env, account: 'bybit-main', needed: ['secret'] }).secret, block);
    }
  });
});

describe('what is refused', () => {
  test('everything that is missing, at once, with both ways to set it', () => {
    const issues = issuesOf({}, ['apiKey', 'secret', 'password']);
    assert.deepEqual(
      issues.map(({ path }) => path),
      ['BASIS_BYBIT_MAIN_API_KEY', 'BASIS_BYBIT_MAIN_SECRET', 'BASIS_BYBIT_MAIN_PASSPHRASE'],
    );
    assert.match(issues[0]?.message ?? '', /is not set: set it, or BASIS_BYBIT_MAIN_API_KEY_FILE to the path/);
  });

  test('a file that others may read, and one that others may write, with its mode and the cure', () => {
    for (const [mode, shown] of [
      [0o644, '0644'],
      [0o604, '0604'],
      [0o602, '0602'],
    ] as const) {
      const file = secretFile('secret', planted, mode);
      const [issue] = issuesOf({ BASIS_BYBIT_MAIN_SECRET_FILE: file }, ['secret']);
      assert.equal(issue?.path, 'BASIS_BYBIT_MAIN_SECRET_FILE');
      assert.ok(issue.message.includes(file) && issue.message.includes(`(mode ${shown}): chmod 600 it`), issue.message);
    }
  });

  test('both ways at once, no file, an empty file, a folder, and what is no key, each in its own words', () => {
    const folder = join(temporaryHome(), 'folder');
    mkdirSync(folder, { mode: 0o700 });
    for (const [env, message] of [
      [{ BASIS_BYBIT_MAIN_SECRET: planted, BASIS_BYBIT_MAIN_SECRET_FILE: '/x' }, /so is BASIS_BYBIT_MAIN_SECRET_FILE/],
      [{ BASIS_BYBIT_MAIN_SECRET_FILE: '/no/such/file' }, /\/no\/such\/file cannot be read: ENOENT/],
      [{ BASIS_BYBIT_MAIN_SECRET_FILE: secretFile('empty', '\n') }, /is empty/],
      [{ BASIS_BYBIT_MAIN_SECRET_FILE: folder }, /is not a file/],
      [{ BASIS_BYBIT_MAIN_SECRET_FILE: secretFile('large', planted.repeat(4_000)) }, /larger than 65536 bytes/],
    ] as const) {
      const [issue, ...others] = issuesOf(env, ['secret']);
      assert.match(issue?.message ?? '', message);
      assert.deepEqual(others, []);
    }
  });
});

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

function configIssues(before: string, after: string): readonly ConfigIssue[] {
  assert.ok(good.includes(before));
  try {
    parseConfig(good.replace(before, after));
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.ok(!error.message.includes(planted), error.message);
    return error.issues;
  }
  return assert.fail('it was accepted');
}

describe('keys in the configuration file', () => {
  const fields: readonly [string, string][] = [
    ['apiKey', 'BASIS_BYBIT_API_KEY'],
    ['api_key', 'BASIS_BYBIT_API_KEY'],
    ['API-Secret', 'BASIS_BYBIT_SECRET'],
    ['passphrase', 'BASIS_BYBIT_PASSPHRASE'],
    ['privateKey', 'BASIS_BYBIT_PRIVATE_KEY'],
    ['walletAddress', 'BASIS_BYBIT_WALLET_ADDRESS'],
    ['mnemonic', 'BASIS_BYBIT_PRIVATE_KEY'],
  ];
  for (const [field, variable] of fields) {
    test(`${field} is refused by name, once, with the variable to use and without its value`, () => {
      const issues = configIssues('venue: bybit', `venue: bybit, ${field}: ${planted}`);
      assert.deepEqual(
        issues.map(({ path }) => path),
        [`accounts.bybit.${field}`],
      );
      assert.match(issues[0]?.message ?? '', /^keys never stand in this file/);
      assert.ok(issues[0]?.message.includes(`set ${variable}, or ${variable}_FILE`), issues[0]?.message);
    });
  }

  test('also outside an account, also as a section, and beside every other mistake', () => {
    const issues = configIssues('sizing:', `credentials: { bybit: { secret: ${planted} } }\nextra: 1\nsizing:`);
    assert.deepEqual(issues.map(({ path }) => path).toSorted(), ['credentials', 'extra']);
    assert.match(issues[0]?.message ?? '', /BASIS_<ACCOUNT>_API_KEY/);
  });

  test('an account or a coin may be called what it likes', () => {
    const renamed = good.replaceAll('bybit: {', 'bybit-wallet: {').replace('account: bybit', 'account: bybit-wallet');
    assert.ok(parseConfig(renamed).accounts['bybit-wallet']);
  });
});

describe('terms of an account', () => {
  test('their defaults', () => {
    const { sandbox, rateLimitShare, subAccount, accepted } = parseConfig(good).accounts['bybit'] ?? assert.fail();
    assert.deepEqual([sandbox, rateLimitShare, subAccount, accepted], [true, undefined, null, []]);
    const live = parseConfig(good.replace('mode: sandbox', 'mode: live\nlive: true'));
    assert.equal(live.accounts['bybit']?.sandbox, false);
  });

  test('given', () => {
    const terms =
      'sandbox: true, rateLimitShare: 0.25, subAccount: "7", accepted: [not-exactly-once, withdraw-permission]';
    const { accounts } = parseConfig(good.replace('venue: bybit', `venue: bybit, ${terms}`));
    const { sandbox, rateLimitShare, subAccount, accepted } = accounts['bybit'] ?? assert.fail();
    assert.deepEqual(
      [sandbox, rateLimitShare, subAccount, accepted],
      [true, 0.25, '7', ['not-exactly-once', 'withdraw-permission']],
    );
  });

  test('fees of perpetuals are those of spot unless they are given', () => {
    const same = parseConfig(good).accounts['bybit']?.fees;
    assert.deepEqual(same, { takerBps: '10', makerBps: '10', perpTakerBps: '10', perpMakerBps: '10' });
    const own = parseConfig(good.replace('makerBps: 10 }', 'makerBps: 10, perpTakerBps: 6, perpMakerBps: -0.5 }'));
    assert.deepEqual(own.accounts['bybit']?.fees, {
      takerBps: '10',
      makerBps: '10',
      perpTakerBps: '6',
      perpMakerBps: '-0.5',
    });
  });

  test('each mistake is told with what is allowed, all at once', () => {
    const terms = 'sandbox: false, rateLimitShare: 1.5, subAccount: "", accepted: [everything]';
    const issues = configIssues('venue: bybit', `venue: bybit, ${terms}`);
    const told = new Map(issues.map(({ path, message }) => [path, message]));
    assert.deepEqual([...told.keys()].toSorted(), [
      'accounts.bybit.accepted[0]',
      'accounts.bybit.rateLimitShare',
      'accounts.bybit.sandbox',
      'accounts.bybit.subAccount',
    ]);
    assert.match(told.get('accounts.bybit.accepted[0]') ?? '', /one of: not-exactly-once, withdraw-permission/);
    assert.match(told.get('accounts.bybit.rateLimitShare') ?? '', /above 0, at most 1/);
    assert.match(told.get('accounts.bybit.sandbox') ?? '', /must be true in mode sandbox/);
    const [list] = configIssues('venue: bybit', 'venue: bybit, accepted: withdraw-permission');
    assert.match(list?.message ?? '', /must be a list of risks, of: not-exactly-once, withdraw-permission/);
  });

  test('a testnet account has no place in another mode', () => {
    const [issue, ...others] = configIssues(
      'mode: sandbox\naccounts:\n  bybit: { venue: bybit',
      'mode: live\nlive: true\naccounts:\n  bybit: { venue: bybit, sandbox: true',
    );
    assert.deepEqual([issue?.path, others], ['accounts.bybit.sandbox', []]);
    assert.match(issue?.message ?? '', /is for the mode sandbox; in live nothing goes to a testnet/);
  });

  test('accounts whose variables could be taken for each other are refused', () => {
    for (const name of ['bybit-api', 'bybit-secret']) {
      const issues = configIssues('pairs:', `  ${name}: { venue: bybit, fees: { takerBps: 1, makerBps: 1 } }\npairs:`);
      assert.match(issues[0]?.message ?? '', /could be those of account bybit: rename one/);
    }
  });
});
