/** Before a simulated exchange: passes everything on, and keeps which address of the real exchange each request meant. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { portOf } from './fake-venue.ts';

export interface RecordingProxy {
  readonly address: string;
  /** Hosts that requests were meant for, and whether they were marked as simulated trading. */
  readonly meant: { readonly host: string; readonly path: string; readonly isMarked: boolean }[];
  close(): Promise<void>;
}

export async function startRecordingProxy(origin: string): Promise<RecordingProxy> {
  const meant: RecordingProxy['meant'] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const { host: _host, connection: _connection, ...headers } = request.headers;
      const { method = 'GET', url = '/' } = request;
      meant.push({
        host: String(headers['x-sim-host']),
        path: url.replace(/\?.*/, ''),
        isMarked: headers['x-simulated-trading'] === '1',
      });
      const reply = await fetch(new URL(url, origin), {
        method,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
        ...(method === 'GET' ? {} : { body: Buffer.concat(chunks) }),
      });
      response.writeHead(reply.status, { 'content-type': reply.headers.get('content-type') ?? 'application/json' });
      response.end(await reply.text());
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${portOf(server.address())}`,
    meant,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
