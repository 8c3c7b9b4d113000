/** The configured pairs as the exchanges list them: what was written must exist, what was generated is left out if not. */
import type { Config } from '../src/config/schema.ts';
import { generatePairs, type LeftOut, type MarketKinds } from '../src/config/universe.ts';
import type { Instrument } from '../src/domain/instrument.ts';
import type { LegName } from '../src/domain/order.ts';
import type { LegPlan } from '../src/domain/position.ts';
import { VenueError, type MarketData, type Venue } from '../src/ports/venue.ts';
import type { Pair } from '../src/strategy/pair.ts';
import { dialects } from '../src/venues/dialects.ts';
import { legRefusal } from '../src/venues/account/position-needs.ts';

type ConfiguredPair = Config['pairs'][number];
type Instruments = Pick<MarketData, 'instruments'>;

export interface LoadedPairs {
  readonly pairs: readonly Pair[];
  /** Of the universe: markets that the exchanges do not have, and what the rule itself does not take in. */
  readonly leftOut: readonly LeftOut[];
}

/** Of exchanges that are served. */
export const marketKinds: MarketKinds = (venue) => dialects.get(venue)?.kinds ?? null;

/** @throws Error where a pair that was written out cannot be traded, where none is left, or an exchange does not answer */
export async function loadUniverse(config: Config, marketData: Instruments): Promise<LoadedPairs> {
  const legs = createLegs(config, marketData);
  const refused = new Map<string, string>();
  const pairs: Pair[] = [];
  for (const [pair, spot, perp] of await Promise.all(config.pairs.map(legs.ofPair))) {
    for (const leg of [spot, perp]) if ('reason' in leg) refused.set(leg.what, leg.reason);
    if ('reason' in spot || 'reason' in perp) continue;
    const leverage = config.accounts[pair.perp.account]?.leverage ?? '3';
    pairs.push({ pairId: pairId(pair.spot, pair.perp), asset: pair.asset, spot, perp, leverage, kinds: pair.kinds });
  }
  const { universe, accounts } = config;
  const leftOut = [
    ...[...refused].map(([what, reason]) => ({ what, reason })),
    ...(universe === null ? [] : generatePairs(universe, accounts, marketKinds).leftOut),
  ];
  if (pairs.length > 0) return { pairs, leftOut };
  const reasons = leftOut.map(({ what, reason }) => `${what}: ${reason}`);
  throw new Error(['the universe has no pair', ...reasons].join('; '));
}

/** @throws as `loadUniverse` */
export async function loadPairs(config: Config, marketData: Instruments): Promise<readonly Pair[]> {
  return (await loadUniverse(config, marketData)).pairs;
}

/**
 * The configuration without generated pairs that the exchanges do not have: what accounts and feeds go by.
 * @param isUnansweredKept a leg whose exchange does not answer is taken for listed, instead of an error
 */
export async function withListedPairs(
  config: Config,
  marketData: Instruments,
  isUnansweredKept = false,
): Promise<Config> {
  const legs = createLegs(config, marketData);
  const isMissing = async (pair: ConfiguredPair, name: LegName): Promise<boolean> => {
    try {
      return 'reason' in (await legs.leg(pair, name));
    } catch (error) {
      if (!isUnansweredKept || !(error instanceof VenueError)) throw error;
      return false;
    }
  };
  const pairs = await Promise.all(
    config.pairs.map(async (pair) => {
      if (!pair.isGenerated) return [pair];
      const missing = await Promise.all([isMissing(pair, 'spot'), isMissing(pair, 'perp')]);
      return missing.includes(true) ? [] : [pair];
    }),
  );
  return { ...config, pairs: pairs.flat() };
}

/** Each leg is looked up once, however many pairs it is in. */
function createLegs(config: Config, marketData: Instruments) {
  const found = new Map<string, Promise<LegPlan | LeftOut>>();

  function leg(pair: ConfiguredPair, name: LegName): Promise<LegPlan | LeftOut> {
    const { account, symbol } = pair[name];
    const key = `${account} ${symbol} ${pair.isGenerated}`;
    const known = found.get(key) ?? (pair.isGenerated ? leftOutIfRefused(pair, name) : loaded(pair, name));
    found.set(key, known);
    return known;
  }

  async function leftOutIfRefused(pair: ConfiguredPair, name: LegName): Promise<LegPlan | LeftOut> {
    const { account, symbol } = pair[name];
    try {
      return await loaded(pair, name);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { what: `${account} ${symbol}`, reason: error.message };
    }
  }

  async function loaded({ asset, ...legs }: ConfiguredPair, name: LegName): Promise<LegPlan> {
    const { account, symbol } = legs[name];
    const terms = config.accounts[account];
    if (terms === undefined) throw new Error(`pair ${asset}: no account ${account}`);
    const [instrument] = await marketData.instruments(terms.venue, [symbol]);
    if (instrument === undefined) throw new NotTraded(`pair ${asset}: ${terms.venue} does not list ${symbol}`);
    const capabilities = dialects.get(terms.venue)?.capabilities;
    const refusal =
      capabilities === undefined ? null : legRefusal(capabilities, instrument, name, config.execution.style);
    if (refusal !== null) throw new NotTraded(`pair ${asset}: ${refusal}`);
    const { takerBps, makerBps, perpTakerBps, perpMakerBps, spotFeeCoin } = terms.fees;
    if (name === 'perp') return { account, instrument, takerFeeBps: perpTakerBps, makerFeeBps: perpMakerBps };
    return { account, ...paidIn(instrument, spotFeeCoin), takerFeeBps: takerBps, makerFeeBps: makerBps };
  }

  return {
    leg,
    ofPair: async (pair: ConfiguredPair) => {
      const [spot, perp] = await Promise.all([leg(pair, 'spot'), leg(pair, 'perp')]);
      return [pair, spot, perp] as const;
    },
  };
}

/** A fee in a third coin leaves what is bought whole, as one in the quote coin does. */
function paidIn(instrument: Instrument, feeCoin: string | undefined): Pick<LegPlan, 'instrument' | 'feeCoin'> {
  const isThird = feeCoin !== undefined && feeCoin !== instrument.base;
  return isThird ? { instrument: { ...instrument, feeCurrency: 'quote' }, feeCoin } : { instrument };
}

/** The exchange answered, and the leg cannot be traded there. */
class NotTraded extends Error {}

function isRefusal(error: unknown): error is Error {
  return error instanceof NotTraded || (error instanceof VenueError && error.kind === 'bad_symbol');
}

export function pairId(spot: { account: string; symbol: string }, perp: { account: string; symbol: string }): string {
  return `${spot.symbol}@${spot.account}~${perp.symbol}@${perp.account}`;
}

/** The account's perpetuals, those of the universe as far as its exchange has them. */
export async function perpetualsOf(
  config: Config,
  account: string,
  venue: Pick<Venue, 'instruments'>,
): Promise<string[]> {
  const perps = config.pairs.filter(({ perp }) => perp.account === account);
  const written = perps.filter(({ isGenerated }) => !isGenerated).map(({ perp }) => perp.symbol);
  const symbols = [...new Set(perps.map(({ perp }) => perp.symbol))];
  const listed = await Promise.all(
    symbols.map(async (symbol) => {
      if (written.includes(symbol)) return true;
      return venue.instruments([symbol]).then(
        () => true,
        (error: unknown) => {
          if (isRefusal(error)) return false;
          throw error;
        },
      );
    }),
  );
  return symbols.filter((_symbol, index) => listed[index]);
}
