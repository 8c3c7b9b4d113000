/** Which position a person means: commands that trade take no guess. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BadInput } from '../../src/cli/errors.ts';
import { resolveKey, type KnownPositions } from '../../src/cli/positions/resolve-key.ts';

const prefix = 'USDC-bybit-binanceusdm-short-';
const [first, second] = [`${prefix}01K74W8Z9V5T6RQJXK3M2N1P0A`, `${prefix}01K74W8Z9V5T6RQJXK9Z9N1P0A`] as const;
const keys: readonly string[] = [first, second];
const ledger: KnownPositions = {
  position: async (key) => (keys.includes(key) ? { key, status: 'hedged' } : null),
  positions: async ({ keyEnding }) =>
    keys.filter((key) => key.endsWith(keyEnding)).map((key) => ({ key, status: 'hedged' })),
};
const refused = (given: string, message: RegExp): Promise<void> =>
  assert.rejects(resolveKey(ledger, given), (error) => error instanceof BadInput && message.test(error.message));

test('the whole key, the whole ULID and an ending of it name a position', async () => {
  for (const given of [first, '01K74W8Z9V5T6RQJXK3M2N1P0A', '3M2N1P0A', '2n1p0a']) {
    assert.equal(await resolveKey(ledger, given), first, given);
  }
});

test('an empty or short ending names none, however many positions there are', async () => {
  for (const given of ['', ' ', 'A', '0A', 'P0A']) await refused(given, /at least 4 characters/);
});

test('what stands before the ULID names none', async () => {
  for (const given of ['SHORT-01K74W8Z9V5T6RQJXK3M2N1P0A', 'short', `x${first}`, `-${first.slice(-26)}`]) {
    await refused(given, /no position has the key/);
  }
});

test('of several that end alike each is listed', async () => {
  await refused('N1P0A', new RegExp(`^2 positions .*"N1P0A".*\n {2}${first} {2}hedged\n {2}${second} {2}hedged$`));
});

test('an ending that no position has is said to be none', async () => {
  await refused('ZZZZZZ', /no position has the key, or a key that ends in, "ZZZZZZ"/);
});
