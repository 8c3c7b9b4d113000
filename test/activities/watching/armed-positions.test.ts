/** All armed positions of a shard: which of them are stamped, followed when they change, and let go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { armedPositions, type ArmedPositionsPorts } from '../../../activities/watching/armed-positions.ts';
import { everyPegExempt } from '../../../src/domain/peg.ts';
import type { Quote } from '../../../src/domain/quote.ts';
import type { Mark, Watch } from '../../../src/domain/watch.ts';
import { examplePlan } from '../../support/plans.ts';
import { fill, payment } from '../../support/pnl-inputs.ts';
import { booksAt, fakeAlerts, fakeClock, heldPerpAsk, lostPerpAsk, settled, startMs, watchOf } from './support.ts';

function shard(watches: Watch[]) {
  const clock = fakeClock();
  const alerts = fakeAlerts();
  const quotes = new Map<string, Quote>();
  const stamped: (readonly string[])[] = [];
  const marks: Mark[] = [];
  const signals: unknown[] = [];
  const held = { watches, fills: [fill('perp', 'sell', '10000', '1', '0 USDT', startMs - 1, watchOf().key)] };
  const ledger = {
    latestReading: () => Promise.resolve(null),
    armedWatches: () => Promise.resolve(structuredClone(held.watches)),
    interestOfAccount: () => Promise.resolve([]),
    baselines: () => Promise.resolve([]),
    fundingPaymentsOfAccount: () => Promise.resolve([{ ...payment('7', startMs), account: 'binance' }]),
    fillsOfAccount: () => Promise.resolve(held.fills.map((one) => ({ ...one, clientOrderId: one.venueOrderId }))),
    stampEvaluated: (keys: readonly string[]) => Promise.resolve(void stamped.push(keys)),
    writeMarks: (written: readonly Mark[]) => Promise.resolve(void marks.push(...written)),
  };
  const signal = (_name: string, payload: unknown): Promise<void> => Promise.resolve(void signals.push(payload));
  const ports: ArmedPositionsPorts = {
    ledger,
    alerts,
    clock,
    temporalClock: clock,
    client: { workflow: { getHandle: () => ({ signal }) } },
    shard: 'one',
    quote: (venue: string, symbol: string) => quotes.get(`${venue} ${symbol}`),
    funding: { outlook: () => null, refresh: () => undefined },
    pegOf: everyPegExempt,
    warn: (message: string) => assert.fail(message),
    freshQuotes: () => Promise.reject(new Error('not asked for')),
  };
  /** Both order books come alive at this moment. */
  const show = (perpAsk: string): void => {
    for (const quote of booksAt('1.0000', perpAsk, clock.ms)) quotes.set(`${quote.venue} ${quote.symbol}`, quote);
  };
  return { clock, alerts, quotes, stamped, marks, signals, held, show, positions: armedPositions(ports) };
}

test('only what could be evaluated in this pass is stamped, not what once could', async () => {
  const { clock, stamped, show, positions } = shard([watchOf()]);
  await positions.pass();
  assert.deepEqual(stamped, [], 'no quotes yet');
  show(heldPerpAsk);
  await positions.pass();
  assert.deepEqual(stamped, [[watchOf().key]]);
  clock.ms += 10_000;
  await positions.pass();
  assert.deepEqual(stamped, [[watchOf().key]], 'the order books are ten seconds old');
});

test('funding to date is in the marks, at its share', async () => {
  const { clock, marks, show, positions } = shard([watchOf()]);
  clock.ms += 30_001;
  show(heldPerpAsk);
  await positions.pass();
  assert.deepEqual(
    marks.map(({ key, fundingUsd, atWallMs }) => ({ key, fundingUsd, atWallMs })),
    [{ key: watchOf().key, fundingUsd: '7', atWallMs: clock.ms }],
  );
});

test('a mark that is not new is not written again', async () => {
  const { clock, marks, show, positions } = shard([watchOf()]);
  clock.ms += 30_001;
  show(heldPerpAsk);
  await positions.pass();
  clock.ms += 30_001;
  await positions.pass();
  assert.equal(marks.length, 1);
});

test('a position that is armed again is watched by its new rules', async () => {
  const { clock, held, signals, show, positions } = shard([watchOf()]);
  const loses = async (): Promise<void> => {
    for (const ms of [0, 1_500, 1_500]) {
      clock.ms += ms;
      show(lostPerpAsk);
      await positions.pass();
    }
    await settled();
  };
  const plan = examplePlan({ direction: 'long_spot_short_perp' });
  held.watches = [watchOf({ plan: { ...plan, exits: { ...plan.exits, stopLossPct: '50' } } })];
  await loses();
  assert.deepEqual(signals, []);
  held.watches = [watchOf()];
  positions.reloadSoon();
  await loses();
  assert.equal(signals.length, 1);
});

test('a position that is disarmed is let go, with the alert of its watching', async () => {
  const { clock, alerts, held, positions } = shard([watchOf()]);
  await positions.pass();
  clock.ms += 30_001;
  await positions.pass();
  await settled();
  assert.equal(alerts.raised.length, 1);
  held.watches = [];
  positions.reloadSoon();
  await positions.pass();
  await settled();
  assert.deepEqual(
    alerts.resolved.filter((one) => one.startsWith('not_evaluable')),
    [`not_evaluable/${watchOf().key}`],
  );
  assert.equal(positions.isTaken(watchOf().plan.pairId), false);
});
