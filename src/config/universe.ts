/**
 * The section `universe`: pairs by rule instead of one by one, every spot account with every perpetual account, asset by
 * asset. Which of the markets exist, the exchanges say when they are reached; what does not is left out.
 */
import { z } from 'zod';
import { exchangeOf } from '../domain/exchange-of.ts';
import type { InstrumentKind } from '../domain/instrument.ts';
import { accountName, accountPattern, positionKinds, section, text, yesOrNo } from './fields.ts';

const coin = () => text('a coin, such as USDC', /^[A-Z0-9]+$/);
const account = () => text(accountName, accountPattern);

const exclusionSchema = section({
  asset: coin().optional(),
  /** Of either leg. */
  quote: coin().optional(),
  spotAccount: account().optional(),
  perpAccount: account().optional(),
}).refine((exclusion) => Object.keys(exclusion).length > 0, {
  error: 'must name at least one of: asset, quote, spotAccount, perpAccount',
});

export const universeSchema = section({
  assets: z
    .array(coin(), { error: 'must be a list of coins, such as [BTC, ETH]' })
    .min(1, { error: 'must name a coin' }),
  /** What spots are quoted in and perpetuals settle in. */
  quotes: z.array(coin(), { error: 'must be a list of coins, such as [USDT]' }).min(1, { error: 'must name a coin' }),
  /** Where each leg may be; every account unless given. */
  spotAccounts: z
    .array(account(), { error: 'must be a list of accounts' })
    .min(1, { error: 'must name one' })
    .optional(),
  perpAccounts: z
    .array(account(), { error: 'must be a list of accounts' })
    .min(1, { error: 'must name one' })
    .optional(),
  kinds: positionKinds(),
  allowSameVenue: yesOrNo().prefault('false'),
  allowUnhedgedQuote: yesOrNo().prefault('false'),
  /** Pairs that have all that one of these names. */
  exclude: z
    .array(exclusionSchema, { error: 'must be a list, such as [{ asset: BTC, spotAccount: kraken }]' })
    .prefault([]),
});

export type UniverseTerms = z.output<typeof universeSchema>;

/** What an exchange has; null: not known before it is reached. */
export type MarketKinds = (venue: string) => readonly InstrumentKind[] | null;

export interface GeneratedPair {
  readonly asset: string;
  readonly spot: { readonly account: string; readonly symbol: string };
  readonly perp: { readonly account: string; readonly symbol: string };
}

/** What the rule would give, and why it is not there. */
export interface LeftOut {
  /** Such as `kraken spot DAI/USDT`. */
  readonly what: string;
  readonly reason: string;
}

export interface Generated {
  readonly pairs: readonly GeneratedPair[];
  /** Each reason once. */
  readonly leftOut: readonly LeftOut[];
  /** How many pairs each entry of `exclude` took away. */
  readonly excluded: readonly number[];
}

type Venues = Readonly<Record<string, { readonly venue: string }>>;

export function generatePairs(terms: UniverseTerms, accounts: Venues, kindsOf: MarketKinds = () => null): Generated {
  const pairs: GeneratedPair[] = [];
  const leftOut = new Map<string, string>();
  const excluded = terms.exclude.map(() => 0);
  const spots = accountsOf(terms.spotAccounts, 'spot', accounts, kindsOf);
  const perps = accountsOf(terms.perpAccounts, 'perpetual', accounts, kindsOf);
  for (const leg of legsOf(terms, spots, perps)) {
    const refused = refusal(leg, terms, accounts);
    const matching = terms.exclude.flatMap((exclusion, index) => (isExcluded(leg, exclusion) ? [index] : []));
    for (const index of matching) excluded[index] = (excluded[index] ?? 0) + 1;
    if (matching.length > 0) continue;
    if (refused !== null) leftOut.set(refused.what, refused.reason);
    else pairs.push(pairOf(leg));
  }
  return { pairs, leftOut: [...leftOut].map(([what, reason]) => ({ what, reason })), excluded };
}

interface Leg {
  readonly asset: string;
  readonly spotAccount: string;
  readonly spotQuote: string;
  readonly perpAccount: string;
  readonly perpQuote: string;
}

/** Those named, or all whose exchange may have such markets. */
function accountsOf(
  named: readonly string[] | undefined,
  kind: InstrumentKind,
  accounts: Venues,
  kindsOf: MarketKinds,
): readonly string[] {
  if (named !== undefined) return named;
  return Object.entries(accounts).flatMap(([name, { venue }]) =>
    kindsOf(venue)?.includes(kind) === false ? [] : [name],
  );
}

function* legsOf(
  { assets, quotes }: UniverseTerms,
  spots: readonly string[],
  perps: readonly string[],
): Generator<Leg> {
  for (const asset of assets) {
    const others = quotes.filter((quote) => quote !== asset);
    for (const spotAccount of spots)
      for (const spotQuote of others)
        for (const perpAccount of perps)
          for (const perpQuote of others) yield { asset, spotAccount, spotQuote, perpAccount, perpQuote };
  }
}

function refusal({ spotAccount, spotQuote, perpAccount, perpQuote }: Leg, terms: UniverseTerms, accounts: Venues) {
  const [spotVenue = '', perpVenue = ''] = [accounts[spotAccount]?.venue, accounts[perpAccount]?.venue];
  if (!terms.allowSameVenue && exchangeOf(spotVenue) === exchangeOf(perpVenue)) {
    const reason = `both legs at ${exchangeOf(spotVenue)}; universe.allowSameVenue: true would take them in`;
    return { what: `spot at ${spotAccount} with perpetuals at ${perpAccount}`, reason };
  }
  if (terms.allowUnhedgedQuote || spotQuote === perpQuote) return null;
  const reason = `a move of ${perpQuote} in ${spotQuote} would hit the whole notional; universe.allowUnhedgedQuote: true would take them in`;
  return { what: `spot in ${spotQuote} with perpetuals in ${perpQuote}`, reason };
}

function isExcluded(leg: Leg, { asset, quote, spotAccount, perpAccount }: UniverseTerms['exclude'][number]): boolean {
  return (
    (asset === undefined || asset === leg.asset) &&
    (quote === undefined || quote === leg.spotQuote || quote === leg.perpQuote) &&
    (spotAccount === undefined || spotAccount === leg.spotAccount) &&
    (perpAccount === undefined || perpAccount === leg.perpAccount)
  );
}

function pairOf({ asset, spotAccount, spotQuote, perpAccount, perpQuote }: Leg): GeneratedPair {
  return {
    asset,
    spot: { account: spotAccount, symbol: `${asset}/${spotQuote}` },
    perp: { account: perpAccount, symbol: `${asset}/${perpQuote}:${perpQuote}` },
  };
}

/** Account and symbol of both legs: the same for the same pair, however it came about. */
export function pairName({ spot, perp }: Pick<GeneratedPair, 'spot' | 'perp'>): string {
  return [spot.account, spot.symbol, perp.account, perp.symbol].join(' ');
}
