/** Every market that a configuration trades at. */
import type { Config } from './schema.ts';

export interface ConfiguredInstrument {
  /** ccxt id. */
  readonly venue: string;
  /** Unified symbol. */
  readonly symbol: string;
}

/** Each once. */
export function configuredInstruments({ accounts, pairs }: Config): ConfiguredInstrument[] {
  const legs = pairs.flatMap(({ spot, perp }) => [spot, perp]);
  const traded = legs.map(({ account, symbol }) => ({ venue: accounts[account]?.venue ?? '', symbol }));
  return [...new Map(traded.map((place) => [`${place.venue} ${place.symbol}`, place])).values()];
}
