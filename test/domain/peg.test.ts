/** What a coin is worth: the median of two venues at least, and for how long it has been off its dollar. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decimal } from '../../src/domain/decimal.ts';
import { medianUsdPrice, nextPegState, pegRefusal, type PegState } from '../../src/domain/peg.ts';

const rules = { boundPct: '1', holdMs: 300_000 };
const price = (venue: string, usd: string) => ({ venue, priceUsd: decimal(usd) });

describe('the median of venues', () => {
  test('is between two, and the middle one of three', () => {
    assert.equal(medianUsdPrice([price('kraken', '0.98'), price('coinbase', '0.99')])?.toFixed(), '0.985');
    const three = [price('kraken', '0.5'), price('coinbase', '0.99'), price('bitstamp', '0.98')];
    assert.equal(medianUsdPrice(three)?.toFixed(), '0.98', 'one venue that is far off does not move it');
  });

  test('needs two venues: two markets of one venue are one', () => {
    assert.equal(medianUsdPrice([price('kraken', '0.98')]), null);
    assert.equal(medianUsdPrice([price('kraken', '0.98'), price('kraken', '0.99')]), null);
  });
});

/** A look a second, market time as fast as wall time, at one price on both venues. */
function lookAt(usd: string, atMs: number, before: PegState | null, marketScale = 1): PegState {
  const prices = [price('kraken', usd), price('coinbase', usd)];
  return nextPegState(rules, 'USDC', prices, { wallMs: atMs, marketMs: atMs * marketScale }, before);
}

describe('a slip', () => {
  test('is a break after five minutes beyond one percent, on either side', () => {
    for (const usd of ['0.9899', '1.0101']) {
      const first = lookAt(usd, 0, null);
      assert.equal(first.kind, 'slipping');
      assert.equal(lookAt(usd, 299_999, first).kind, 'slipping');
      assert.equal(lookAt(usd, 300_000, first).kind, 'broken');
    }
    assert.equal(lookAt('0.99', 0, null).kind, 'held', 'exactly one percent');
    assert.equal(lookAt('1.01', 0, null).kind, 'held');
  });

  test('starts anew after a recovery, and after a time in which the peg was unknown', () => {
    const first = lookAt('0.98', 0, null);
    const recovered = lookAt('1', 100_000, first);
    assert.equal(recovered.kind, 'held');
    assert.equal(lookAt('0.98', 400_000, recovered).kind, 'slipping');
    const unknown = nextPegState(rules, 'USDC', [price('kraken', '0.98')], { wallMs: 1, marketMs: 1 }, first);
    assert.equal(unknown.kind, 'unknown');
    assert.equal(lookAt('0.98', 400_000, unknown).kind, 'slipping');
  });

  test('holds for three seconds of wall time too, where market time runs fast', () => {
    const first = lookAt('0.98', 0, null, 3_600);
    assert.equal(lookAt('0.98', 2_999, first, 3_600).kind, 'slipping');
    assert.equal(lookAt('0.98', 3_000, first, 3_600).kind, 'broken');
  });

  test('says what it is worth, and for how long', () => {
    const broken = lookAt('0.97', 360_000, lookAt('0.98', 0, null));
    assert.ok(broken.kind === 'broken');
    assert.equal(broken.detail, 'USDC at 0.9700 USD, beyond ±1 % for 6.0 min');
  });
});

test('nothing is opened in a coin that slips, has broken, or is not known', () => {
  const states: Record<string, PegState> = {
    USDC: { kind: 'held' },
    BTC: { kind: 'exempt' },
    USDT: { kind: 'unknown', detail: 'USDT: kraken shows its USD price; two venues are needed' },
    DAI: { kind: 'slipping', since: { wallMs: 0, marketMs: 0 }, detail: 'DAI at 0.98' },
  };
  const pegOf = (coin: string): PegState => states[coin] ?? assert.fail(coin);
  assert.equal(pegRefusal(pegOf, ['USDC', 'BTC']), null);
  assert.match(
    pegRefusal(pegOf, ['USDC', 'USDT', 'USDT']) ?? '',
    /^depeg\.references: the peg is unknown, USDT: kraken/,
  );
  assert.match(pegRefusal(pegOf, ['DAI', 'USDT']) ?? '', /^depeg: DAI at 0\.98; depeg\.references/);
});
