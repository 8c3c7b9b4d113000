/** TCP ports of the loopback interface. */
import { createServer } from 'node:net';
import type { Server } from 'node:net';

export const LOOPBACK = '127.0.0.1';

/**
 * One free port for each preference, all different: the preferred one, else the next free one above it;
 * a preference of 0 takes any. The ports are held together while they are chosen and released before this returns.
 */
export async function freePorts(preferred: readonly number[]): Promise<number[]> {
  // The preferred ones first: a substitute must not take what another name has a claim to.
  const held: (Server | null)[] = [];
  try {
    for (const port of preferred) held.push(port === 0 ? null : await hold(port));
    for (const [index, port] of preferred.entries()) held[index] ??= await holdFrom(port);
    return held.filter((server) => server !== null).map(portOf);
  } finally {
    await Promise.all(held.filter((server) => server !== null).map(release));
  }
}

export async function portIsFree(port: number): Promise<boolean> {
  const server = await hold(port);
  if (server === null) return false;
  await release(server);
  return true;
}

async function holdFrom(preferred: number): Promise<Server> {
  if (preferred === 0) return (await hold(0)) ?? fail(0);
  for (let port = preferred; port < Math.min(preferred + 200, 65_536); port += 1) {
    const server = await hold(port);
    if (server !== null) return server;
  }
  return fail(preferred);
}

function fail(port: number): never {
  throw new Error(`no free port of ${LOOPBACK} from ${port} on`);
}

/** A listening server, or null where the port is taken or not ours to take. */
async function hold(port: number): Promise<Server | null> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<Server | null>();
  server.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null);
    else reject(error);
  });
  server.listen({ port, host: LOOPBACK, exclusive: true }, () => resolve(server));
  return promise;
}

async function release(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  return promise;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
  return address.port;
}
