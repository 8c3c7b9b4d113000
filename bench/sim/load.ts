/** The load, in a process of its own: `node bench/sim/load.ts '<job as JSON>'` prints one JSON line of figures. */
import type { CcxtCredentials } from '../../src/sim/simulator.ts';
import { distribution, type Distribution } from '../statistics.ts';
import { openKeepAlive } from './keep-alive.ts';
import { orderWriters } from './signed-orders.ts';
import { openSubscriber, type Subscriber } from './subscriber.ts';

export interface OrdersJob {
  readonly kind: 'orders';
  readonly venues: readonly { readonly venue: string; readonly rest: string; readonly keys: CcxtCredentials }[];
  readonly connectionsEach: number;
  readonly warmupMs: number;
  readonly measuredMs: number;
}

export interface StreamsJob {
  readonly kind: 'streams';
  readonly venues: readonly { readonly address: string; readonly subscribe: string }[];
  readonly connectionsEach: number;
  readonly warmupMs: number;
  readonly measuredMs: number;
}

export interface OrdersFigures {
  readonly roundTrips: number;
  readonly refused: number;
  readonly perSecond: number;
  readonly roundTrip: Distribution;
}

export interface StreamsFigures {
  readonly messages: number;
  readonly perSecond: number;
  readonly megabytesPerSecond: number;
}

async function orders({ venues, connectionsEach, warmupMs, measuredMs }: OrdersJob): Promise<OrdersFigures> {
  const samples: number[] = [];
  let refused = 0;
  let sequence = 0;
  const startsAt = performance.now() + warmupMs;
  const endsAt = startsAt + measuredMs;
  const connections = venues.flatMap((venue) => Array.from({ length: connectionsEach }, () => venue));
  await Promise.all(
    connections.map(async ({ venue, rest, keys }) => {
      const writer = orderWriters[venue]?.(keys);
      if (writer === undefined) throw new Error(`no orders for ${venue}`);
      const { hostname, port } = new URL(rest);
      const connection = await openKeepAlive(hostname, Number(port));
      while (performance.now() < endsAt) {
        sequence += 1;
        const { head, body } = writer.order(sequence);
        const sentAt = performance.now();
        const answer = await connection.request(head, body);
        const answeredAt = performance.now();
        if (!writer.isAccepted(answer)) refused += 1;
        else if (sentAt >= startsAt && answeredAt <= endsAt) samples.push(answeredAt - sentAt);
      }
      connection.close();
    }),
  );
  return {
    roundTrips: samples.length,
    refused,
    perSecond: Math.round(samples.length / (measuredMs / 1000)),
    roundTrip: distribution(samples),
  };
}

async function streams({ venues, connectionsEach, warmupMs, measuredMs }: StreamsJob): Promise<StreamsFigures> {
  const subscribers: Subscriber[] = [];
  for (const { address, subscribe } of venues) {
    for (let index = 0; index < connectionsEach; index += 1) subscribers.push(await openSubscriber(address, subscribe));
  }
  const total = (count: 'messages' | 'bytes'): number => subscribers.reduce((sum, one) => sum + one[count](), 0);
  await pause(warmupMs);
  const [messages, bytes, startedAt] = [total('messages'), total('bytes'), performance.now()];
  await pause(measuredMs);
  const seconds = (performance.now() - startedAt) / 1000;
  const received = total('messages') - messages;
  const megabytes = (total('bytes') - bytes) / 1e6;
  for (const subscriber of subscribers) subscriber.close();
  return {
    messages: received,
    perSecond: Math.round(received / seconds),
    megabytesPerSecond: Math.round((megabytes / seconds) * 10) / 10,
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const job: OrdersJob | StreamsJob = JSON.parse(process.argv[2] ?? '');
const figures = job.kind === 'orders' ? await orders(job) : await streams(job);
process.stdout.write(`${JSON.stringify(figures)}\n`);
