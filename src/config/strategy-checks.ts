/** Checks of the exits and kinds that need more than one field; read as written, like all cross-checks. */
import { exchangeOf } from '../domain/exchange-of.ts';
import { dollarCoins } from '../domain/peg.ts';
import { list, node, string, type Node } from './nodes.ts';
import type { MarketKinds } from './universe.ts';
import type { ConfigIssue, VenueRefusal } from './issue.ts';

export function strategyIssues(root: Node, knownVenues: VenueRefusal): ConfigIssue[] {
  const strategy = node(root['strategy']);
  const pairs = list(root['pairs']).map(node);
  const universe = node(root['universe']);
  const coins = [
    ...pairs.flatMap(coinsOfPair),
    ...[...list(universe['assets']), ...list(universe['quotes'])].map(String),
  ];
  return [
    ...kindIssues(strategy, pairs, universe),
    ...depegIssues(strategy['depeg'], coins, knownVenues),
    ...persistenceIssues(strategy['fundingPersistence'], knownVenues),
    ...loanIssues(strategy, string(node(root['execution'])['style'])),
  ];
}

/** Accounts whose spot orders sell what they borrow. */
export function borrowingAccounts(root: Node, kindsOf: MarketKinds): ReadonlySet<string> {
  if (node(root['strategy'])['shortSpot'] !== 'borrow') return new Set();
  const written = list(root['pairs']).flatMap((pair) => string(node(node(pair)['spot'])['account']) ?? []);
  return new Set([...written, ...(root['universe'] === undefined ? [] : generatingAccounts(root, kindsOf))]);
}

/** Of the universe's spot legs: those named, or all whose exchange may have such markets. */
function generatingAccounts(root: Node, kindsOf: MarketKinds): string[] {
  const { spotAccounts } = node(root['universe']);
  if (Array.isArray(spotAccounts)) return spotAccounts.map(String);
  return Object.entries(node(root['accounts'])).flatMap(([name, account]) => {
    const venue = string(node(account)['venue']);
    return venue === null || kindsOf(venue)?.includes('spot') === false ? [] : [name];
  });
}

function loanIssues(strategy: Node, style: string | null): ConfigIssue[] {
  if (strategy['shortSpot'] !== 'borrow' || style === null || style === 'taker_taker') return [];
  const message = `is ${style}: what is sold on a loan is sold by taker_taker alone`;
  return [{ path: 'execution.style', message }];
}

function kindIssues(strategy: Node, pairs: readonly Node[], universe: Node): ConfigIssue[] {
  if (strategy['funding'] !== undefined && strategy['funding'] !== 'off') return [];
  const sections = [...pairs.map((pair, index) => [`pairs[${index}]`, pair] as const), ['universe', universe] as const];
  return sections.flatMap(([place, { kinds }]) => {
    if (!list(kinds).includes('funding')) return [];
    const message = 'names funding, and strategy.funding is off: say there what a position on the carry must yield';
    return [{ path: `${place}.kinds`, message }];
  });
}

/** A name that is none would be ignored without a word. */
function persistenceIssues(written: unknown, knownVenues: VenueRefusal): ConfigIssue[] {
  return Object.keys(node(written)).flatMap((venue) => {
    const refusal = venue === 'other' ? null : knownVenues(venue);
    return refusal === null ? [] : [{ path: `strategy.fundingPersistence.${venue}`, message: refusal }];
  });
}

/** A coin's value takes two venues; with fewer, everything would be refused without end. */
function depegIssues(depeg: unknown, coins: readonly string[], knownVenues: VenueRefusal): ConfigIssue[] {
  const { references } = node(depeg);
  if (!Array.isArray(references)) return [];
  const seen = list(references).map(node);
  const path = 'strategy.depeg.references';
  const issues = seen.flatMap(({ venue }, index) => {
    const named = string(venue) ?? '';
    const refusal = named === '' ? null : knownVenues(named);
    return refusal === null ? [] : [{ path: `${path}[${index}].venue`, message: refusal }];
  });
  const referenced = seen.map(({ symbol }) => string(symbol)?.split('/')[0] ?? '');
  const traded = coins.filter((coin) => dollarCoins.has(coin) || referenced.includes(coin));
  for (const coin of new Set(traded)) {
    const venues = new Set(
      seen.flatMap(({ venue }, index) =>
        referenced[index] === coin && typeof venue === 'string' ? [exchangeOf(venue)] : [],
      ),
    );
    if (venues.size >= 2) continue;
    const found = venues.size === 0 ? 'none' : [...venues].join(', ');
    const message = `${coin} is traded and has ${venues.size} of the two venues that say what it is worth (${found}): name another ${coin}/USD market, or say depeg: off`;
    issues.push({ path, message });
  }
  return issues;
}

/** Such as USDC and USDT of USDC/USDT and USDC/USDT:USDT. */
function coinsOfPair(pair: Node): string[] {
  return ['spot', 'perp'].flatMap((leg) => string(node(pair[leg])['symbol'])?.split(/[/:]/) ?? []);
}
