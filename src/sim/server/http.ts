/** What every HTTP server of the simulator needs: a loopback port, and bodies of bounded size. */
import type { IncomingMessage, Server } from 'node:http';
import type { Server as NetServer } from 'node:net';

export const maximumBodyBytes = 1_000_000;

/** 0 when it does not listen. */
export function portOf(server: Server | NetServer): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Listens on the loopback interface only. */
export function listen(server: Server | NetServer, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * Hands over the whole body as text, or null when it is too large: its rest is read and thrown away, so that the
 * client gets to read the answer. Nothing is handed over when the client goes away before the end.
 */
export function collectBody(incoming: IncomingMessage, done: (body: string | null) => void): void {
  let chunks: Buffer[] = [];
  let bytes = 0;
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maximumBodyBytes) chunks.push(chunk);
    else chunks = [];
  });
  incoming.on('end', () => done(bytes > maximumBodyBytes ? null : textOf(chunks)));
  incoming.on('error', () => undefined);
}

function textOf(chunks: readonly Buffer[]): string {
  const [only] = chunks;
  if (only === undefined) return '';
  return (chunks.length === 1 ? only : Buffer.concat(chunks)).toString('utf8');
}
