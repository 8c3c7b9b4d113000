/** The simulated exchange of one venue of the suite, and a second port by which a client of any language passes time. */
import { createServer } from 'node:http';
import { listen, portOf } from '../../src/sim/server/http.ts';
import type { Closing, RunningSimulator } from '../sim/support/simulator.ts';
import { startTestSimulator } from '../sim/support/simulator.ts';
import type { VenueCase } from './cases.ts';
import { tapeLinesOf } from './cases.ts';

/** Rate limits are another test's story; the reader's key may not trade. */
export async function startVenue(closing: Closing, venue: string, expected: VenueCase): Promise<RunningSimulator> {
  const { balances, markets } = expected;
  const config = {
    rateLimits: false,
    instruments: markets.map(({ symbol }) => symbol),
    accounts: [
      { name: 'main', balances },
      { name: 'reader', balances, permissions: ['read'] },
    ],
  };
  return await startTestSimulator(closing, {
    venues: { [venue]: config },
    tapeLines: tapeLinesOf({ [venue]: expected }),
  });
}

/** `POST /?ms=N` moves market time. Returns its address. */
export async function serveClock(closing: Closing, simulator: RunningSimulator): Promise<string> {
  const server = createServer((request, response) => {
    simulator.passMarket(Number(new URL(request.url ?? '/', 'http://clock').searchParams.get('ms')));
    response.end();
  });
  await listen(server, 0);
  closing.after(async () => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${portOf(server)}`;
}
