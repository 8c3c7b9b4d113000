/** The tape: a close is known at its bar's end, holds until the next, and the demo's file is whole. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toText } from '../../src/domain/decimal.ts';
import { lastKnownBar, nextCloseMs, parseTape, readTape } from '../../src/sim/feed/tape.ts';
import { hourMs } from './support/core.ts';
import { connectClient, startTestSimulator, symbols } from './support/simulator.ts';

const header = 'time,venue,symbol,interval,open,high,low,close,volume';
const rows = `${header}
2025-10-09T00:00:00Z,bybit,USDC/USDT,1h,1,1,0.999,0.9996,10
2025-10-09T01:00:00Z,bybit,USDC/USDT,1h,1,1,0.999,0.9995,10
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

  it('names every row that cannot be taken, and why', () => {
    const bad = [
      'what,is,this',
      '2025-10-09T02:00:00,bybit,USDC/USDT,1h,1,1,1,1,10',
      '2025,bybit,USDC/USDT,1h,1,1,1,1,10',
      '2025-10-09T02:00:00Z,bybit,USDC/USDT,1w,1,1,1,1,10',
      '2025-10-09T02:00:00Z,bybit,USDC/USDT,1h,1,1,1,one,10',
      '2025-10-09T02:00:00Z,bybit,USDC/USDT,1h,1,1,0.9,1.1,10',
      '2025-10-09T02:00:00Z,,USDC/USDT,1h,1,1,1,1,10',
      '2025-10-09T00:30:00Z,bybit,USDC/USDT,1h,1,1,1,1,10',
    ];
    assert.throws(
      () => parseTape(`${rows}${bad.join('\n')}\n`, 'tape.csv'),
      ({ message }: Error) => {
        assert.deepEqual(message.split('\n'), [
          'tape.csv:4: not a tape row: 3 columns, not 9',
          'tape.csv:5: time: must be like 2025-10-09T00:00:00Z, or epoch milliseconds; it is 2025-10-09T02:00:00',
          'tape.csv:6: time: must be like 2025-10-09T00:00:00Z, or epoch milliseconds; it is 2025',
          'tape.csv:7: interval: must be minutes, hours or days, such as 1m, 15m, 1h, 1d; it is 1w',
          'tape.csv:8: close: must be a decimal, such as 0.9996; it is one',
          'tape.csv:9: open and close: must lie between low and high',
          'tape.csv:10: venue and symbol: must not be empty',
          'tape.csv:11: bybit USDC/USDT goes back in time',
        ]);
        return true;
      },
    );
    assert.throws(() => parseTape(`${rows}${'x\n'.repeat(30)}`, 't'), /t:13: not .*\nand 20 more$/);
    assert.throws(() => parseTape('time\n', 'tape.csv'), /tape\.csv:1: the first line must be time,venue/);
    assert.throws(() => parseTape(`${header},markt\n`, 'tape.csv'), /may also have mark, index, fundingRate/);
    assert.throws(() => parseTape(`${header}\n`, 'tape.csv'), /the tape is empty/);
  });

  it('takes bars of any length, several venues, and columns in any order', () => {
    const tape = parseTape(
      `venue,symbol,time,interval,close,open,high,low,volume
kraken,USDC/USD,1759968000000,15m,1.0001,1,1.0002,0.9999,7
okx,USDC/USDT,2025-10-09T02:00:00+02:00,1d,0.9998,1,1,0.9997,8
`,
      'tape.csv',
    );
    const [kraken] = tape.bars('kraken', 'USDC/USD');
    const [okx] = tape.bars('okx', 'USDC/USDT');
    assert.deepEqual([kraken?.openAtMs, kraken?.closeAtMs], [1_759_968_000_000, 1_759_968_900_000]);
    assert.deepEqual([okx?.openAtMs, okx?.closeAtMs], [1_759_968_000_000, 1_760_054_400_000]);
    assert.deepEqual([kraken?.close.toFixed(), okx?.close.toFixed()], ['1.0001', '0.9998']);
  });
});

describe('a tape with marks and funding rates', () => {
  const perpetual = 'binanceusdm,USDC/USDT:USDT,1h,1,1,0.99';
  const tapeLines = [
    `2025-10-09T00:00:00Z,${perpetual},0.999,10,0.9985,0.9991,-0.0002`,
    `2025-10-09T06:00:00Z,${perpetual},0.998,10,,,`,
    `2025-10-09T07:00:00Z,${perpetual},0.997,10,0.9965,,0.0003`,
    `2025-10-09T20:00:00Z,${perpetual},0.996,10,,,`,
  ];

  it('has them at the end of their bars, and settles by them', async (context) => {
    const simulator = await startTestSimulator(context, {
      venues: { binanceusdm: {} },
      tapeHeader: `${header},mark,index,fundingRate`,
      tapeLines,
    });
    const client = connectClient(context, simulator.address('binanceusdm'), 'binanceusdm');
    const figures = async (): Promise<unknown[]> => {
      const { markPrice, indexPrice } = await client.fetchFundingRate(symbols.binanceusdm);
      return [markPrice, indexPrice];
    };
    assert.deepEqual(await figures(), [0.9985, 0.9991]);
    await client.createOrder(symbols.binanceusdm, 'market', 'buy', 1000);
    // 07:00: the bar without a mark. The book's middle counts again.
    simulator.passMarket(6 * hourMs);
    assert.deepEqual(await figures(), [0.998, 0.998]);
    // 08:00: the bar that ends then brings mark and rate, and funding settles by both: −1000 · 0.9965 · 0.0003.
    simulator.passMarket(hourMs);
    assert.deepEqual(await figures(), [0.9965, 0.997]);
    const [payment] = await client.fetchFundingHistory(symbols.binanceusdm);
    assert.equal(payment?.amount, -0.29895);
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
