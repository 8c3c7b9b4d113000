/** A way to a server that a test can shut: connections break, and new ones are refused, until it is opened again. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Door {
  /** The server's address, through the door. */
  readonly url: string;
  shut(): Promise<void>;
  open(): Promise<void>;
  /** What is connected stays so, and hears nothing any more: as behind a router that has forgotten it. */
  silence(): void;
}

export async function startDoor(server: string): Promise<Door> {
  const address = new URL(server);
  const sockets = new Set<Socket>();
  const doorway = (): Server =>
    createServer((near) => {
      const far = connect(Number(address.port), address.hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one
          .on('error', () => undefined)
          .on('close', () => {
            sockets.delete(one);
            other.destroy();
          });
        one.pipe(other);
      }
    });
  let standing = doorway().listen(0, '127.0.0.1');
  await once(standing, 'listening');
  const bound = standing.address();
  if (bound === null || typeof bound === 'string') throw new Error('the door has no port');
  const { port } = bound;
  const through = new URL(server);
  through.host = `127.0.0.1:${port}`;
  return {
    url: through.href,
    async shut() {
      standing.close();
      for (const socket of sockets) socket.destroy();
      await once(standing, 'close');
    },
    silence() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    async open() {
      standing = doorway().listen(port, '127.0.0.1');
      await once(standing, 'listening');
    },
  };
}
