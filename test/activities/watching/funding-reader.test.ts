/** The funding outlook is read beside the exits, never before them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FundingRate } from '../../../src/ports/venue.ts';
import { createFundingReader } from '../../../activities/watching/funding-reader.ts';
import { fakeClock, settled } from './support.ts';

const perpetual = { venue: 'binanceusdm', symbol: 'USDC/USDT:USDT' };
const rate: FundingRate = { symbol: perpetual.symbol, rate: '0.0001', nextSettlementAtMs: 0, intervalHours: 8 };

function reader() {
  const clock = fakeClock();
  const asked: PromiseWithResolvers<FundingRate>[] = [];
  const warnings: string[] = [];
  const marketData = {
    fundingRate: () => {
      const answer = Promise.withResolvers<FundingRate>();
      asked.push(answer);
      return answer.promise;
    },
  };
  const funding = createFundingReader(marketData, [perpetual], clock, (message) => void warnings.push(message));
  return { clock, asked, warnings, funding, outlook: () => funding.outlook(perpetual.venue, perpetual.symbol) };
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
