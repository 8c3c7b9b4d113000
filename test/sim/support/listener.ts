/** A websocket client without a library: what it hears, message by message. */
import { WebSocket } from 'ws';
import { isObject } from '../../../src/sim/json.ts';
import type { Row } from './json.ts';
import { patiently } from './patience.ts';
import type { Closing } from './simulator.ts';

export interface Listener {
  /** Text as it is, anything else as JSON. */
  send(message: unknown): void;
  /** The first message, of those that came and those still to come, that fits; those before it are forgotten. */
  next(fits: (message: Row) => boolean): Promise<Row>;
  close(): Promise<void>;
  /** The code with which either side closed. */
  readonly closed: Promise<number>;
}

/** Connected when it resolves; closed with the test. What is not a JSON object is heard as `{ text }`. */
export async function openListener(closing: Closing, address: string): Promise<Listener> {
  const socket = new WebSocket(address);
  const unread: Row[] = [];
  let look = (): void => undefined;
  socket.on('message', (data: Buffer) => {
    unread.push(messageOf(data.toString('utf8')));
    look();
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise<void>((resolve) => socket.once('open', () => resolve()));
  const taken = (fits: (message: Row) => boolean): Promise<Row> =>
    new Promise((resolve) => {
      look = () => {
        const index = unread.findIndex(fits);
        if (index < 0) return;
        const [found] = unread.splice(0, index + 1).slice(-1);
        look = () => undefined;
        if (found !== undefined) resolve(found);
      };
      look();
    });
  const listener: Listener = {
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next: (fits) => patiently(`a message that fits ${String(fits)}`, ({ until }) => until(taken(fits))),
    async close() {
      socket.terminate();
      await closed;
    },
    closed,
  };
  closing.after(() => listener.close());
  return listener;
}

function messageOf(text: string): Row {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : { text };
  } catch {
    return { text };
  }
}
