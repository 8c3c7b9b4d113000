/**
 * A coin that was sold from inventory breaks: the perpetual alone is closed, and the coin is not bought back. The watcher's
 * decision is sent as it sends it; everything after it is real.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { reconcileInput } from '../../src/cli/start/bootstrap.ts';
import { decimal, sum, toText } from '../../src/domain/decimal.ts';
import { basisTaskQueue, workflowTypes } from '../../src/domain/names.ts';
import type { ReconciliationReport } from '../../src/domain/reconciliation/reconciliation.ts';
import type { ExitDecision } from '../../src/domain/watch.ts';
import {
  eventually,
  startTradingService,
  type PositionHandle,
  type TradingService,
} from '../support/trading-service.ts';

const clean = { ledgerMatchesVenue: true, oneLegged: 0, findings: [] };

let service: TradingService;
before(async () => {
  service = await startTradingService();
});
after(() => service.stop());

/** What the watcher sends while the coin is off its peg. */
function brokenAt(spot: string, perp: string): ExitDecision {
  return {
    decisionId: randomBytes(4).toString('hex'),
    reason: 'depeg',
    observedAtMs: Date.now(),
    detail: 'depeg: USDC at 0.9700 USD; closing the perpetual alone, and keeping the USDT, costs 10.0 bps ≤ 50',
    prices: { spot, perp },
    keepsQuote: true,
  };
}

async function openShort(): Promise<{ handle: PositionHandle; key: string; quantityBase: string }> {
  await service.setPrices('0.9996', '0.9990');
  const handle = await service.openPosition('short_spot_long_perp');
  const { key } = await service.untilStatus(handle, 'hedged');
  const sold = (await service.ledger.ordersOf(key)).filter(({ leg }) => leg === 'spot');
  return { handle, key, quantityBase: toText(sum(sold.map(({ filledBase }) => decimal(filledBase)))) };
}

function reconcile(flattenOrphans = false): Promise<ReconciliationReport> {
  return service.client.workflow.execute(workflowTypes.reconcile, {
    workflowId: `reconcile/${randomBytes(4).toString('hex')}`,
    taskQueue: basisTaskQueue,
    args: [{ ...reconcileInput(service.config, service.anchor), flattenOrphans }],
  });
}

async function show(key: string): Promise<string> {
  return new Promise((done, fail) => {
    execFile(
      process.execPath,
      ['src/cli/main.ts', 'show', key, '--home', service.sim.homeDir],
      { env: { ...process.env, ...service.env } },
      (error, stdout, stderr) => (error === null ? done(stdout) : fail(new Error(`${stderr}${stdout}`))),
    );
  });
}

/** The spot leg was sold once and nothing else; the perpetual was sold back, reduce-only. */
async function assertKept(key: string): Promise<void> {
  const orders = await service.ledger.ordersOf(key);
  assert.deepEqual(
    orders.filter(({ leg }) => leg === 'spot').map(({ side, purpose }) => [side, purpose]),
    [['sell', 'open']],
  );
  const closing = orders.filter(({ purpose, state }) => purpose === 'close' && state === 'done');
  assert.ok(closing.length > 0);
  for (const { leg, side, reduceOnly } of closing) assert.deepEqual([leg, side, reduceOnly], ['perp', 'sell', true]);
}

describe('a short whose coin breaks', () => {
  test('closes its perpetual alone; the inventory is declared smaller, and every book agrees', async () => {
    const { handle, key, quantityBase } = await openShort();
    const before = await service.ledger.latestReading('bybit');
    await service.setPrices('0.9700', '0.9690');
    await handle.signal('exit', brokenAt('0.9701', '0.9690'));
    const result = await handle.result();
    assert.ok(result.kind === 'closed', JSON.stringify(result));
    assert.deepEqual([result.exitReason, result.keepsQuote], ['depeg', true]);
    await assertKept(key);

    const position = await service.ledger.position(key);
    const { account, currency, quantityBase: changed, price } = position?.baselineChange ?? {};
    assert.deepEqual([account, currency, changed, price], ['bybit', 'USDC', `-${quantityBase}`, '0.9701']);
    // Cash flows of every fill and fee, and the coins that were sold at what they were worth at the decision.
    const fills = await service.ledger.fillsOf(key);
    const cash = sum(
      fills.map(({ side, price: at, quantityBase: quantity, fee, feeCurrency }) => {
        assert.equal(feeCurrency, 'USDT');
        const amount = decimal(at).times(decimal(quantity));
        return (side === 'sell' ? amount : amount.times(decimal('-1'))).minus(decimal(fee));
      }),
    );
    const expected = cash.minus(decimal(quantityBase).times(decimal('0.9701')));
    assert.equal(position?.attribution?.realisedUsd, toText(expected));

    assert.deepEqual(await service.compare(), clean);
    const report = await reconcile();
    assert.deepEqual([report.isClean, report.findings, report.orphans], [true, [], []]);
    const alerts = (await service.ledger.openAlerts()).map((alert) => alert.key);
    assert.ok(!alerts.some((name) => /^(drift|reconcile|one_legged|stuck)\//.test(name)), alerts.join(', '));
    await eventually(async () => {
      const total = async (reading: typeof before) => reading?.balances.find((one) => one.currency === 'USDC')?.total;
      const [was, is] = [await total(before), await total(await service.ledger.latestReading('bybit'))];
      return was !== undefined && is !== undefined && decimal(is).lte(decimal(was));
    });
    assert.match(await show(key), /quote kept: [\d,]+\.\d\d USDC of bybit stay sold, worth 0\.9701 each/);
  });

  test('whose workflow is killed half-way is taken over, and its coin is still not bought back', async () => {
    const { handle, key } = await openShort();
    const refuse = { venue: 'binanceusdm', method: 'POST', kind: 'reject', reason: 'insufficient_balance' };
    await service.control('POST', '/faults', { ...refuse, path: '/fapi/v1/order', count: null });
    try {
      await handle.signal('exit', brokenAt('0.9996', '0.9990'));
      await service.untilStatus(handle, 'stuck');
      assert.ok((await service.ledger.position(key))?.baselineChange !== undefined, 'declared before anything is sent');
      await handle.terminate('killed half-way');
    } finally {
      await service.control('DELETE', '/faults');
    }
    const { orphans } = await reconcile(true);
    assert.deepEqual(
      orphans.map((orphan) => [orphan.key, orphan.action]),
      [[key, 'flattening']],
    );
    const next = service.client.workflow.getHandle<typeof import('../../workflows/basis-position.ts').basisPosition>(
      handle.workflowId,
    );
    assert.equal((await next.result()).kind, 'closed');
    await assertKept(key);
    assert.deepEqual(await service.compare(), clean);
  });

  test('that a person closes instead buys the coin back, as ever', async () => {
    const { handle, key } = await openShort();
    await handle.signal('forceClose', { reason: 'by hand' });
    assert.equal((await handle.result()).kind, 'closed');
    assert.equal((await service.ledger.position(key))?.baselineChange, undefined);
    const spot = (await service.ledger.ordersOf(key)).filter(({ leg }) => leg === 'spot');
    assert.deepEqual(
      spot.map(({ side, purpose }) => [side, purpose]),
      [
        ['sell', 'open'],
        ['buy', 'close'],
      ],
    );
    assert.deepEqual(await service.compare(), clean);
  });
});
