/** The book as a whole under watch: a drawdown that holds halts the engine, and each hour's basis is kept once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPortfolioGuard, type HaltOrder } from '../../../activities/watching/portfolio-guard.ts';
import type { BasisPoint } from '../../../src/domain/portfolio/correlation.ts';
import type { Quote } from '../../../src/domain/quote.ts';
import { pairOf } from '../../support/pairs.ts';
import { perpBook, spotBook } from '../../support/quotes.ts';
import { fakeAlerts, fakeClock, startMs } from './support.ts';

const hourMs = 3_600_000;

function guarded(maxDrawdownPct: string | null = '3', haltCloses = false) {
  const clock = fakeClock();
  const alerts = fakeAlerts();
  const halts: HaltOrder[] = [];
  const points: BasisPoint[] = [];
  const seen: unknown[] = [];
  const quotes = new Map<string, Quote>();
  const story = { drawdownPct: '0', equity: true };
  const guard = createPortfolioGuard({
    clock,
    alerts,
    terms: { maxDrawdownPct, haltCloses },
    book: 'default',
    anchor: { wallMs: 0, marketMs: 0, scale: 1, tapeEndMs: null },
    pairs: [pairOf()],
    quote: (venue) => quotes.get(venue),
    ledger: {
      observeEquity: (_book, equity) => {
        seen.push(equity);
        return Promise.resolve(story.drawdownPct);
      },
      recordBases: (found) => Promise.resolve(void points.push(...found)),
    },
    equityNow: () => {
      const transfers = [{ account: 'a', currency: 'USDC', amount: '100', priceUsd: '0.99' }];
      const mark = { book: 'default', atWallMs: 0, atMarketMs: 0, equityUsd: '97', transfers, parts: [], unpriced: [] };
      return Promise.resolve(story.equity ? mark : 'a was never read');
    },
    halt: (order) => Promise.resolve(void halts.push(order)),
    warn: (message) => assert.fail(message),
  });
  return { clock, alerts, halts, points, seen, quotes, story, guard };
}

test('a drawdown at its bound halts once it has held for three seconds, and again while it lasts', async () => {
  const { clock, alerts, halts, story, seen, guard } = guarded('3', true);
  story.drawdownPct = '3';
  for (let seconds = 0; seconds <= 40; seconds += 2) {
    await guard.pass();
    if (seconds < 4) assert.deepEqual(halts, []);
    clock.ms += 2_000;
  }
  assert.equal(halts.length, 2, 'at 4 and at 34 seconds');
  assert.deepEqual(halts[0], {
    reason: 'equity of default is 3.00 % under its high-water mark, at or over 3 %',
    closeAll: true,
  });
  assert.deepEqual(
    alerts.raised.map(({ key, severity }) => [key, severity]),
    [['drawdown/default', 'critical']],
  );
  assert.deepEqual(seen[0], { equityUsd: '97', transferredUsd: '99' });
  story.drawdownPct = '0';
  await guard.pass();
  assert.deepEqual(alerts.resolved, ['drawdown/default'], 'a person has resumed');
});

test('one bad price, or a time in which nothing is known, does not halt', async () => {
  const { clock, halts, story, guard } = guarded();
  for (const drawdownPct of ['3.5', '3.5', '2.9', '3.5', '3.5']) {
    story.drawdownPct = drawdownPct;
    await guard.pass();
    clock.ms += 2_000;
  }
  story.equity = false;
  await guard.pass();
  clock.ms += 2_000;
  story.equity = true;
  await guard.pass();
  assert.deepEqual(halts, []);
});

test('each market hour is kept once, from quotes that can be compared', async () => {
  const { clock, points, quotes, guard } = guarded(null);
  const show = (spot: string, perp: string, perpAliveAtMs = clock.ms): void => {
    quotes.set('bybit', spotBook({ bids: [[spot, '1']], asks: [[spot, '1']], aliveAtMs: clock.ms }));
    quotes.set('binanceusdm', perpBook({ bids: [[perp, '1']], asks: [[perp, '1']], aliveAtMs: perpAliveAtMs }));
  };
  await guard.pass();
  show('1.0000', '1.0010', clock.ms - 3_000);
  await guard.pass();
  assert.deepEqual(points, [], 'one of them is old');
  show('1.0000', '1.0010');
  await guard.pass();
  show('1.0000', '1.0020');
  await guard.pass();
  clock.ms += hourMs;
  show('1.0000', '1.0030');
  await guard.pass();
  const hour = Math.floor(startMs / hourMs) * hourMs;
  assert.deepEqual(points, [
    { pairId: 'USDC', hourMs: hour, midBasisBps: '10' },
    { pairId: 'USDC', hourMs: hour + hourMs, midBasisBps: '30' },
  ]);
});
