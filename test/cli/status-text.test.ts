/** What a person reads of the service as a whole: whether it opens anything, and if not, why. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stopLines } from '../../src/cli/engine.ts';
import { stateOf, statusText, type Status } from '../../src/cli/text/status-text.ts';
import { stoppingReason } from '../../src/domain/names.ts';

const nowMs = Date.UTC(2026, 10, 26, 14, 30, 0);
const running: Status = {
  mode: 'demo',
  book: 'default',
  state: 'running',
  pauseReason: null,
  haltReason: null,
  silent: null,
  recent: [],
  drawdown: { drawdownPct: '1.256', observedAtWallMs: nowMs - 2_000 },
  maxDrawdownPct: '3',
  staleReadings: [],
  maxReadingAgeMs: 30_000,
  standingAlerts: 0,
  positions: [],
  marks: [],
  atWallMs: nowMs,
};
const linesOf = (change: Partial<Status>): string[] => statusText({ ...running, ...change }).split('\n');

describe('the status', () => {
  test('of an engine that runs', () => {
    assert.deepEqual(linesOf({}), [
      'mode demo, book default',
      'the engine runs',
      'drawdown: 1.26 % 2 s ago, 3 % halts',
      '',
      'no positions',
    ]);
  });

  test("says a person's pause with its reason, accounts that are not read, and what was refused, in 80 columns", () => {
    const lines = linesOf({
      state: 'paused',
      pauseReason: 'news at 14:00',
      standingAlerts: 2,
      staleReadings: [
        { account: 'bybit', readAtMs: nowMs - 45_000 },
        { account: 'binance', readAtMs: null },
      ],
      recent: [
        `2026-11-26T14:29:58.123Z refused USDC/USDT@bybit~USDC/USDT:USDT@binance: venueCapPct: 61.0 % of equity is at bybit, over 60`,
        ...Array.from({ length: 9 }, (_, index) => `2026-11-26T14:29:${10 + index}.000Z started ${index}`),
      ],
    });
    assert.deepEqual(lines.slice(1, 7), [
      'paused by a person: news at 14:00',
      'npm run basis -- resume opens new positions again',
      'drawdown: 1.26 % 2 s ago, 3 % halts',
      'bybit was read 45 s ago, over 30 s: nothing is opened there',
      'binance was never read: nothing is opened there',
      'alerts that stand: 2, see npm run basis -- alerts',
    ]);
    assert.deepEqual(lines.slice(9, 14), [
      '',
      'newest admissions and refusals (UTC):',
      '14:29:58 refused USDC/USDT@bybit~USDC/USDT:USDT@binance: venueCapPct: 61.0 %',
      '  of equity is at bybit, over 60',
      '14:29:10 started 0',
    ]);
    assert.equal(lines.at(-1), '14:29:16 started 6', 'the newest eight');
    assert.deepEqual(
      lines.filter((line) => line.length > 80),
      [],
    );
  });

  test('of an engine that does not answer keeps what the ledger knows', () => {
    const silent = 'no Temporal server answers at 127.0.0.1:1';
    assert.deepEqual(linesOf({ state: 'unknown', silent, drawdown: null, maxDrawdownPct: null }).slice(1, 4), [
      'the engine does not answer; whether it is paused is not known: no Temporal',
      'server answers at 127.0.0.1:1',
      'drawdown: not observed yet, none halts',
    ]);
    assert.deepEqual(linesOf({ state: 'halted', silent, haltReason: 'trouble' }).slice(1, 4), [
      'halted, nothing is opened: trouble',
      'npm run basis -- resume opens new positions again',
      `the engine does not answer: ${silent}`,
    ]);
  });
});

test('a halt comes before a pause, and what is not known is not called running', () => {
  assert.equal(stateOf({ paused: true }, 'trouble'), 'halted');
  assert.equal(stateOf(null, 'trouble'), 'halted');
  assert.equal(stateOf({ paused: true }, null), 'paused');
  assert.equal(stateOf({ paused: false }, null), 'running');
  assert.equal(stateOf(null, null), 'unknown');
});

test("the pause of a stop is not called a person's", () => {
  assert.deepEqual(stopLines({ pauseReason: stoppingReason, haltReason: null }), ['paused: the stack is stopping']);
  assert.deepEqual(stopLines({ pauseReason: stoppingReason, haltReason: 'trouble' }), [
    'halted, nothing is opened: trouble',
    'npm run basis -- resume opens new positions again',
  ]);
  assert.deepEqual(stopLines({ pauseReason: null, haltReason: null }), []);
});
