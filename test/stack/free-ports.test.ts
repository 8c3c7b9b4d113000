import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { freePorts, LOOPBACK, portIsFree } from '../../src/stack/servers/free-ports.ts';
import { chooseStackPorts } from '../../src/stack/servers/stack-ports.ts';

async function occupy(port: number): Promise<{ port: number; release: () => Promise<void> }> {
  const server = createServer().listen(port, LOOPBACK);
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return {
    port: address.port,
    release: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

test('a taken port gives way to a free one above it', async () => {
  const taken = await occupy(0);
  assert.equal(await portIsFree(taken.port), false);
  const [first, second] = await freePorts([taken.port, taken.port]);
  assert.ok(first! > taken.port && second! > first!, `${taken.port} → ${first}, ${second}`);
  await taken.release();
  assert.deepEqual(await freePorts([taken.port]), [taken.port]);
});

const added = ['sim.bybit', 'metrics.worker-basis'];

test('a stack takes the ports of its last run again, and says so where it cannot', async () => {
  const lines: string[] = [];
  const first = await chooseStackPorts({ temporal: 0, ui: 0, postgres: 0 }, {}, added, (line) => lines.push(line));
  assert.deepEqual(await chooseStackPorts({}, first, added, (line) => lines.push(line)), first);
  assert.equal(lines.length, 0);

  const stranger = await occupy(first.temporal);
  const next = await chooseStackPorts({}, first, added, (line) => lines.push(line));
  await stranger.release();
  assert.notEqual(next.temporal, first.temporal);
  assert.deepEqual({ ...next, temporal: 0 }, { ...first, temporal: 0 });
  assert.deepEqual(lines, [`port ${first.temporal} is taken: temporal listens on ${next.temporal}`]);
});
