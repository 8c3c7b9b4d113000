/**
 * The simulator's own messages of one order book, captured once and sent again as fast as a client takes them: at its
 * own pace, ten a second, neither ccxt nor the connector has anything to do.
 */
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';

export interface Replay {
  /** `ws://host:port` */
  readonly address: string;
  close(): Promise<void>;
}

/** Of the topic: a snapshot first, then differences. */
export async function capture(address: string, topic: string, messages: number): Promise<string[]> {
  const socket = new WebSocket(address);
  await once(socket, 'open');
  const captured: string[] = [];
  const done = new Promise<void>((resolve, reject) => {
    socket.on('close', () => reject(new Error('the exchange closed the socket')));
    socket.on('message', (data: Buffer) => {
      const text = data.toString('utf8');
      if (text.includes(`"topic":"${topic}"`) && captured.push(text) === messages) resolve();
    });
  });
  socket.send(JSON.stringify({ op: 'subscribe', args: [topic] }));
  await done;
  socket.close();
  return captured;
}

/** Bytes that wait in a socket before more is sent. */
const backlogBytes = 256 * 1024;
/** A socket whose client has gone says so only between two turns. */
const messagesATurn = { fast: 500, singly: 1 };

/** `fast`: as fast as the client takes them, many at once. `singly`: one after the other, each met alone. */
export type Pace = 'fast' | 'singly';

export async function startReplay(messages: readonly string[], pace: Pace): Promise<Replay> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const { op, req_id }: { op?: string; req_id?: string } = JSON.parse(data.toString('utf8'));
      // A ping without its pong is a dead connection to the client.
      const words = op === 'ping' ? 'pong' : '';
      socket.send(JSON.stringify({ success: true, ret_msg: words, conn_id: '1', req_id, op }));
      if (op === 'subscribe') pump(socket, messages, pace);
    });
  });
  const bound = server.address();
  if (typeof bound !== 'object' || bound === null) throw new Error('the replay does not listen');
  return {
    address: `ws://127.0.0.1:${bound.port}`,
    close() {
      for (const socket of server.clients) socket.terminate();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function pump(socket: WebSocket, messages: readonly string[], pace: Pace): void {
  let next = 0;
  const send = (): void => {
    if (socket.readyState !== WebSocket.OPEN) return;
    for (let sent = 0; sent < messagesATurn[pace] && socket.bufferedAmount < backlogBytes; sent += 1) {
      socket.send(messages[next % messages.length]!);
      next += 1;
    }
    if (pace === 'fast') setImmediate(send);
    else setTimeout(send, 1);
  };
  send();
}
