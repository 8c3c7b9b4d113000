/** Every table in the 80 columns of a plain terminal, with names as long as they come, and none of them cut off. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { previewText } from '../../src/cli/commands/open.ts';
import { scanText } from '../../src/cli/commands/scan.ts';
import { positionTable } from '../../src/cli/positions/position-table.ts';
import { positionText } from '../../src/cli/positions/position-text.ts';
import { table } from '../../src/cli/text/table.ts';
import type { OrderRow, PositionRow } from '../../src/ports/ledger.ts';
import type { ScanRow } from '../../src/strategy/scan-rows.ts';
import { examplePlan } from '../support/plans.ts';

const base = examplePlan();
const names = { spot: 'binance-sub-account', perp: 'krakenfutures-main-1' };
const long = examplePlan({
  asset: '1000PEPE',
  notionalUsd: '100000',
  spot: { ...base.spot, account: names.spot },
  perp: { ...base.perp, account: names.perp },
});

function row(plan: typeof long, change: Partial<PositionRow> = {}): PositionRow {
  return {
    key: plan.key,
    workflowId: `position/${plan.key}`,
    plan,
    status: 'closed',
    source: 'engine',
    exitReason: 'convergence',
    abortReason: null,
    openedAtMarketMs: 1_760_000_000_000,
    closedAtMarketMs: 1_760_000_000_000,
    createdAtWallMs: 0,
    updatedAtWallMs: 0,
    attribution: {
      basisUsd: '0',
      fundingUsd: '0',
      feesUsd: '0',
      slippageUsd: '0',
      borrowUsd: '0',
      quoteCurrencyUsd: '0',
      realisedUsd: '-1234.5',
    },
    isFenced: false,
    acceptedSpotBase: '0',
    acceptedPerpBase: '0',
    ...change,
  };
}

function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}

/** What a column says, its lines put together again. */
function column(text: string, heading: string, next: string): string {
  const lines = text.split('\n');
  const [from, to] = [heading, next].map((one) => (lines[0] ?? '').indexOf(one));
  return lines
    .slice(1)
    .map((line) => line.slice(from, to).trim())
    .join('');
}

describe('positions', () => {
  test('of the demo take one line each', () => {
    const shown = positionTable([row(base)], []);
    assert.ok(widest(shown) <= 80, shown);
    assert.equal(shown.split('\n').length, 2);
  });

  test('with long names wrap them within their column', () => {
    const shown = positionTable([row(long, { exitReason: 'liquidation_distance' })], []);
    assert.ok(widest(shown) <= 80, shown);
    assert.equal(column(shown, 'PAIR', 'SIDE').replaceAll(' ', ''), `1000PEPE${names.spot}/${names.perp}`);
    assert.match(shown, /liquidation_\n/);
  });
});

test('the orders of a position say below why they came to nothing, in full', () => {
  const reason =
    'bybit refused it: the account has too little of the coin that is to be sold for an order of this size';
  const order: OrderRow = {
    clientOrderId: 'id',
    positionKey: long.key,
    leg: 'perp',
    account: names.perp,
    venue: 'krakenfutures',
    symbol: '1000PEPE/USDT:USDT',
    side: 'sell',
    purpose: 'close',
    step: 12,
    attempt: 1,
    quantityBase: '123456789',
    limitPrice: '0.000012345678',
    timeInForce: 'ioc',
    reduceOnly: true,
    state: 'rejected',
    venueOrderId: null,
    filledBase: '0',
    averagePrice: null,
    claimedAtMs: null,
    sendByMs: null,
    reason,
  };
  const shown = positionText({ position: row(long), orders: [order, order], fills: [], mark: null });
  assert.ok(widest(shown) <= 80, shown);
  assert.equal(shown.replaceAll(/\s+/g, ' ').split(reason).length, 3, shown);
});

test('what is said of a position beside its tables is as narrow', () => {
  const attribution = {
    basisUsd: '-12345.6789',
    fundingUsd: '123.4567',
    feesUsd: '-1234.5678',
    slippageUsd: '-123.4567',
    borrowUsd: '-12.3456',
    quoteCurrencyUsd: '-0.0001',
    realisedUsd: '-13592.5924',
  };
  const abortReason = `neither leg filled within the slippage cap: ${names.perp} holds 3000 of 100000 within 2 bps`;
  const aborted = row(long, { status: 'aborted', exitReason: null, abortReason, attribution });
  const shown = positionText({ position: aborted, orders: [], fills: [], mark: null });
  assert.ok(widest(shown) <= 80, shown);
  assert.match(shown.replaceAll('\n', ' '), /within 2 bps .*P&L -13,592\.5924 USD = basis .*quote currency -0\.0001$/);
});

test('so is a preview', () => {
  const shown = previewText({
    kind: 'planned',
    plan: long,
    needs: [],
    bound: `depth of krakenfutures 1000PEPE/USDT:USDT asks within 10 bps, 150000, over minDepthMultiple 5`,
    signedBasisBps: '12.34',
    expectedNetUsd: '12.3456',
    netApyPct: '18.00',
  });
  assert.ok(widest(shown) <= 80, shown);
  assert.match(shown.replaceAll('\n', ' '), /bound by depth of krakenfutures .*over minDepthMultiple 5 executable/);
});

test('a scan tells accounts apart that begin alike', () => {
  const side = (spotAccount: string): ScanRow => ({
    pairId: spotAccount,
    asset: '1000PEPE',
    spotAccount,
    perpAccount: names.perp,
    direction: 'short_spot_long_perp',
    enteredFor: 'funding',
    verdict: 'approved',
    signedBasisBps: '-1234.5',
    centreBps: '0',
    requiredBasisBps: '49.8',
    quantityBase: '1',
    notionalUsd: '10000',
    bound: 'bootstrapUsd',
    netApyPct: '25.76',
    netAprPct: '25.76',
    breakEvenDays: null,
    funding: '1.000 bps each 8 h',
    riskScore: '2.10',
    rating: '12',
    reasons: [],
  });
  const shown = scanText([side(names.spot), side('binance-sub-account-2')]);
  assert.ok(widest(shown) <= 80, shown);
  assert.equal(column(shown.replace(/\n {4}funding[^]*$/, ''), 'SPOT', 'PERP'), `${names.spot}binance-sub-account-2`);
  assert.match(shown, /^1000PEPE /m);
});

test('figures are never broken; words are where they are joined, or where it has to be', () => {
  const columns = [
    { heading: 'NAME', text: ([name = '']: readonly string[]) => name },
    { heading: 'A LONG HEADING', align: 'right', text: ([, amount = '']: readonly string[]) => amount },
  ] as const;
  assert.equal(
    table(columns, [['one two_three/four', '1,000.00']], 20),
    ['NAME          A LONG', '             HEADING', 'one two_    1,000.00', 'three/', 'four'].join('\n'),
  );
  // Standing closer is enough.
  assert.equal(table(columns, [['one', '1']], 19), ['NAME A LONG HEADING', 'one               1'].join('\n'));
});
