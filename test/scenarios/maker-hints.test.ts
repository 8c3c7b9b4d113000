/**
 * A quote whose fills are told of by the exchange's private stream: nothing looks at it by the clock, and its fills are
 * hedged all the same.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, startTradingService, type TradingService } from '../support/trading-service.ts';

/** The best bid of 0.999 × 1.0001 is 0.9990999, and 0.999099 on the tick of 0.000001. */
const quotePrice = '0.999099';
/** What a watch of a quote waits for between two looks, if nothing rings. */
const lookEveryMs = 250;
const patienceMs = 120_000;
let [begun, endedByHint] = [0, 0];

/** No look at a quote comes by the clock: a wait for one ends by a hint, or with the watch. */
async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  if (durationMs !== lookEveryMs) {
    await sleep(durationMs, undefined, { signal }).catch(() => undefined);
    return;
  }
  begun += 1;
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  endedByHint += 1;
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
        .replace('style: taker_taker', 'style: maker_hedge\n  maxUnhedgedUsd: 1000\n  makerDeadlineMs: 600000'),
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
  await eventually(async () => begun > 0);
  // The stream does not say when it is ready, and a quote may be taken away on a busy machine: offers are repeated.
  await eventually(
    async () => {
      const before = await hedged(key);
      if (before > 0 && before < 1_000) await offer(1_000 - before);
      else if (before === 0) await offer(50);
      await sleep(1_000);
      return (await hedged(key)) === 1_000;
    },
    () => `not hedged; ${endedByHint} waits were ended by a hint`,
    patienceMs,
  );
  const view = await service.untilStatus(handle, 'hedged');
  assert.ok(view.state.kind === 'hedged');
  assert.deepEqual([view.state.legs.spotBase, view.state.legs.perpBase], ['1000', '1000']);
  assert.ok(endedByHint > 0);
  assert.deepEqual(await service.compare(), { ledgerMatchesVenue: true, oneLegged: 0, findings: [] });
});

/** Somebody sells this much at the quote's price, and is gone. */
async function offer(quantity: number): Promise<void> {
  await setPerp([quotePrice, String(quantity)], ['0.9992', '90000']);
  await setPerp(['0.9992', '90000']);
}

/** Sold on the other leg so far. */
async function hedged(key: string): Promise<number> {
  const orders = await service.ledger.ordersOf(key);
  return orders
    .filter(({ purpose, state }) => purpose === 'hedge' && state === 'done')
    .reduce((total, { filledBase }) => total + Number(filledBase), 0);
}

function setPerp(...asks: readonly (readonly [string, string])[]): Promise<void> {
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
