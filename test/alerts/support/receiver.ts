/** A small HTTP server that stands for a chat service: it keeps what it was sent, and answers as a test says. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { z } from 'zod';
import { waitUntil } from '../../../src/stack/processes/wait-until.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `hang`: the request is taken in, and never answered. */
export type Script = (request: Received, index: number) => Reply | 'hang' | Promise<Reply | 'hang'>;

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Answers from now on; taken without complaint by default. */
  answer(script: Script): void;
  /** Waits until so many requests have come in. */
  until(count: number): Promise<readonly Received[]>;
  close(): Promise<void>;
}

export const taken: Script = ({ path }) => ({
  status: 200,
  body: path.startsWith('/bot') ? '{"ok":true,"result":{}}' : 'ok',
});

export async function startReceiver(first: Script = taken): Promise<Receiver> {
  const received: Received[] = [];
  const hanging = new Set<ServerResponse>();
  let script = first;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const one = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString('utf8') };
      received.push(one);
      void Promise.resolve(script(one, received.length - 1)).then((reply) => {
        if (reply === 'hang') return void hanging.add(response);
        response.writeHead(reply.status, { 'content-type': 'text/plain', ...reply.headers }).end(reply.body ?? '');
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    received,
    answer: (next) => void (script = next),
    async until(count) {
      await waitUntil(
        () => received.length >= count,
        40_000,
        () => `${received.length} of ${count} requests: ${received.map(({ body }) => body).join('\n')}`,
      );
      return received;
    },
    async close() {
      for (const response of hanging) response.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const textSchema = z.object({ text: z.string() });
const alertsSchema = z.object({ alerts: z.array(z.object({ id: z.string(), key: z.string(), attempt: z.number() })) });

export type SentAlert = z.infer<typeof alertsSchema>['alerts'][number];

/** First lines of the texts that people were sent, by Telegram or Slack. */
export function headings({ received }: Receiver): string[] {
  return received.map(({ body }) => textSchema.parse(JSON.parse(body)).text.split('\n')[0] ?? '');
}

/** Alerts that a webhook was sent, in order. */
export function sentTo({ received }: Receiver): SentAlert[] {
  return received.flatMap(({ body }) => alertsSchema.parse(JSON.parse(body)).alerts);
}
