/** The watcher marks what the book is worth, on the simulated exchanges: by the hour, at a close, and past a deposit. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServices } from '../../src/cli/start/bootstrap.ts';
import { decimal, sum } from '../../src/domain/decimal.ts';
import { closeMark, marketHourMs, type EquityMark } from '../../src/domain/equity/mark.ts';
import { equityCurve } from '../../src/metrics/equity-curve.ts';
import { eventually, startTradingService, type TradingService } from '../support/trading-service.ts';

let service: TradingService;
before(async () => {
  // A market hour every four seconds. No funding: it is booked some seconds after it was paid, in the middle of a story.
  const change = (yaml: string): string => yaml.replace('rate: 0.00003', 'rate: 0');
  service = await startTradingService({ scale: 900, change });
  await startServices(service.client, service.config, service.anchor);
  await service.client.workflow.getHandle('engine/default').signal('pause', { reason: 'test' });
});
after(() => service.stop());

async function latest(): Promise<EquityMark> {
  const mark = await service.ledger.latestEquity('default');
  assert.ok(mark);
  return mark;
}

/** The first mark that is written from now on, and of which this holds. */
async function next(holds: (mark: EquityMark) => boolean = () => true): Promise<EquityMark> {
  const beforeMs = (await service.ledger.latestEquity('default'))?.atMarketMs ?? 0;
  let found: EquityMark | null = null;
  await eventually(
    async () => {
      const mark = await service.ledger.latestEquity('default');
      if (mark !== null && mark.atMarketMs > beforeMs && holds(mark)) found = mark;
      return found !== null;
    },
    () => 'no such mark was written',
  );
  assert.ok(found);
  return found;
}

const putIn = (mark: EquityMark, account: string, currency: string) =>
  mark.transfers.find((transfer) => transfer.account === account && transfer.currency === currency)?.amount;

describe('the equity of the demo', () => {
  test('is its dollars, and its USDC at the bid', async () => {
    const mark = await next();
    // A spread of one tick of 0.0001 about 0.9996: 50,000 are sold at the best bid.
    const bid = mark.parts.find(({ name }) => name === 'USDC')?.priceUsd ?? '';
    assert.ok(decimal(bid).lt(decimal('0.9996')) && decimal(bid).gte(decimal('0.9995')), bid);
    assert.equal(mark.equityUsd, decimal(bid).times(decimal('50000')).plus(decimal('100000')).toFixed());
    assert.deepEqual(mark.transfers.map(({ account, currency, amount }) => `${account} ${currency} ${amount}`).sort(), [
      'binance USDT 50000',
      'bybit USDC 50000',
      'bybit USDT 50000',
    ]);
  });

  test('is marked every market hour', async () => {
    const first = await next();
    await next(({ atMarketMs }) => atMarketMs >= first.atMarketMs + 3 * marketHourMs);
    const hours = (await service.ledger.equityPoints('default', first.atMarketMs)).map(({ atMarketMs }) =>
      Math.floor(atMarketMs / marketHourMs),
    );
    const from = hours[0] ?? 0;
    assert.deepEqual(hours.slice(0, 4), [from, from + 1, from + 2, from + 3]);
  });

  test('is marked at a close, and has moved by what the position came to', async () => {
    const idle = await latest();
    const handle = await service.openPosition('short_spot_long_perp');
    await service.untilStatus(handle, 'hedged');
    await handle.signal('forceClose', { reason: 'test' });
    const result = await handle.result();
    const key = handle.workflowId.replace('position/', '');
    await eventually(async () => (await service.ledger.unmarkedCloses('default', 0)).length === 0);
    const closed = await next();
    const position = await service.ledger.position(key);
    assert.ok(position?.attribution, JSON.stringify(result));
    // The prices stand still, so nothing else moved. What a position leaves as dust is valued at its last price there.
    const moved = decimal(closed.equityUsd).minus(decimal(idle.equityUsd));
    const off = moved.minus(decimal(position.attribution.realisedUsd)).abs();
    assert.ok(off.lte(decimal('0.01')), `${moved.toFixed()} against ${position.attribution.realisedUsd}`);
    await service.ledger.writeEquity({
      ...closed,
      mark: closeMark(key),
      equityUsd: '1',
      atMarketMs: Number.MAX_SAFE_INTEGER,
    });
    assert.notEqual((await latest()).equityUsd, '1', 'its close was marked already');
  });

  test('takes a deposit and a withdrawal for what they are: no return', async () => {
    const idle = await latest();
    const amountOf = (mark: EquityMark) => decimal(mark.equityUsd);
    await service.control('POST', '/venues/bybit/balances', { account: 'bybit', currency: 'USDT', amount: '10000' });
    const deposited = await next((mark) => putIn(mark, 'bybit', 'USDT') === '60000');
    assert.ok(amountOf(deposited).minus(amountOf(idle)).minus(decimal('10000')).abs().lt(decimal('0.01')));
    await service.control('POST', '/venues/bybit/balances', { account: 'bybit', currency: 'USDC', amount: '-20000' });
    await next((mark) => putIn(mark, 'bybit', 'USDC') === '30000');
    const points = await service.ledger.equityPoints('default', idle.atMarketMs);
    const curve = equityCurve(points);
    const moved = sum(curve.map(({ transferUsd }) => decimal(transferUsd)));
    assert.ok(moved.lt(decimal('-9989')) && moved.gt(decimal('-9993')), `10,000 − 20,000 · 0.9995: ${moved.toFixed()}`);
    for (const { index } of curve) assert.ok(Math.abs(index - 1) < 1e-6, `${index}`);
  });

  test('is rolled up by the schedule', async () => {
    await service.client.schedule.getHandle('performance/default').trigger();
    const [position] = await service.ledger.positions({});
    const lastDay = async () => (await service.ledger.dailyPerformance('default')).at(-1);
    await eventually(async () => (await lastDay())?.realisedUsd === position?.attribution?.realisedUsd);
    const day = await lastDay();
    assert.ok(day);
    assert.equal(day.figures['winRate']?.n, 1);
    assert.equal(day.figures['winRate']?.value, Number(decimal(day.realisedUsd).gt(decimal('0'))));
    assert.ok((day.figures['totalReturn']?.n ?? 0) > 3);
  });
});
