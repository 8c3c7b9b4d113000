/** A service that has run for long compares what exchanges still list, and says when it compares nothing at all. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readVenueTruth } from '../../activities/reconciliation/venue-truth.ts';
import { findDrift, markLedger, reportReconciliation } from '../../activities/reconciliation/reconciling.ts';
import type { ReconciliationReport } from '../../src/domain/reconciliation/reconciliation.ts';
import type { VenueFill } from '../../src/domain/fill.ts';
import type { Alert } from '../../src/ports/alerts.ts';
import type { Ledger, LedgerFill, PositionRow } from '../../src/ports/ledger.ts';
import { examplePlan } from '../support/plans.ts';
import { account, anchor, perpetual, quietLedger, reading, startMs } from './support/account-story.ts';

const dayMs = 86_400_000;
/** Half a year before: longer than okx keeps fills. */
const declaredAtMs = startMs - 180 * dayMs;

function sale(tradeId: string, executedAtMs: number): VenueFill {
  const order = { venueOrderId: `order ${tradeId}`, tradeId, symbol: perpetual, side: 'sell' } as const;
  const figures = { price: '1', quantityBase: '100', fee: '0.05', feeCurrency: 'USDT', role: 'taker' } as const;
  return { ...order, ...figures, executedAtMs };
}

const booked = (fill: VenueFill): LedgerFill => ({
  ...fill,
  account,
  positionKey: 'USDC-bybit-binanceusdm-long-A',
  clientOrderId: `client ${fill.tradeId}`,
});

/** Sold half a year ago and a day ago; the exchange lists the second alone. */
const old = sale('old', declaredAtMs + dayMs);
const recent = sale('recent', startMs - dayMs);

/** The ledger has booked both; 1,000 USDT, of which the fees of 0.10 are paid, hold a short of 200 at 1. */
function ledgerOf(fills: readonly VenueFill[] = [old, recent]): Ledger {
  return {
    ...quietLedger(),
    baselines: async () => [
      {
        account,
        balances: [{ currency: 'USDT', total: '1000.1', free: '1000.1' }],
        positions: [],
        declaredAtWallMs: declaredAtMs,
        declaredAtMarketMs: declaredAtMs,
      },
    ],
    fillsOfAccount: async () => fills.map(booked),
    interestOfAccount: async () => [],
    unresolvedOrderIds: async () => [],
  };
}

async function findings(ledger: Ledger, listed: readonly VenueFill[], asked: number[] = []): Promise<string[]> {
  const venue = {
    account,
    fillsSince: async (_symbol: string, sinceMs: number) => {
      asked.push(sinceMs);
      return [...listed];
    },
    fundingPaymentsSince: async (_symbol: string, sinceMs: number) => {
      asked.push(sinceMs);
      return [];
    },
    reading: async () => ({
      ...reading('-200'),
      positions: reading('-200').positions.map((position) => ({ ...position, entryPrice: '1.0000' })),
    }),
  };
  const before = await markLedger(ledger, [account]);
  const truth = await readVenueTruth(
    { venue, ledger, clock: { nowMs: () => startMs } },
    { symbols: [perpetual], perpetuals: [perpetual], sinceMarketMs: declaredAtMs, anchor },
  );
  return (await findDrift(ledger, [truth], before)).map(({ kind }) => kind);
}

describe('half a year after an account was declared', () => {
  test('what its exchange no longer lists is no drift, and only two days are asked for', async () => {
    const asked: number[] = [];
    assert.deepEqual(await findings(ledgerOf(), [recent], asked), []);
    const fromMs = startMs - 2 * dayMs - 60_000;
    assert.deepEqual(asked, [fromMs, fromMs], 'funding, then fills');
  });

  test('a fill of yesterday that one side lacks is drift, and so is a quantity that any fill should explain', async () => {
    assert.deepEqual(await findings(ledgerOf(), []), ['fill_unknown']);
    assert.deepEqual(await findings(ledgerOf([old]), [recent]), ['quantity', 'fill_missing', 'balance']);
    assert.deepEqual(await findings(ledgerOf([recent]), [recent]), ['quantity', 'balance'], 'an old one');
  });
});

