/** Replies on the wire. The date is the venue's own clock, which a fault may skew. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RestReply } from '../protocols/protocol.ts';
import type { Wire } from './wire.ts';

/** @param wallMs the venue's wall time */
export function sendReply(response: ServerResponse, reply: RestReply, wallMs: number): void {
  const text = encode(reply);
  writeHead(response, reply, Buffer.byteLength(text), wallMs);
  response.end(text);
}

function writeHead(
  response: ServerResponse,
  { status, headers }: Pick<RestReply, 'status' | 'headers'>,
  contentLength: number,
  wallMs: number,
): void {
  response.sendDate = false;
  response.writeHead(status, {
    'content-type': 'application/json',
    date: httpDate(wallMs),
    ...headers,
    'content-length': contentLength,
  });
}

/** The body's bytes, as JSON unless it is text already. */
export function encode({ body }: RestReply): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

export function firstHalf(text: string): Buffer {
  const bytes = Buffer.from(text);
  return bytes.subarray(0, Math.floor(bytes.length / 2));
}

/** The way back over HTTP. @param wallMs the venue's wall time */
export function httpWire(incoming: IncomingMessage, response: ServerResponse, wallMs: () => number): Wire {
  return {
    send: (reply) => sendReply(response, reply, wallMs()),
    sendHalf(reply, written) {
      const text = encode(reply);
      const bytes = Buffer.from(text);
      const first = firstHalf(text);
      writeHead(response, reply, bytes.length, wallMs());
      response.write(first, written);
      return () => response.end(bytes.subarray(first.length));
    },
    cut: () => void incoming.socket.destroy(),
    ended: () => new Promise((resolve) => response.once('close', resolve)),
  };
}

let shownSecond = Number.NaN;
let shownDate = '';

/** Changes once a second: thousands of replies share it. */
function httpDate(wallMs: number): string {
  const second = Math.floor(wallMs / 1000);
  if (second !== shownSecond) {
    shownSecond = second;
    shownDate = new Date(second * 1000).toUTCString();
  }
  return shownDate;
}
