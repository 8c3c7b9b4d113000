/** The simulated exchanges' control port: prices in, accepted orders out. Times are wall time, as the scale is 1. */
import { readFileSync } from 'node:fs';

interface AcceptedOrder {
  readonly clientOrderId: string;
  readonly createdAtMs: number;
}

export interface SimControl {
  /** Centres the order book on a price. */
  setPrice(venue: string, symbol: string, centre: string): Promise<void>;
  /** When each order was accepted by the matching engine, by client order id. */
  acceptedAtMs(): Promise<ReadonlyMap<string, number>>;
}

export function simControl(url: string): SimControl {
  return {
    async setPrice(venue, symbol, centre) {
      await call<unknown>(`${url}/venues/${venue}/prices`, { symbol, centre });
    },
    async acceptedAtMs() {
      const accepted = new Map<string, number>();
      const venues = await call<string[]>(`${url}/venues`);
      for (const venue of venues) {
        const orders = await call<AcceptedOrder[]>(`${url}/venues/${venue}/orders`);
        for (const { clientOrderId, createdAtMs } of orders) accepted.set(clientOrderId, createdAtMs);
      }
      return accepted;
    },
  };
}

interface JournalLine {
  readonly venue: string;
  readonly atMs: number;
  readonly events: readonly { readonly kind: string }[];
}

/** When the prices of a venue were set, oldest first, as the simulator journalled it. */
export function priceChangesAtMs(journalFile: string, venue: string): number[] {
  return readFileSync(journalFile, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"levels_set"'))
    .map((line): JournalLine => JSON.parse(line))
    .filter((line) => line.venue === venue && line.events.some(({ kind }) => kind === 'levels_set'))
    .map(({ atMs }) => atMs);
}

async function call<T>(address: string, body?: object): Promise<T> {
  const response = await fetch(address, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${address}: ${text}`);
  return JSON.parse(text);
}