test('a position with an account that could not be read is not taken for one-legged by the other account’s fills', async () => {
  const plan = examplePlan();
  const position: PositionRow = {
    key: plan.key,
    workflowId: `position/${plan.key}`,
    plan,
    status: 'hedged',
    source: 'engine',
    exitReason: null,
    abortReason: null,
    openedAtMarketMs: startMs,
    closedAtMarketMs: null,
    createdAtWallMs: startMs,
    updatedAtWallMs: startMs,
    attribution: null,
    isFenced: false,
    acceptedSpotBase: '0',
    acceptedPerpBase: '0',
  };
  const { account: read, instrument } = plan.perp;
  const ofLeg: LedgerFill = {
    ...booked(recent),
    account: read,
    positionKey: plan.key,
    symbol: instrument.symbol,
  };
  const ledger: Ledger = {
    ...ledgerOf(),
    positions: async () => [position],
    fillsOfAccount: async () => [ofLeg],
    baselines: async () =>
      [plan.spot.account, read].map((name) => ({
        account: name,
        balances: [],
        positions: [],
        declaredAtWallMs: startMs - 2 * dayMs,
        declaredAtMarketMs: startMs - 2 * dayMs,
      })),
  };
  const truth = { reading: { ...reading('-100'), account: read }, fills: [], fillsFromMs: startMs };
  const before = await markLedger(ledger, [read]);
  const found = await findDrift(ledger, [truth], before);
  assert.deepEqual(
    found.filter(({ kind }) => kind === 'one_legged'),
    [],
  );
});

/** A ledger of reports, and the alerts that stand of them. */
function alertBoard() {
  const reports: ReconciliationReport[] = [];
  const standing = new Map<string, Alert>();
  const ended: string[] = [];
  const ledger: Ledger = {
    ...quietLedger(),
    latestReconciliations: async (count) => reports.toReversed().slice(0, count),
    recordReconciliation: async (report) => {
      reports.push(report);
    },
    openAlerts: async () =>
      [...standing.values()].map((alert) => ({ ...alert, raisedAtMs: startMs, resolvedAtMs: null, count: 1 })),
  };
  const alerts = {
    raise: async (alert: Alert) => {
      standing.set(alert.key, alert);
    },
    resolve: async (key: string) => {
      if (standing.delete(key)) ended.push(key);
    },
  };
  const report = async (findings: ReconciliationReport['findings']): Promise<string[]> => {
    const rest = { atWallMs: startMs + reports.length, isClean: findings.length === 0, orphans: [], healed: [] };
    await reportReconciliation(ledger, alerts, { ...rest, findings });
    return [...standing.values()].map(({ severity, key, message }) => `${severity} ${key} ${message}`);
  };
  return { report, ended };
}

const unread = { kind: 'not_compared', account, positionKey: null, detail: 'the venue could not be read' } as const;

test('an account that three runs in a row could not compare is a warning, until one can', async () => {
  const { report } = alertBoard();
  const run = (isCompared: boolean) => report(isCompared ? [] : [unread]);
  assert.deepEqual(await run(false), []);
  assert.deepEqual(await run(true), []);
  assert.deepEqual(await run(false), []);
  assert.deepEqual(await run(false), []);
  const words = `${account} was not compared in the last 3 reconciliations: the venue could not be read`;
  assert.deepEqual(await run(false), [`warning reconcile/not_compared/${account} ${words}`]);
  assert.deepEqual(await run(false), [`warning reconcile/not_compared/${account} ${words}`]);
  assert.deepEqual(await run(true), []);
});

test('unequal legs are not told to be over while one of their accounts is not read', async () => {
  const { report } = alertBoard();
  const legs = { kind: 'one_legged', account: null, positionKey: 'KEY', detail: 'spot 100, perp 0' } as const;
  const alerted = ['critical reconcile/one_legged/KEY KEY: spot 100, perp 0'];
  assert.deepEqual(await report([legs]), alerted);
  assert.deepEqual(await report([unread]), alerted);
  assert.deepEqual(await report([]), []);
});

test('of a quantity that differs, more that happens to it is told anew, and what trades meanwhile is not', async () => {
  const { report, ended } = alertBoard();
  const differs = (beyondBase: string, detail: string) =>
    ({ kind: 'quantity', account, positionKey: null, detail, of: perpetual, beyondBase }) as const;
  const key = `reconcile/quantity/${account}/${perpetual}`;
  assert.deepEqual(await report([differs('1000', '0, not -1000')]), [`critical ${key} ${account}: 0, not -1000`]);
  await report([differs('1000', '-500, not -1500')]);
  assert.deepEqual(ended, []);
  await report([unread]);
  assert.deepEqual(await report([differs('1400', '-100, not -1500')]), [`critical ${key} ${account}: -100, not -1500`]);
  assert.deepEqual(ended, [key]);
  await report([]);
  assert.deepEqual(ended, [key, key]);
});
