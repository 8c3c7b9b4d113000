/** A worker's figures for Prometheus: where the environment says, and never at the price of the worker. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { metricsOptions } from '../../workers/metrics.ts';
import { installRuntime } from '../../workers/runtime.ts';

test('an address turns them on; nothing does not, and nonsense is refused by its name', () => {
  assert.deepEqual(metricsOptions({}, { role: 'market' }), {});
  const { telemetryOptions } = metricsOptions({ BASIS_METRICS_ADDRESS: '127.0.0.1:9464' }, { role: 'market' });
  const metrics = telemetryOptions?.metrics;
  assert.ok(metrics !== undefined && 'prometheus' in metrics);
  assert.equal(metrics.prometheus.bindAddress, '127.0.0.1:9464');
  assert.deepEqual(metrics.globalTags, { role: 'market' });
  for (const address of ['9464', 'localhost:9464', 'http://127.0.0.1:9464', '127.0.0.1:']) {
    assert.throws(
      () => metricsOptions({ BASIS_METRICS_ADDRESS: address }, {}),
      /BASIS_METRICS_ADDRESS: .*127.0.0.1:9464/,
    );
  }
});

test('a port that is taken is told of, and the worker runs without', async (t) => {
  const stranger = createServer().listen(0, '127.0.0.1');
  t.after(() => stranger.close());
  await once(stranger, 'listening');
  const address = stranger.address();
  assert.ok(typeof address === 'object' && address !== null);
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  installRuntime(log, { BASIS_METRICS_ADDRESS: `127.0.0.1:${address.port}` }, { role: 'market' });
  assert.match(lines.join(), /prometheus.*"msg":"no metrics"/);
  assert.throws(() => Runtime.install({}), /already been installed/);
});
