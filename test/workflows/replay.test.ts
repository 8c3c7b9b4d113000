/**
 * Recorded histories must replay on today's code: a position that is open when a worker is upgraded goes on.
 *
 * A change that is meant to alter what workflows do records them anew, with RECORD_HISTORIES=1 in the environment of
 * `npm test -- test/workflows/replay.test.ts`; while positions of older code may be open, it uses `patched` instead.
 * RECORD_HISTORIES=new records those that are not there yet.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { startServices } from '../../src/cli/start/bootstrap.ts';
import type { MakerStyle } from '../../src/domain/position.ts';
import type { PositionView } from '../../src/domain/position-state.ts';
import { testBundle } from '../support/services.ts';
import { eventually, startTradingService, type TradingService } from '../support/trading-service.ts';

const folder = 'test/workflows/histories';

describe('recorded histories', () => {
  if (process.env['RECORD_HISTORIES'] !== undefined) test('are recorded', record);

  test('replay on the current code', async () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    assert.ok(files.length >= 6, `${files.length} histories`);
    const histories = files.map((name) => ({
      workflowId: name.replace('.json', ''),
      history: historyFromJSON(JSON.parse(readFileSync(join(folder, name), 'utf8'))),
    }));
    const options = { workflowBundle: { codePath: testBundle() } };
    const failed: string[] = [];
    for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
      if (error !== undefined) failed.push(`${workflowId}: ${error.message}`);
    }
    assert.deepEqual(failed, []);
  });
});

async function record(): Promise<void> {
  const service = await startTradingService({ scale: 3600 });
  try {
    await recordIf('position-closed-by-signal', () => closedBySignal(service));
    await recordIf('position-aborted-at-the-edge', () => abortedAtTheEdge(service));
    await recordIf('position-reply-lost', () => replyLost(service));
    await recordIf('position-topped-up', () => toppedUp(service));
    await recordIf('position-unwound', () => unwound(service));
    await recordIf('position-quoted', () => quoted(service));
    await recordIf('position-reduced', () => reduced(service));
    if (!isWanted('engine')) return;
    const { engine, position, watch } = await byTheEngine(service);
    await save('position-converged', position);
    await save('engine', engine);
    await save('market-watch', watch);
  } finally {
    await service.stop();
  }
}

function isWanted(name: string): boolean {
  return process.env['RECORD_HISTORIES'] === '1' || !existsSync(join(folder, `${name}.json`));
}

async function recordIf(name: string, story: () => Promise<WorkflowHandle>): Promise<void> {
  if (isWanted(name)) await save(name, await story());
}

async function save(name: string, handle: WorkflowHandle): Promise<void> {
  const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()));
  // Where the code lay on the recording machine is nobody's business.
  const text = JSON.stringify(history, (key, value: unknown) => (key === 'stackTrace' ? '' : value), 1);
  writeFileSync(join(folder, `${name}.json`), `${text}\n`);
}

async function closedBySignal(service: TradingService): Promise<WorkflowHandle> {
  const handle = await service.openPosition('short_spot_long_perp');
  await service.untilStatus(handle, 'hedged');
  await handle.signal('forceClose', { reason: 'recorded' });
  await handle.result();
  return handle;
}

async function abortedAtTheEdge(service: TradingService): Promise<WorkflowHandle> {
  const handle = await service.openPosition('short_spot_long_perp', (input) => ({
    ...input,
    plan: { ...input.plan, minimumEntryBps: '50' },
  }));
  await handle.result();
  return handle;
}

async function replyLost(service: TradingService): Promise<WorkflowHandle> {
  await service.control('POST', '/faults', {
    kind: 'drop_after',
    venue: 'bybit',
    method: 'POST',
    path: '/v5/order/create',
  });
  return closedBySignal(service);
}

async function toppedUp(service: TradingService): Promise<WorkflowHandle> {
  await service.control('POST', '/faults', {
    kind: 'drop_before',
    venue: 'bybit',
    method: 'POST',
    path: '/v5/order/create',
  });
  return closedBySignal(service);
}

async function unwound(service: TradingService): Promise<WorkflowHandle> {
  const inventory = { account: 'bybit', currency: 'USDC' };
  const handle = await service.openPosition('short_spot_long_perp', async (input) => {
    await service.control('POST', '/venues/bybit/balances', { ...inventory, amount: '-45000' });
    return input;
  });
  await handle.result();
  await service.control('POST', '/venues/bybit/balances', { ...inventory, amount: '45000' });
  return handle;
}

/** One quote on the perpetual that the market moves away from, and one that it moves through. */
async function quoted(service: TradingService): Promise<WorkflowHandle> {
  const style: MakerStyle = {
    kind: 'maker_hedge',
    makerLeg: 'perp',
    makerDeadlineMs: 60_000,
    maxUnhedgedUsd: '20000',
    atMakerDeadline: 'stop',
  };
  const handle = await service.openPosition('short_spot_long_perp', (input) => ({
    ...input,
    plan: { ...input.plan, minimumEntryBps: '-1000', style },
  }));
  const resting = async (): Promise<number> => {
    const { orders } = await handle.query<PositionView>('position');
    return orders.findIndex(({ resolution }) => resolution.kind === 'resting');
  };
  await eventually(async () => (await resting()) === 0);
  await service.setPrices('0.9996', '0.9994');
  await eventually(async () => (await resting()) === 1);
  await service.setPrices('0.9996', '0.9985');
  await service.untilStatus(handle, 'hedged');
  await handle.signal('forceClose', { reason: 'recorded' });
  await handle.result();
  await service.setPrices('0.9996', '0.9990');
  return handle;
}

/** To four tenths near its liquidation, and closed by hand later. */
async function reduced(service: TradingService): Promise<WorkflowHandle> {
  const handle = await service.openPosition('short_spot_long_perp');
  await service.untilStatus(handle, 'hedged');
  await handle.signal('exit', {
    decisionId: 'recorded',
    reason: 'liquidation_distance',
    observedAtMs: Date.now(),
    detail: 'recorded',
    prices: null,
    keepShare: '0.4',
  });
  await eventually(async () => {
    const { state } = await handle.query<PositionView>('position');
    return state.kind === 'hedged' && state.legs.reducedAtWallMs !== undefined;
  });
  await handle.signal('forceClose', { reason: 'recorded' });
  await handle.result();
  return handle;
}

async function byTheEngine(service: TradingService) {
  await service.setPrices('0.9996', '0.9988');
  await startServices(service.client, service.config, service.anchor);
  let key: string | undefined;
  await eventually(async () => {
    key = (await service.ledger.positions({ statuses: ['hedged'] }))[0]?.key;
    return key !== undefined;
  });
  const { workflow } = service.client;
  const engine = workflow.getHandle('engine/default');
  await engine.signal('pause', { reason: 'recorded' });
  await service.setPrices('0.9996', '0.9996');
  const position = workflow.getHandle(`position/${key}`);
  await position.result();
  return { engine, position, watch: workflow.getHandle('market-watch/0') };
}
