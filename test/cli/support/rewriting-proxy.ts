/** Between a client and a simulated exchange: passes everything on, and changes the replies of one path. */
import { once } from 'node:events';
import { createServer } from 'node:http';

export interface RewritingProxy {
  readonly address: string;
  /** Replies that were changed. */
  rewritten(): number;
  close(): void;
}

/** @param change the body of a reply, as text */
export async function rewritingProxy(
  origin: string,
  path: string,
  change: (body: string) => string,
): Promise<RewritingProxy> {
  let rewritten = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const { host: _host, connection: _connection, ...headers } = request.headers;
      const method = request.method ?? 'GET';
      const reply = await fetch(new URL(request.url ?? '/', origin), {
        method,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
        ...(method === 'GET' ? {} : { body: Buffer.concat(chunks) }),
      });
      const body = await reply.text();
      const isChanged = request.url?.startsWith(path) === true;
      if (isChanged) rewritten += 1;
      response.writeHead(reply.status, { 'content-type': reply.headers.get('content-type') ?? 'application/json' });
      response.end(isChanged ? change(body) : body);
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (typeof bound !== 'object' || bound === null) throw new Error('the proxy does not listen');
  return {
    address: `http://127.0.0.1:${bound.port}`,
    rewritten: () => rewritten,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
