/** Settled rates are collected once: after a start what the ledger lacks, then each settlement when it is over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FundingRate, SettledFundingRate } from '../../../src/ports/venue.ts';
import { createFundingHistory } from '../../../activities/watching/funding-history.ts';
import { fakeClock } from './support.ts';

const hourMs = 3_600_000;
const symbol = 'USDC/USDT:USDT';
const coming: FundingRate = { symbol, rate: '0.0001', nextSettlementAtMs: 0, intervalHours: 8 };
const noonMs = Date.UTC(2025, 6, 1, 12);
/** Settlements at 0, 8 and 16 h, newest at or before the time; n = 0 is that one, 1 the one before it. */
const at = (n: number, nowMs = noonMs): number => Math.floor(nowMs / (8 * hourMs) - n) * 8 * hourMs;
const rateAt = (settledAtMs: number): SettledFundingRate => ({ symbol, rate: '0.0002', settledAtMs });
/** All that a venue lists of five weeks. */
const month = (nowMs: number): SettledFundingRate[] =>
  Array.from({ length: 105 }, (_, index) => rateAt(at(104 - index, nowMs)));

function story(inLedger: readonly SettledFundingRate[]) {
  const clock = fakeClock();
  const written: SettledFundingRate[] = [...inLedger];
  const asked: number[] = [];
  const warnings: string[] = [];
  const venue = { lists: month(noonMs), failure: null as Error | null };
  const history = createFundingHistory({
    clock,
    warn: (message) => void warnings.push(message),
    ledger: {
      fundingRates: (_venue, _symbol, sinceMs) =>
        Promise.resolve(written.filter(({ settledAtMs }) => settledAtMs >= sinceMs)),
      recordFundingRates: (_venue, rates) => Promise.resolve(void written.push(...rates)),
    },
    settledFunding: {
      fundingRatesSince: (_venue, _symbol, sinceMs) => {
        asked.push(sinceMs);
        if (venue.failure !== null) return Promise.reject(venue.failure);
        return Promise.resolve(venue.lists.filter(({ settledAtMs }) => settledAtMs >= sinceMs));
      },
    },
  });
  const update = (nowMs: number): Promise<void> => history.update('binanceusdm', coming, nowMs);
  return { clock, written, asked, warnings, venue, update, settled: () => history.settled('binanceusdm', symbol) };
}

test('a new home reads a month, once, and writes it down', async () => {
  const { clock, written, asked, update, settled } = story([]);
  await update(noonMs);
  // 31 days before noon: 93 settlements, from 16:00 on the 31st of May to 08:00 on the 1st of July.
  assert.equal(settled().length, 93);
  assert.equal(written.length, 93);
  assert.equal(settled().at(-1)?.settledAtMs, Date.UTC(2025, 6, 1, 8));
  clock.ms += 120_000;
  await update(noonMs + 120_000);
  assert.equal(asked.length, 1, 'nothing was settled since');
});

test('a settlement that is over is read alone, and not asked for again within a minute while it is not listed', async () => {
  const { clock, asked, venue, update, settled } = story(month(noonMs));
  await update(noonMs);
  assert.equal(asked.length, 0, 'the ledger has them all');
  const fourMs = noonMs + 4 * hourMs;
  await update(fourMs);
  clock.ms += 59_999;
  await update(fourMs + 59_999);
  assert.deepEqual(asked, [at(0) + 1]);
  clock.ms += 1;
  venue.lists = [...venue.lists, rateAt(fourMs)];
  await update(fourMs + 60_000);
  assert.deepEqual(asked, [at(0) + 1, at(0) + 1]);
  assert.equal(settled().at(-1)?.settledAtMs, fourMs);
});

test('a week in which nobody collected is read after the restart, and the gap with it', async () => {
  const [...known] = month(noonMs);
  // Of the middle, 21 are missing; after them the list goes on.
  const { asked, written, update, settled } = story([...known.slice(0, 50), ...known.slice(71)]);
  await update(noonMs);
  assert.deepEqual(asked, [(known[49]?.settledAtMs ?? 0) + 1]);
  assert.equal(settled().length, 93);
  assert.equal(new Set(written.map(({ settledAtMs }) => settledAtMs)).size, 105);
});

test('a list that cannot be read leaves what is known, and is told', async () => {
  const { clock, warnings, venue, update, settled } = story(month(noonMs).slice(0, -3));
  venue.failure = new Error('504');
  await update(noonMs);
  assert.equal(settled().length, 90);
  assert.match(warnings.join(), /settled funding rates of binanceusdm USDC\/USDT:USDT could not be read: 504/);
  venue.failure = null;
  clock.ms += 60_000;
  await update(noonMs + 60_000);
  assert.equal(settled().length, 93);
});
