/** Paper mode's feed as a process: the real exchanges' public data, without any key, to the simulated exchanges. */
import { systemClock } from '../../src/clock/system-clock.ts';
import { configuredInstruments } from '../../src/config/instruments.ts';
import { withListedPairs } from '../pairs.ts';
import { buildRealMarketData, type Surroundings } from '../wiring.ts';
import { connectFeed } from './feed-connection.ts';
import { feedMarkets } from './feed-markets.ts';

/**
 * `BASIS_FEED` is the feed port. Resolves once it is connected; `ended` when this process is asked to stop and
 * everything is closed.
 * @throws Error in another mode, or without a feed port
 */
export async function startFeed(surroundings: Surroundings): Promise<{ ended: Promise<void> }> {
  const { config, env, log, stopping } = surroundings;
  if (config.mode !== 'paper') throw new Error(`mode ${config.mode} has no feed: only paper has`);
  const address = env['BASIS_FEED'];
  if (address === undefined) throw new Error('BASIS_FEED is not set: the feed port of the simulated exchanges');
  const marketData = await buildRealMarketData(surroundings);
  const connection = connectFeed(address, log, stopping);
  const feeding = feedMarkets(
    { marketData, connection, clock: systemClock, log },
    // Of the universe, what the real exchanges have.
    configuredInstruments(await withListedPairs(config, marketData)),
    stopping,
  );
  const ended = Promise.all([feeding, connection.ended]).then(() => marketData.close());
  await Promise.race([connection.connected, ended]);
  return { ended };
}
