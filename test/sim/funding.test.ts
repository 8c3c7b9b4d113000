/** Funding series: a constant model, or recorded rates at their settlements. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { decimal, toText } from '../../src/domain/decimal.ts';
import {
  constantFunding,
  lastSettlementMs,
  nextSettlementMs,
  recordedFunding,
} from '../../src/sim/exchange/funding.ts';
import { hourMs, startCore } from './support/core.ts';

const folder = mkdtempSync(join(tmpdir(), 'sim-funding-'));
after(() => rmSync(folder, { recursive: true }));
const at = (hour: number): number => Date.UTC(2025, 9, 9, hour);

describe('a funding series', () => {
  it('settles at 00, 08 and 16 UTC when its interval is eight hours', () => {
    const series = constantFunding(decimal('0.0001'), 8);
    assert.equal(nextSettlementMs(series, at(7)), at(8));
    assert.equal(nextSettlementMs(series, at(8)), at(16));
    assert.equal(lastSettlementMs(series, at(8)), at(8));
    assert.equal(lastSettlementMs(series, at(8) - 1), at(0));
  });

  it('settles more often from the moment at which its interval changes', () => {
    const series = constantFunding(decimal('0.0001'), 8);
    series.changes.push({ fromMs: at(9), hours: 4 });
    assert.equal(series.intervalHours, 4);
    // 04:00 was no settlement, as the interval was still eight hours; 12:00 is one.
    const next = [at(0), at(4), at(8), at(9), at(12)].map((afterMs) => nextSettlementMs(series, afterMs));
    assert.deepEqual(next, [at(8), at(8), at(12), at(12), at(16)]);
    const last = [at(7), at(9), at(11), at(12), at(15)].map((atMs) => lastSettlementMs(series, atMs));
    assert.deepEqual(last, [at(0), at(8), at(8), at(12), at(12)]);
  });

  it('settles more rarely after a change back', () => {
    const series = constantFunding(decimal('0.0001'), 1);
    series.changes.push({ fromMs: at(1), hours: 8 });
    const next = [at(0), at(1), at(2)].map((afterMs) => nextSettlementMs(series, afterMs));
    assert.deepEqual(next, [at(1), at(8), at(8)]);
    assert.equal(lastSettlementMs(series, at(7)), at(1));
  });

  it('uses recorded rates where the file has them', () => {
    const file = join(folder, 'rates.csv');
    writeFileSync(file, 'time,rate\n2025-10-09T08:00:00Z,-0.0002\n');
    const series = recordedFunding(file, 8, decimal('0.00001'));
    assert.deepEqual([series.rateAt(at(8)), series.rateAt(at(16))].map(toText), ['-0.0002', '0.00001']);
  });

  it('names the line that cannot be read', () => {
    const file = join(folder, 'broken.csv');
    writeFileSync(file, 'time,rate\nyesterday,0.1\n');
    assert.throws(() => recordedFunding(file, 8, decimal('0')), /broken\.csv:2: not a funding row/);
  });
});

describe('funding that accrues', () => {
  it('is realised by each change of the position, and at the settlement for what is left of the interval', () => {
    const core = startCore({
      venue: 'krakenfutures',
      symbols: ['USDC/USD:USD'],
      closes: Array.from({ length: 9 }, () => '1'),
      balances: { USD: '100000' },
      fundingRate: '0.0008',
    });
    const trade = (side: 'buy' | 'sell', quantity: string): void => {
      const instrument = 'PF_USDCUSD';
      core.exchange.setLevels(instrument, decimal('1'), [['0.9999', '5000']], [['1.0001', '5000']]);
      core.place({ instrument, side, price: decimal(side === 'buy' ? '1.01' : '0.99'), quantity: decimal(quantity) });
    };
    const paid = (): (string | boolean)[][] =>
      core.exchange
        .viewOf('a')
        .income.filter(({ type }) => type === 'FUNDING_FEE')
        .map(({ amount, tradeId }) => [toText(amount), tradeId !== '']);
    // Short 1,000 from 02:00 on, of the interval from 00:00 to 08:00.
    core.clock.pass(hourMs);
    trade('sell', '1000');
    assert.deepEqual(paid(), []);
    // Two of eight hours: 1,000 · 0.0008 · 2/8.
    core.clock.pass(2 * hourMs);
    trade('buy', '400');
    assert.deepEqual(paid(), [['0.2', true]]);
    // The other four: 600 · 0.0008 · 4/8.
    core.clock.pass(4 * hourMs);
    core.exchange.advance();
    trade('buy', '600');
    assert.deepEqual(paid(), [
      ['0.2', true],
      ['0.24', false],
    ]);
    core.clock.pass(8 * hourMs);
    core.exchange.advance();
    assert.equal(paid().length, 2, 'nothing is held');
  });
});
