/** The funding outlook is read beside the exits, never before them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FundingRate, SettledFundingRate } from '../../../src/ports/venue.ts';
import { createFundingReader } from '../../../activities/watching/funding-reader.ts';
import { fakeClock, settled } from './support.ts';

const perpetual = { venue: 'binanceusdm', symbol: 'USDC/USDT:USDT' };
const rate: FundingRate = { symbol: perpetual.symbol, rate: '0.0001', nextSettlementAtMs: 0, intervalHours: 8 };

function reader() {
  const clock = fakeClock();
  const asked: PromiseWithResolvers<FundingRate>[] = [];
  const warnings: string[] = [];
  const lists: SettledFundingRate[] = [];
  const marketData = {
    fundingRate: () => {
      const answer = Promise.withResolvers<FundingRate>();
      asked.push(answer);
      return answer.promise;
    },
  };
  const settledFunding = { fundingRatesSince: () => Promise.resolve(lists) };
  const ledger = { fundingRates: () => Promise.resolve([]), recordFundingRates: () => Promise.resolve() };
  const anchor = { wallMs: 0, marketMs: 0, scale: 1, tapeEndMs: null };
  const warn = (message: string): void => void warnings.push(message);
  const persistenceOf = (venue: string): string => (venue === 'binanceusdm' ? '0.67' : '0.5');
  const funding = createFundingReader({ marketData, settledFunding, ledger, clock, anchor, persistenceOf, warn }, [
    perpetual,
  ]);
  return { clock, asked, warnings, funding, lists, outlook: () => funding.outlook(perpetual.venue, perpetual.symbol) };
}

test('an endpoint that does not answer holds nothing up, and is not asked twice', async () => {
  const { clock, asked, funding, outlook } = reader();
  funding.refresh();
  clock.ms += 60_000;
  funding.refresh();
  assert.equal(asked.length, 1);
  assert.equal(outlook(), null);
  asked[0]?.resolve(rate);
  await settled();
  assert.equal(outlook()?.rate, '0.0001');
});

test('a failed read is tried again after five seconds, and the last outlook is kept meanwhile', async () => {
  const { clock, asked, warnings, funding, outlook } = reader();
  funding.refresh();
  asked[0]?.resolve(rate);
  await settled();
  clock.ms += 29_999;
  funding.refresh();
  assert.equal(asked.length, 1, 'half a minute is not over');
  clock.ms += 1;
  funding.refresh();
  asked[1]?.reject(new Error('504'));
  await settled();
  assert.equal(warnings.length, 1);
  clock.ms += 4_999;
  funding.refresh();
  assert.equal(asked.length, 2);
  clock.ms += 1;
  funding.refresh();
  assert.equal(asked.length, 3);
  assert.equal(outlook()?.rate, '0.0001');
});

test('an outlook that could not be read again for ten minutes is not believed', async () => {
  const { clock, asked, funding, outlook } = reader();
  funding.refresh();
  asked[0]?.resolve(rate);
  await settled();
  clock.ms += 600_000;
  assert.notEqual(outlook(), null);
  clock.ms += 1;
  assert.equal(outlook(), null);
});

test('what the venue has settled makes the outlook return to its mean, by the persistence of the venue', async () => {
  const { clock, asked, funding, lists, outlook } = reader();
  const settledAtMs = (n: number): number => Math.floor(clock.ms / 28_800_000 - n) * 28_800_000;
  for (let n = 29; n >= 0; n -= 1)
    lists.push({ symbol: perpetual.symbol, rate: '0.0004', settledAtMs: settledAtMs(n) });
  funding.refresh();
  asked[0]?.resolve(rate);
  await settled();
  assert.deepEqual([outlook()?.rate, outlook()?.meanRate, outlook()?.persistence], ['0.0001', '0.0004', '0.67']);
});
