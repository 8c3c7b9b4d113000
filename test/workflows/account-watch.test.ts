/** A restart on a home whose configuration names other pairs: their markets are read from then on. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServices } from '../../src/cli/start/bootstrap.ts';
import { eventually, startTradingService, type TradingService } from '../support/trading-service.ts';

let service: TradingService;
before(async () => {
  service = await startTradingService();
});
after(() => service.stop());

/** What the readings of the account were last scheduled for, and how often they were. */
async function scheduled(): Promise<{ symbols: unknown; times: number }> {
  const { events } = await service.client.workflow.getHandle('account-watch/bybit').fetchHistory();
  const inputs = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: attributes }) =>
    attributes?.input?.payloads?.[0]?.data ? [attributes.input.payloads[0].data] : [],
  );
  const { symbols } = JSON.parse(Buffer.from(inputs.at(-1) ?? []).toString('utf8'));
  return { symbols, times: inputs.length };
}

test('the account is read for the new pair too, and the first watcher has ended before the second begins', async () => {
  const { client, config, anchor } = service;
  assert.deepEqual(await scheduled(), { symbols: ['USDC/USDT'], times: 1 });
  await startServices(client, config, anchor);
  assert.equal((await scheduled()).times, 1, 'the same pairs: it reads on');

  const [pair] = config.pairs;
  assert.ok(pair);
  const other = { ...pair, spot: { ...pair.spot, symbol: 'BTC/USDT' } };
  await startServices(client, { ...config, pairs: [pair, other] }, anchor);
  await eventually(
    async () => (await scheduled()).times === 2,
    () => 'the account is still read for the first pair alone',
  );
  assert.deepEqual(await scheduled(), { symbols: ['USDC/USDT', 'BTC/USDT'], times: 2 });
  const { events } = await client.workflow.getHandle('account-watch/bybit').fetchHistory();
  const order = (events ?? []).flatMap((event) =>
    event.activityTaskScheduledEventAttributes
      ? ['scheduled']
      : event.activityTaskCompletedEventAttributes || event.activityTaskCanceledEventAttributes
        ? ['ended']
        : [],
  );
  assert.deepEqual(order, ['scheduled', 'ended', 'scheduled']);
});
