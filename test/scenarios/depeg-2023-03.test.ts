/**
 * The night of 11 March 2023, recorded minute by minute: USDC falls, USDT rises, and positions on the pair are left or
 * held. No perpetual was recorded intraday: its price is a MODEL here, a stated distance from a recorded spot price.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decimal, toText, type Decimal } from '../../src/domain/decimal.ts';
import { evaluateExits } from '../../src/domain/exits.ts';
import { nextPegState, pegRefusal, type PegPrice, type PegState } from '../../src/domain/peg.ts';
import { watchOf } from '../domain/exits/support.ts';
import { perpBook, spotBook } from '../support/quotes.ts';
import { recorded } from './support/stories.ts';
import type { Direction } from '../../src/domain/direction.ts';

const minutes = recorded('usdc-depeg-2023-03.csv');
const rules = { boundPct: '1', holdMs: 300_000 };

interface Minute {
  readonly at: string;
  readonly atMs: number;
  readonly states: ReadonlyMap<string, PegState>;
  readonly prices: ReadonlyMap<string, readonly PegPrice[]>;
}

/** Both coins, looked at once a minute; a reference lives for the minute of its bar. */
function night(): Minute[] {
  const states = new Map<string, PegState>();
  return [...Map.groupBy(minutes, ({ atMs }) => atMs)].map(([atText, bars]) => {
    const atMs = Number(atText);
    const prices = new Map<string, PegPrice[]>();
    for (const coin of ['USDC', 'USDT']) {
      const found = bars
        .filter(({ symbol }) => symbol === `${coin}/USD`)
        .map(({ venue = '', close = '' }) => ({ venue, priceUsd: decimal(close) }));
      prices.set(coin, found);
      states.set(coin, nextPegState(rules, coin, found, { wallMs: atMs, marketMs: atMs }, states.get(coin) ?? null));
    }
    return { at: new Date(atMs).toISOString().slice(11, 16), atMs, states: new Map(states), prices };
  });
}

const seen = night();
const firstBroken = (coin: string): Minute => {
  const found = seen.find(({ states }) => states.get(coin)?.kind === 'broken');
  return found ?? assert.fail(`${coin} did not break`);
};

test('USDC is off its peg at 03:24, by the median of kraken and binance.us, and has broken at 03:29', () => {
  const at = (time: string): Minute => seen.find((minute) => minute.at === time) ?? assert.fail(time);
  // 03:24: (0.9793 + 0.99895)/2 = 0.989125 < 0.99. From there on every minute to 03:29 is under it.
  assert.equal(at('03:23').states.get('USDC')?.kind, 'held');
  assert.equal(at('03:24').states.get('USDC')?.kind, 'slipping');
  assert.equal(at('03:28').states.get('USDC')?.kind, 'slipping');
  assert.equal(firstBroken('USDC').at, '03:29');
  const state = at('03:29').states.get('USDC');
  // (0.978 + 0.9983)/2 = 0.98815.
  assert.equal(state?.kind === 'broken' && state.detail, 'USDC at 0.9882 USD, beyond ±1 % for 5.0 min');
});

test('USDT is over its peg from 02:05, by kraken and coinbase, and has broken, upwards, at 02:10', () => {
  // 02:02: 1.01015 for a moment; 02:05: (1.0081 + 1.013)/2 = 1.01055, and over 1.01 until 02:10.
  assert.equal(firstBroken('USDT').at, '02:10');
  const refusal = pegRefusal((coin) => firstBroken('USDT').states.get(coin) ?? { kind: 'exempt' }, ['USDC', 'USDT']);
  assert.match(refusal ?? '', /^depeg: USDT at 1\.0103 USD, beyond ±1 % for 5\.0 min$/);
});

/** The pair at the recorded USDC price, the perpetual `perpBps` away from it: the model. */
function lookAt(minute: Minute, pegged: readonly string[], perpBps: string, direction: Direction) {
  const spot = minute.prices.get('USDC')?.[0]?.priceUsd ?? assert.fail('no USDC price');
  const perp = spot.times(decimal('1').plus(decimal(perpBps).times(decimal('0.0001'))));
  const flat = (price: Decimal) => [[toText(price), '20000']] as const;
  const { atMs } = minute;
  const watch = watchOf({ depegMaxCostBps: '50', stopLossPct: '50' }, { direction });
  return evaluateExits({
    watch: { ...watch, hedgedAtMs: atMs - 3_600_000 },
    spotQuote: spotBook({ bids: flat(spot), asks: flat(spot), aliveAtMs: atMs }),
    perpQuote: perpBook({ bids: flat(perp), asks: flat(perp), aliveAtMs: atMs }),
    fundingUsd: '0',
    expectedCarry: '0.0001',
    pegOf: (coin) => (pegged.includes(coin) ? (minute.states.get(coin) ?? { kind: 'held' }) : { kind: 'held' }),
    perpReading: null,
    nowWallMs: atMs,
    stopSinceWallMs: null,
  });
}

describe('a position that is long USDC', () => {
  test('leaves on the coin while the perpetual is 40 bps dear: 40 and two fees of 0.5 are 41 bps', () => {
    const found = lookAt(firstBroken('USDC'), ['USDC'], '40', 'long_spot_short_perp');
    assert.equal(found.reason, 'depeg');
    assert.match(found.detail, /^depeg: USDC at 0\.9882 USD.*; closing costs 41\.0 bps ≤ 50, s·B_close 40\.0 bps/);
  });

  test('is held hedged, and alerted, while it is 80 bps dear: selling then would only realise the gap', () => {
    const found = lookAt(firstBroken('USDC'), ['USDC'], '80', 'long_spot_short_perp');
    assert.equal(found.reason, null);
    assert.deepEqual(
      found.concerns.map(({ name, severity }) => [name, severity]),
      [['depeg_held', 'critical']],
    );
  });
});

describe('a position that has sold USDC from inventory', () => {
  test('closes the perpetual alone while that fetches 40 bps less: 40 and one fee of 0.5 are 40.5 bps', () => {
    const found = lookAt(firstBroken('USDC'), ['USDC'], '-40', 'short_spot_long_perp');
    assert.deepEqual([found.reason, found.keepsQuote], ['depeg', true]);
    assert.match(found.detail, /^depeg: USDC at 0\.9882 USD.*; closing the perpetual alone.* costs 40\.5 bps ≤ 50/);
  });

  test('is held hedged while it fetches 80 bps less', () => {
    const found = lookAt(firstBroken('USDC'), ['USDC'], '-80', 'short_spot_long_perp');
    assert.deepEqual([found.reason, found.keepsQuote], [null, false]);
    assert.deepEqual(
      found.concerns.map(({ name }) => name),
      ['depeg_held'],
    );
  });
});

test('on the quote coin, which is what the perpetual settles in, both sides leave, at any cost', () => {
  for (const [direction, perpBps] of [
    ['long_spot_short_perp', '80'],
    ['short_spot_long_perp', '-80'],
  ] as const) {
    const found = lookAt(firstBroken('USDT'), ['USDT'], perpBps, direction);
    assert.equal(found.reason, 'depeg', direction);
    assert.match(found.detail, /^depeg of the settlement coin: USDT at 1\.0103 USD/);
  }
});
