/** Bybit's public spot stream: order book topics, fed by the test. */
import { WebSocketServer, type WebSocket } from 'ws';
import { isRecord, list, textOrNull } from '../../../src/venues/capabilities/raw.ts';
import { portOf } from './fake-venue.ts';

export interface FakeStream {
  readonly address: string;
  /** Sockets accepted so far, closed ones included. */
  connections(): number;
  subscriptions(): number;
  /** Sends a snapshot to every subscriber. */
  send(bids: readonly (readonly [string, string])[], asks: readonly (readonly [string, string])[]): void;
  /** Closes every socket from the venue's side. */
  drop(): void;
  /** Called after each subscription; the first message of a socket is usually sent here. */
  onSubscribe: () => void;
  close(): Promise<void>;
}

export async function startFakeBybitStream(): Promise<FakeStream> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  const subscribers = new Map<WebSocket, string>();
  let connections = 0;
  let subscriptions = 0;
  let update = 1;

  const stream: FakeStream = {
    address: `ws://127.0.0.1:${portOf(server.address())}`,
    connections: () => connections,
    subscriptions: () => subscriptions,
    onSubscribe: () => undefined,
    send(b, a) {
      update += 1;
      for (const [socket, topic] of subscribers) {
        const data = { s: 'USDCUSDT', b, a, u: update, seq: update };
        socket.send(JSON.stringify({ topic, type: 'snapshot', ts: Date.now(), cts: Date.now(), data }));
      }
    },
    drop() {
      for (const socket of server.clients) socket.terminate();
    },
    close() {
      for (const socket of server.clients) socket.terminate();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };

  server.on('connection', (socket) => {
    connections += 1;
    socket.on('close', () => subscribers.delete(socket));
    socket.on('message', (data: Buffer) => {
      const message: unknown = JSON.parse(data.toString('utf8'));
      if (!isRecord(message)) return;
      const { op, req_id } = message;
      socket.send(JSON.stringify({ success: true, ret_msg: '', conn_id: '1', req_id, op }));
      const topic = op === 'subscribe' ? textOrNull(list(message['args'], 'args')[0]) : null;
      if (topic === null) return;
      subscribers.set(socket, topic);
      subscriptions += 1;
      stream.onSubscribe();
    });
  });
  return stream;
}
