/** The centre and the wildness of each pair, from the hours that the ledger holds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BasisPoint } from '../../../src/domain/portfolio/correlation.ts';
import { createBasisFigures } from '../../../activities/watching/basis-figures.ts';
import { fakeClock, settled } from './support.ts';

const hourMs = 3_600_000;

function story(recorded: BasisPoint[]) {
  const clock = fakeClock();
  clock.ms = 2_000 * hourMs;
  const asked: number[] = [];
  const warnings: string[] = [];
  const broken = { error: null as Error | null };
  const ledger = {
    basisHistory: (_pairs: readonly string[], sinceMs: number) => {
      asked.push(sinceMs);
      if (broken.error !== null) return Promise.reject(broken.error);
      return Promise.resolve(recorded.filter((point) => point.hourMs >= sinceMs));
    },
  };
  const anchor = { wallMs: 0, marketMs: 0, scale: 1, tapeEndMs: null };
  const warn = (message: string): void => void warnings.push(message);
  const figures = createBasisFigures({ ledger, clock, anchor, warn }, ['calm', 'wild']);
  return { clock, asked, warnings, broken, figures };
}

/** Hour by hour up to 2,000; the basis goes from −5 to −4 and back, and in the last day by `swing`. */
const hours = (pairId: string, count: number, swing: number): BasisPoint[] =>
  Array.from({ length: count }, (_, index) => {
    const hour = 2_000 - count + 1 + index;
    const step = hour > 2_000 - 24 ? swing : 1;
    return { pairId, hourMs: hour * hourMs, midBasisBps: hour % 2 === 0 ? '-5' : String(-5 + step) };
  });

test('nothing is known before the first read, and of a pair with a short history', async () => {
  const { figures } = story(hours('calm', 71, 1));
  assert.equal(figures.centre('calm'), null);
  figures.refresh();
  await settled();
  assert.equal(figures.centre('calm'), null);
  assert.equal(figures.multiplier('calm').toFixed(), '1');
  assert.equal(figures.centre('unheard of'), null);
});

test('a day that swings ten times as far triples the score; a centre is the middle of the week', async () => {
  const { figures } = story([...hours('calm', 400, 1), ...hours('wild', 400, 10)]);
  figures.refresh();
  await settled();
  assert.equal(figures.multiplier('calm').toFixed(), '1');
  assert.equal(figures.multiplier('wild').toFixed(), '3', 'clamped');
  // Half of the 168 hours at −5, half at −4.
  assert.equal(figures.centre('calm'), '-4.5');
});

test('an hour later only what is new is read, and counts', async () => {
  const recorded = hours('calm', 71, 1);
  const { clock, asked, figures } = story(recorded);
  figures.refresh();
  await settled();
  assert.equal(figures.centre('calm'), null);
  clock.ms += hourMs;
  recorded.push({ pairId: 'calm', hourMs: 2_001 * hourMs, midBasisBps: '-4' });
  figures.refresh();
  await settled();
  assert.deepEqual(asked, [1_280 * hourMs, 2_000 * hourMs], 'thirty days, then from the newest hour on');
  assert.equal(figures.centre('calm'), '-4.5', '36 hours at −5, 36 at −4');
});

test('while the ledger does not answer, what was known stays, and it is asked again after five minutes', async () => {
  const { clock, asked, warnings, broken, figures } = story(hours('calm', 100, 1));
  figures.refresh();
  await settled();
  broken.error = new Error('no connection');
  clock.ms += 300_000;
  figures.refresh();
  await settled();
  assert.match(warnings.join(), /the recorded bases could not be read: no connection/);
  assert.equal(figures.centre('calm'), '-4.5');
  clock.ms += 299_999;
  figures.refresh();
  assert.equal(asked.length, 2);
});
