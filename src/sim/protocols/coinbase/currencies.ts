/** The currencies that the listed products are made of. */
import type { ProtocolContext } from '../protocol.ts';

export const currencyNames: ReadonlyMap<string, string> = new Map([
  ['USD', 'US Dollar'],
  ['USDT', 'Tether'],
  ['USDC', 'USDC'],
  ['BTC', 'Bitcoin'],
  ['ETH', 'Ethereum'],
  ['SOL', 'Solana'],
]);

export function isFiat(currency: string): boolean {
  return currency === 'USD';
}

/** Bases and quotes of everything that is listed, in alphabetical order. */
export function listedCurrencies(context: ProtocolContext): string[] {
  const found = new Set<string>();
  for (const { instrument } of context.exchange.state.markets.values())
    found.add(instrument.base).add(instrument.quote);
  return [...found].toSorted();
}
