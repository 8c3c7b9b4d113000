/** Replies on the wire. The date is the venue's own clock, which a fault may skew. */
import type { ServerResponse } from 'node:http';
import type { RestReply } from './protocols/protocol.ts';

/** @param wallMs the venue's wall time */
export function sendReply(response: ServerResponse, reply: RestReply, wallMs: number): void {
  const text = encode(reply);
  writeHead(response, reply, Buffer.byteLength(text), wallMs);
  response.end(text);
}

export function writeHead(
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
