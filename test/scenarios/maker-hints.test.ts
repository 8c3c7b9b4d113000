/**
 * A quote whose fills are told of by the exchange's private stream: once it is heard, nothing looks at the quote by the
 * clock any more, and each fill is hedged all the same.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, startTradingService, type TradingService } from '../support/trading-service.ts';

/** The best bid of 0.999 × 1.0001 is 0.9990999, and 0.999099 on the tick of 0.000001. */
const quotePrice = '0.999099';
const lookEveryMs = 250;

/** Waits between two looks at a quote: how many began, how many a hint has ended, and whether the clock may end them. */
const waits = { begun: 0, pending: 0, hinted: 0, byClock: true };

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  const clock = (): Promise<unknown> => sleep(durationMs, undefined, { signal }).catch(() => undefined);
  if (durationMs !== lookEveryMs) {
    await clock();
    return;
  }
  waits.begun += 1;
  waits.pending += 1;
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await (waits.byClock ? Promise.race([clock(), aborted]) : aborted);
  waits.pending -= 1;
  if (signal.aborted) waits.hinted += 1;
}

let service: TradingService;
before(async () => {
  service = await startTradingService({
    pause,
    change: (yaml) =>
      yaml
        .replace('fees: { takerBps: 0.5, makerBps: 0.5 }', 'fees: { takerBps: 10, makerBps: 10 }')
        .replace('fees: { takerBps: 0.5, makerBps: 0.5 }', 'fees: { takerBps: 5, makerBps: 2 }')
        .replace('refillMs: 1000', 'refillMs: 86400000')
        .replace('style: taker_taker', 'style: maker_hedge\n  maxUnhedgedUsd: 1000\n  makerDeadlineMs: 120000'),
  });
  await setBook('bybit', 'USDC/USDT', '0.9996', [['0.9997', '90000']]);
  await setPerp(['0.9992', '90000']);
});
after(() => service.stop());

test('every fill is hedged without one look by the clock', async () => {
  const handle = await service.openPosition('short_spot_long_perp', (input) => ({
    ...input,
    plan: { ...input.plan, quantityBase: '1000', minimumEntryBps: '-1000' },
  }));
  const key = handle.workflowId.slice('position/'.length);
  let filled = 0;
  const fill = async (quantity: number): Promise<void> => {
    await eventually(async () => waits.pending > 0);
    filled += quantity;
    await setPerp([quotePrice, String(quantity)], ['0.9992', '90000']);
    await setPerp(['0.9992', '90000']);
    await eventually(
      async () => (await hedged(key)) === filled,
      () => `${filled} are filled; ${JSON.stringify(waits)}`,
    );
  };
  // The stream says nothing of when it is ready: small parts until it has told of one.
  while (waits.hinted === 0) await fill(50);
  waits.byClock = false;
  const { hinted, begun } = waits;
  // The wait that is still under way ends by the clock, the one after it by a hint alone.
  await eventually(async () => waits.begun > begun && waits.pending > 0);
  await fill((1_000 - filled) / 2);
  assert.ok(waits.hinted > hinted);
  await fill(1_000 - filled);
  const view = await service.untilStatus(handle, 'hedged');
  assert.ok(view.state.kind === 'hedged');
  assert.deepEqual([view.state.legs.spotBase, view.state.legs.perpBase], ['1000', '1000']);
  assert.deepEqual(await service.compare(), { ledgerMatchesVenue: true, oneLegged: 0, findings: [] });
});

/** Sold on the other leg so far. */
async function hedged(key: string): Promise<number> {
  const orders = await service.ledger.ordersOf(key);
  return orders
    .filter(({ purpose, state }) => purpose === 'hedge' && state === 'done')
    .reduce((total, { filledBase }) => total + Number(filledBase), 0);
}

function setPerp(...asks: readonly [string, string][]): Promise<void> {
  return setBook('binanceusdm', 'USDC/USDT:USDT', '0.999', asks);
}

async function setBook(
  venue: string,
  symbol: string,
  bid: string,
  asks: readonly (readonly [string, string])[],
): Promise<void> {
  const prices = { symbol, centre: bid, bids: [[bid, '90000']], asks };
  await service.control('POST', `/venues/${venue}/prices`, prices);
}
