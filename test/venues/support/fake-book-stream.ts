/** A websocket that answers each message of a client as the test says, and can close or fall silent. */
import { WebSocketServer } from 'ws';
import { record, type RawRecord } from '../../../src/venues/capabilities/raw.ts';
import { portOf } from './fake-venue.ts';

export interface FakeBookStream {
  readonly address: string;
  /** Messages of clients, and the path that their socket asked for. */
  readonly heard: { readonly path: string; readonly message: RawRecord }[];
  connections(): number;
  send(message: unknown): void;
  drop(): void;
  close(): Promise<void>;
}

export async function startFakeBookStream(answer: (message: RawRecord) => unknown): Promise<FakeBookStream> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  const heard: FakeBookStream['heard'] = [];
  let connections = 0;
  server.on('connection', (socket, request) => {
    connections += 1;
    socket.on('message', (data: Buffer) => {
      const message = record(JSON.parse(data.toString('utf8')), 'message');
      heard.push({ path: request.url ?? '', message });
      const reply = answer(message);
      if (reply !== null) socket.send(JSON.stringify(reply));
    });
  });
  const drop = (): void => {
    for (const socket of server.clients) socket.terminate();
  };
  return {
    address: `ws://127.0.0.1:${portOf(server.address())}`,
    heard,
    connections: () => connections,
    send(message) {
      for (const socket of server.clients) socket.send(JSON.stringify(message));
    },
    drop,
    close() {
      drop();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
