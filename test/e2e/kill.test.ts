/**
 * SIGKILL at the worst moments: a venue's worker while its order is on the wire, then everything at once while the
 * position is open. It is resumed and closed, and no client order id becomes two orders at a venue.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { z } from 'zod';
import { serviceHome, type ServiceProcess } from '../support/service-process.ts';

const home = serviceHome();
after(() => home.remove());

const ordersSchema = z.array(z.object({ clientOrderId: z.string() }));
const summarySchema = z.object({ closed: z.number(), oneLegged: z.number(), ledgerMatchesVenue: z.boolean() });

test('a position survives the death of its worker and of the whole stack, and is closed', async () => {
  const first = home.start('--control', '--port-base', '17240');
  const control = await controlUrl(first);
  // The order is executed, and its answer kept back until nobody is left to hear it.
  const fault = { kind: 'delay', venue: 'bybit', method: 'POST', path: '/v5/order/create', delayMs: 2_500 };
  const response = await fetch(`${control}/faults`, { method: 'POST', body: JSON.stringify(fault) });
  assert.ok(response.ok);
  await first.line(/ opening /);
  const worker = home.children()['worker-venue-bybit'];
  assert.ok(worker);
  process.kill(worker, 'SIGKILL');
  await first.line(/ hedged /);

  const everything = [first.pid, ...Object.values(home.children())];
  for (const pid of everything) process.kill(pid, 'SIGKILL');
  await first.end();

  const second = home.start('--control', '--for', '180s', '--json');
  const ids = venueOrderIds(await controlUrl(second));
  // The gap has closed: by convergence, or, where waiting on costs funding, because it does; or it jumped in the crash.
  await second.line(/ closed .*(convergence|funding_flip|profit_target)/);
  const counted = await ids();
  const repeated = [...new Set(counted.filter((id, index) => counted.indexOf(id) !== index))];
  assert.deepEqual(repeated, [], 'a client order id stands for one venue order');
  assert.ok(counted.length >= 4, 'both legs were opened and closed');

  process.kill(second.pid, 'SIGINT');
  const { code, lastLine } = await second.end();
  assert.equal(code, 0, second.lines().slice(-30).join('\n'));
  const { closed, oneLegged, ledgerMatchesVenue } = summarySchema.parse(JSON.parse(lastLine));
  assert.ok(closed >= 1);
  assert.deepEqual(
    { oneLegged, ledgerMatchesVenue },
    { oneLegged: 0, ledgerMatchesVenue: true },
    second.lines().slice(-60).join('\n'),
  );
});

async function controlUrl(service: ServiceProcess): Promise<string> {
  const line = await service.line(/^control +http/);
  return line.replace(/^control +/, '').trim();
}

function venueOrderIds(control: string): () => Promise<string[]> {
  return async () => {
    const lists = await Promise.all(
      ['bybit', 'binanceusdm'].map(async (venue) =>
        ordersSchema.parse(await (await fetch(`${control}/venues/${venue}/orders`)).json()),
      ),
    );
    return lists.flat().map(({ clientOrderId }) => clientOrderId);
  };
}
