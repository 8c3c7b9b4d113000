/** The tape: a close is known at its bar's end, holds until the next, and the demo's file is whole. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toText } from '../../src/domain/decimal.ts';
import { lastKnownBar, nextCloseMs, parseTape, readTape } from '../../src/sim/tape.ts';

const header = 'time,venue,symbol,interval,open,high,low,close,volume';
const rows = `${header}
2025-10-09T00:00:00Z,bybit,USDC/USDT,1h,1,1,1,0.9996,10
2025-10-09T01:00:00Z,bybit,USDC/USDT,1h,1,1,1,0.9995,10
`;

describe('a tape', () => {
  const bars = parseTape(rows, 'rows').bars('bybit', 'USDC/USDT');
  const closeAt = (time: string): string | null => {
    const bar = lastKnownBar(bars, Date.parse(time));
    return bar === null ? null : toText(bar.close);
  };

  it('knows a close from the end of its bar until the end of the next', () => {
    assert.equal(closeAt('2025-10-09T00:59:59.999Z'), null);
    assert.equal(closeAt('2025-10-09T01:00:00Z'), '0.9996');
    assert.equal(closeAt('2025-10-09T01:59:59.999Z'), '0.9996');
    assert.equal(closeAt('2025-10-09T02:00:00Z'), '0.9995');
    assert.equal(closeAt('2030-01-01T00:00:00Z'), '0.9995');
  });

  it('tells when the next close becomes known', () => {
    assert.equal(nextCloseMs(bars, Date.parse('2025-10-09T01:00:00Z')), Date.parse('2025-10-09T02:00:00Z'));
    assert.equal(nextCloseMs(bars, Date.parse('2025-10-09T02:00:00Z')), null);
  });

  it('names the line that cannot be read', () => {
    assert.throws(() => parseTape(`${rows}what,is,this\n`, 'tape.csv'), /tape\.csv:4: not a tape row/);
    assert.throws(() => parseTape(rows.replace('01:00', '00:30'), 'tape.csv'), /tape\.csv:3: .* goes back in time/);
    assert.throws(() => parseTape('time\n', 'tape.csv'), /the first line must be/);
  });
});

describe("the demo's tape", () => {
  const tape = readTape(fileURLToPath(new URL('../../data/usdc-basis-2025-10.csv', import.meta.url)));

  it('runs from the first known close to the last hour that both venues have', () => {
    assert.equal(new Date(tape.startMs).toISOString(), '2025-10-09T01:00:00.000Z');
    assert.equal(new Date(tape.endMs).toISOString(), '2025-10-23T16:00:00.000Z');
  });

  it('has every hour of both venues, through the crash of 10 October', () => {
    for (const [venue, symbol, crash] of [
      ['bybit', 'USDC/USDT', '0.9971'],
      ['binanceusdm', 'USDC/USDT:USDT', '0.995482'],
    ] as const) {
      const bars = tape.bars(venue, symbol);
      assert.equal(bars.length, 352);
      for (const [index, bar] of bars.entries()) {
        if (index > 0) assert.equal(bar.openAtMs, bars[index - 1]?.closeAtMs);
      }
      const at = lastKnownBar(bars, Date.parse('2025-10-10T22:00:00Z'));
      assert.equal(at === null ? null : toText(at.close), crash);
    }
  });
});
