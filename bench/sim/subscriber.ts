/** A websocket that subscribes and counts the messages that come: frames are told apart, not parsed. */
import { randomBytes } from 'node:crypto';
import { dial } from './keep-alive.ts';

export interface Subscriber {
  /** Text messages since the connection opened. */
  messages(): number;
  bytes(): number;
  close(): void;
}

export async function openSubscriber(address: string, subscribe: string): Promise<Subscriber> {
  const { hostname, port, pathname } = new URL(address);
  const socket = await dial(hostname, Number(port));
  const counter = frameCounter();
  let isOpen = false;
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.on('data', (chunk: Buffer) => {
      if (isOpen) {
        counter.take(chunk);
        return;
      }
      const end = chunk.indexOf('\r\n\r\n');
      if (end < 0 || !chunk.toString('latin1').startsWith('HTTP/1.1 101')) reject(new Error(chunk.toString('latin1')));
      isOpen = true;
      counter.take(chunk.subarray(end + 4));
      resolve();
    });
    const key = randomBytes(16).toString('base64');
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
  });
  socket.on('error', () => socket.destroy());
  if (subscribe !== '') socket.write(maskedText(subscribe));
  return { messages: counter.messages, bytes: counter.bytes, close: () => void socket.destroy() };
}

/** Counts unmasked frames in a stream of chunks. */
function frameCounter(): { take(chunk: Buffer): void; messages: () => number; bytes: () => number } {
  let messages = 0;
  let bytes = 0;
  /** Of the payload of the frame that is coming in. */
  let missing = 0;
  let rest = Buffer.alloc(0);
  return {
    messages: () => messages,
    bytes: () => bytes,
    take(chunk) {
      bytes += chunk.length;
      let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      rest = Buffer.alloc(0);
      for (;;) {
        const skipped = Math.min(missing, data.length);
        missing -= skipped;
        data = data.subarray(skipped);
        const head = headOf(data);
        if (missing > 0 || head === null) break;
        if (head.isText) messages += 1;
        missing = head.payload;
        data = data.subarray(head.length);
      }
      rest = Buffer.from(data);
    },
  };
}

/** Null until the frame's head is there. */
function headOf(data: Buffer): { length: number; payload: number; isText: boolean } | null {
  const [first, second] = data;
  if (first === undefined || second === undefined) return null;
  const isText = (first & 0x0f) === 1;
  if (second < 126) return { length: 2, payload: second, isText };
  if (second === 126) return data.length < 4 ? null : { length: 4, payload: data.readUInt16BE(2), isText };
  return data.length < 10 ? null : { length: 10, payload: Number(data.readBigUInt64BE(2)), isText };
}

/** As clients must send; the mask may be zero. */
function maskedText(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? Buffer.alloc(6) : Buffer.alloc(8);
  head[0] = 0x81;
  if (payload.length < 126) {
    head[1] = 0x80 | payload.length;
  } else {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(payload.length, 2);
  }
  return Buffer.concat([head, payload]);
}
