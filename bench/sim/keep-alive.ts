/** One HTTP connection that sends a request, waits for its answer, and sends the next: as little as a client can do. */
import type { Socket } from 'node:net';
import { connect } from 'node:net';

export interface KeepAlive {
  /** The answer's body. One request at a time. Rejects when the connection breaks. */
  request(head: string, body: string): Promise<string>;
  close(): void;
}

export async function openKeepAlive(host: string, port: number): Promise<KeepAlive> {
  const socket = await dial(host, port);
  let received = '';
  let waiting: { resolve: (body: string) => void; reject: (error: Error) => void } | null = null;
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
    const body = wholeBody(received);
    if (body === null || waiting === null) return;
    const { resolve } = waiting;
    received = '';
    waiting = null;
    resolve(body);
  });
  socket.on('error', (error) => waiting?.reject(error));
  socket.on('close', () => waiting?.reject(new Error('the connection closed')));
  return {
    request: (head, body) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(`${head}Host: ${host}:${port}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      }),
    close: () => void socket.destroy(),
  };
}

export function dial(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true }, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** Null until all of it is there. */
function wholeBody(text: string): string | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const length = /content-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  if (length === undefined) throw new Error(`no content-length: ${text.slice(0, end)}`);
  const body = text.slice(end + 4);
  return body.length < Number(length) ? null : body;
}
