/** The watch of an account books its funding: everything once, then only what may be new. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VenueFundingPayment } from '../../src/domain/fill.ts';
import type { LedgerFundingPayment } from '../../src/ports/ledger.ts';
import { venueCapabilities } from '../../src/venues/registry.ts';
import { account, attempt, declaredAtMs, perpetual, startMs, tell, watchInput } from './support/account-story.ts';

const hourMs = 3_600_000;
const other = 'USDE/USDT:USDT';

function payment(id: string, settledAtMs: number): VenueFundingPayment {
  return { paymentId: id, symbol: perpetual, amount: '-0.1', currency: 'USDT', settledAtMs };
}

test('a day after the declaration: the first pass reads it all, the next ones the last interval and the delay', async () => {
  const asked: number[] = [];
  const story = tell({
    venue: {
      fundingPaymentsSince: (_symbol, sinceMs) => {
        asked.push(sinceMs);
        return Promise.resolve([]);
      },
    },
    betweenPasses: (pass, { stop }) => {
      if (pass === 3) stop();
    },
  });
  await attempt().run(() => story.activities.watchAccount(watchInput));
  // Passes begin at 0 s, 10 s and 20 s. Eight hours and the venue's delay of a minute before the pass before.
  const firstMs = startMs - 60_000 - 8 * hourMs;
  assert.deepEqual(asked, [declaredAtMs, firstMs, firstMs + 10_000]);
});

test('a payment is booked however late in the interval its record comes', async () => {
  const settledAtMs = startMs - 7 * hourMs;
  let recorded = false;
  const booked: string[] = [];
  const story = tell({
    venue: {
      fundingPaymentsSince: (_symbol, sinceMs) =>
        Promise.resolve(recorded && sinceMs <= settledAtMs ? [payment('1', settledAtMs)] : []),
    },
    ledger: {
      recordFundingPayments: async (_account, payments) => {
        booked.push(...payments.map(({ paymentId }) => paymentId));
      },
    },
    betweenPasses: (pass, { stop }) => {
      recorded = true;
      if (pass === 2) stop();
    },
  });
  await attempt().run(() => story.activities.watchAccount(watchInput));
  assert.deepEqual(booked, ['1']);
});

test('the watch is seen alive between two symbols, and a later attempt goes on where it stopped', async () => {
  const input = { ...watchInput, symbols: [perpetual, other], perpetuals: [perpetual, other] };
  const events: string[] = [];
  let details: unknown;
  const story = tell({
    venue: {
      fundingPaymentsSince: (symbol) => {
        events.push(symbol);
        return symbol === other ? Promise.reject(new Error('cut off')) : Promise.resolve([]);
      },
    },
  });
  const first = attempt();
  first.on('heartbeat', (beat: unknown) => {
    events.push('alive');
    details = JSON.parse(JSON.stringify(beat));
  });
  await assert.rejects(
    first.run(() => story.activities.watchAccount(input)),
    /cut off/,
  );
  assert.deepEqual(events, ['alive', perpetual, 'alive', other]);

  const asked: [string, number][] = [];
  const again = tell({
    venue: {
      fundingPaymentsSince: (symbol, sinceMs) => {
        asked.push([symbol, sinceMs]);
        return Promise.resolve([]);
      },
    },
  });
  await attempt(2, startMs, details).run(() => again.activities.watchAccount(input));
  assert.deepEqual(asked, [
    [perpetual, startMs - 60_000 - 8 * hourMs],
    [other, declaredAtMs],
  ]);
});

test('details that nobody of ours wrote are not believed: the whole window is read', async () => {
  for (const details of ['rubbish', null, { fundingCompleteToMs: { [perpetual]: 'yesterday' } }]) {
    const asked: number[] = [];
    const story = tell({
      venue: {
        fundingPaymentsSince: (_symbol, sinceMs) => {
          asked.push(sinceMs);
          return Promise.resolve([]);
        },
      },
    });
    await attempt(2, startMs, details).run(() => story.activities.watchAccount(watchInput));
    assert.deepEqual(asked, [declaredAtMs]);
  }
});

test('a close reads the funding since the time that its caller gives', async () => {
  const asked: number[] = [];
  const story = tell({
    venue: {
      fundingPaymentsSince: (_symbol, sinceMs) => {
        asked.push(sinceMs);
        return Promise.resolve([]);
      },
    },
  });
  const request = { symbol: perpetual, sinceMs: startMs - 99 * hourMs, expectedAtMs: [], closedAtWallMs: startMs };
  await attempt().run(() => story.activities.collectFunding(request));
  assert.deepEqual(asked, [startMs - 99 * hourMs]);
});

test('a close that no full hour came before asks for no funding; one near an hour, or of older code, does', async () => {
  const fullHourMs = Math.ceil(startMs / hourMs) * hourMs;
  const asked: number[] = [];
  const story = tell({
    venue: {
      fundingPaymentsSince: (_symbol, sinceMs) => {
        asked.push(sinceMs);
        return Promise.resolve([]);
      },
    },
  });
  const collect = async (sinceMs: number, closedAtMs?: number): Promise<void> => {
    const request = { symbol: perpetual, sinceMs, expectedAtMs: [], closedAtWallMs: startMs };
    const known = closedAtMs === undefined ? request : { ...request, closedAtMs };
    await attempt().run(() => story.activities.collectFunding(known));
  };
  const opened = fullHourMs + 120_000;
  await collect(opened, fullHourMs + hourMs - 120_000);
  assert.deepEqual(asked, []);
  // A minute is what a venue's settlement may be off.
  await collect(opened, fullHourMs + hourMs - 60_000);
  await collect(opened);
  assert.deepEqual(asked, [opened, opened]);
});

test('a close always asks a venue that pays funding with each trade', async () => {
  const asked: number[] = [];
  const story = tell({
    venue: {
      capabilities: venueCapabilities('krakenfutures'),
      fundingPaymentsSince: (_symbol, sinceMs) => {
        asked.push(sinceMs);
        return Promise.resolve([]);
      },
    },
  });
  const sinceMs = Math.ceil(startMs / hourMs) * hourMs + 120_000;
  const request = { symbol: perpetual, sinceMs, expectedAtMs: [], closedAtWallMs: startMs };
  await attempt().run(() => story.activities.collectFunding({ ...request, closedAtMs: sinceMs + 120_000 }));
  assert.deepEqual(asked, [sinceMs]);
});

test('the truth of an old home: its fills of two days, and the funding that the watch may not have booked yet', async () => {
  const asked: [string, number][] = [];
  const lastMs = startMs - 3 * hourMs;
  const booked: LedgerFundingPayment[] = [
    { ...payment('1', lastMs - 8 * hourMs), account },
    { ...payment('2', lastMs), account },
    { ...payment('3', startMs - hourMs), account, symbol: other },
  ];
  const yearAgoMs = startMs - 365 * 86_400_000;
  const story = tell({
    venue: {
      fundingPaymentsSince: (_symbol, sinceMs) => {
        asked.push(['funding', sinceMs]);
        return Promise.resolve([]);
      },
      fillsSince: (_symbol, sinceMs) => {
        asked.push(['fills', sinceMs]);
        return Promise.resolve([]);
      },
    },
    ledger: { fundingPaymentsOfAccount: () => Promise.resolve(booked) },
  });
  await attempt().run(() => story.activities.readVenueTruth({ ...watchInput, sinceMarketMs: yearAgoMs }));
  assert.deepEqual(asked, [
    ['funding', lastMs - 8 * hourMs],
    ['fills', startMs - 48 * hourMs - 60_000],
  ]);
});
