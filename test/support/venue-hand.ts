/** A person's hand on an account: ccxt as it comes, with the account's own keys, past the service and its ledger. */
import { binanceusdm, bybit, type Exchange } from 'ccxt';
import type { RunningSim } from './services.ts';

/** On the simulated exchange of a test; close it when done. */
export function handOn(sim: RunningSim, venue: 'binanceusdm' | 'bybit'): Exchange {
  const address = sim.venues[venue];
  if (address === undefined) throw new Error(`${venue} is not simulated`);
  const settings = {
    ...address.credentials,
    enableRateLimit: false,
    fetchImplementation: (url: string, init: RequestInit) => fetch(url.replace(/^https:\/\/[^/]+/, address.rest), init),
  };
  const noExtras = { fetchCurrencies: false, fetchMargins: false };
  return venue === 'bybit'
    ? new bybit({ ...settings, options: { fetchMarkets: { types: ['spot'] } } })
    : new binanceusdm({ ...settings, options: { ...noExtras, fetchMarkets: { types: ['linear'] } } });
}
