/**
 * The configuration without generated pairs that the exchanges do not have, and with the pairs of positions that live, also
 * where they are configured no longer: accounts are read by its symbols.
 */
import { withHeldPairs } from '../../config/held-pairs.ts';
import type { Config } from '../../config/schema.ts';
import { liveStatuses } from '../../domain/position.ts';
import type { Ledger } from '../../ports/ledger.ts';

export interface Place {
  readonly home: string;
  /** Addresses of simulated exchanges; null where the real ones are asked. */
  readonly endpointsFile: string | null;
  /** The pair of a position that lives is kept, whatever its exchanges say today. */
  readonly ledger: Pick<Ledger, 'positions'>;
}

/**
 * Asks no exchange where every pair is written out.
 * @param isUnansweredKept pairs of an exchange that does not answer are kept as they are, instead of an error
 * @throws Error where an exchange does not answer
 */
export async function listedConfig(
  config: Config,
  { home, endpointsFile, ledger }: Place,
  isUnansweredKept = false,
): Promise<Config> {
  const live = (await ledger.positions({ statuses: liveStatuses })).map(({ plan }) => plan);
  if (!config.pairs.some(({ isGenerated }) => isGenerated)) return withHeldPairs(config, live);
  const wiring = await import('../../../workers/wiring.ts');
  const env = { ...process.env, ...(endpointsFile === null ? {} : { BASIS_ENDPOINTS: endpointsFile }) };
  const marketData = await wiring.buildMarketData(wiring.commandSurroundings(config, env, home));
  try {
    return withHeldPairs(await wiring.withListedPairs(config, marketData, isUnansweredKept), live);
  } finally {
    await marketData.close();
  }
}
