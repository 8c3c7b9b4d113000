/** Faults of websockets: lost messages, silence, and closed connections. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WebSocket } from 'ws';
import type { Row } from './support/json.ts';
import { row, rows } from './support/json.ts';
import type { Closing, RunningSimulator } from './support/simulator.ts';
import { startTestSimulator } from './support/simulator.ts';

interface Listener {
  readonly socket: WebSocket;
  readonly messages: Row[];
  /** Resolves with the first message, also an earlier one, for which this holds. */
  readonly first: (holds: (message: Row) => boolean) => Promise<Row>;
}

async function listen(t: Closing, address: string): Promise<Listener> {
  const socket = new WebSocket(address);
  t.after(() => {
    socket.terminate();
    return undefined;
  });
  const messages: Row[] = [];
  socket.on('message', (data: Buffer) => void messages.push(row(JSON.parse(data.toString('utf8')))));
  await new Promise((resolve) => socket.once('open', resolve));
  return {
    socket,
    messages,
    first: async (holds) => {
      for (;;) {
        const found = messages.find(holds);
        if (found !== undefined) return found;
        await new Promise((resolve) => socket.once('message', resolve));
      }
    },
  };
}

const depth = (simulator: RunningSimulator): string =>
  `${simulator.address('binanceusdm').ws}/public/ws/usdcusdt@depth@100ms`;

describe('faults of websockets', () => {
  it('ws_gap: one message of a channel is lost, so that the next does not fit', async (t) => {
    const simulator = await startTestSimulator(t);
    const listener = await listen(t, depth(simulator));
    await listener.first(({ e }) => e === 'depthUpdate');
    await simulator.control('POST', '/faults', { kind: 'ws_gap', venue: 'binanceusdm', path: 'trades/*' });
    await simulator.control('POST', '/faults', { kind: 'ws_gap', venue: 'binanceusdm', path: 'book/*' });
    const jumped = await listener.first(({ pu }) => {
      const index = listener.messages.findIndex((message) => message['pu'] === pu);
      return index > 0 && listener.messages[index - 1]?.['u'] !== pu;
    });
    assert.equal(jumped['e'], 'depthUpdate');
    const hits = rows(await simulator.control('GET', '/faults')).map((rule) => rule['hits']);
    assert.deepEqual(hits, [0, 1]);
  });

  it('ws_silent: the connection stays open and not even a ping is answered, until the rule is deleted', async (t) => {
    const simulator = await startTestSimulator(t);
    const { socket, messages, first } = await listen(t, depth(simulator));
    await first(({ e }) => e === 'depthUpdate');
    const pongs: string[] = [];
    const ponged = new Promise<void>((resolve) => {
      socket.on('pong', (data: Buffer) => {
        pongs.push(data.toString('utf8'));
        resolve();
      });
    });
    await simulator.control('POST', '/faults', { kind: 'ws_silent', venue: 'binanceusdm' });
    const hits = async (): Promise<number> => Number(rows(await simulator.control('GET', '/faults'))[0]?.['hits']);
    // What was on its way before the silence has arrived by the time at which something has been kept back.
    while ((await hits()) < 1);
    messages.length = 0;
    socket.ping('unheard');
    while ((await hits()) < 4);
    const heardDuringSilence = messages.length;
    await simulator.control('DELETE', '/faults');
    socket.ping('heard');
    await ponged;
    assert.deepEqual(pongs, ['heard']);
    assert.equal(heardDuringSilence, 0);
    await first(({ e }) => e === 'depthUpdate');
    assert.equal(socket.readyState, WebSocket.OPEN);
  });

  it('ws_close: open connections are closed once, new ones are served', async (t) => {
    const simulator = await startTestSimulator(t);
    const { socket } = await listen(t, depth(simulator));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await simulator.control('POST', '/faults', { kind: 'ws_close', venue: 'binanceusdm' });
    await closed;
    const again = await listen(t, depth(simulator));
    assert.equal((await again.first(({ e }) => e === 'depthUpdate'))['s'], 'USDCUSDT');
    assert.deepEqual(
      rows(await simulator.control('GET', '/faults')).map(({ kind, hits }) => [kind, hits]),
      [['ws_close', 1]],
    );
  });
});
