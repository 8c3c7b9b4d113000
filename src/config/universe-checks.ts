/** Checks of the section `universe`: of what was written, and of the pairs that it comes to. */
import { list, node, string, type Node } from './nodes.ts';
import type { Config } from './schema.ts';
import { generatePairs, pairName, type MarketKinds } from './universe.ts';
import type { ConfigIssue } from './issue.ts';

const accountLists = { spotAccounts: 'spot', perpAccounts: 'perpetual' } as const;

/** Reads the document as it was written. */
export function universeIssues(root: Node, kindsOf: MarketKinds): ConfigIssue[] {
  if (root['universe'] === undefined) return noPairs(root);
  const universe = node(root['universe']);
  const accounts = node(root['accounts']);
  const unknown = (name: unknown, path: string): ConfigIssue[] => {
    const account = string(name);
    if (account === null || Object.hasOwn(accounts, account)) return [];
    const configured = Object.keys(accounts).join(', ') || 'none';
    return [{ path, message: `no account ${account}; configured are: ${configured}` }];
  };
  const named = Object.entries(accountLists).flatMap(([field, kind]) =>
    list(universe[field]).flatMap((name, index): ConfigIssue[] => {
      const path = `universe.${field}[${index}]`;
      const venue = string(node(accounts[string(name) ?? ''])['venue']);
      const kinds = venue === null ? null : kindsOf(venue);
      if (kinds === null || kinds.includes(kind)) return unknown(name, path);
      return [{ path, message: `${venue} has no ${kind} markets: only ${kinds.join(', ')}` }];
    }),
  );
  const excluded = list(universe['exclude']).map(node);
  return [
    ...named,
    ...excluded.flatMap(({ spotAccount, perpAccount }, index) => [
      ...unknown(spotAccount, `universe.exclude[${index}].spotAccount`),
      ...unknown(perpAccount, `universe.exclude[${index}].perpAccount`),
    ]),
    ...['assets', 'quotes', ...Object.keys(accountLists)].flatMap((field) =>
      twice(universe[field], `universe.${field}`),
    ),
  ];
}

function noPairs(root: Node): ConfigIssue[] {
  const { pairs } = root;
  if (pairs === undefined)
    return [{ path: 'pairs', message: 'is missing: must be a list of pairs, or name a universe' }];
  return Array.isArray(pairs) && pairs.length === 0 ? [{ path: 'pairs', message: 'must name at least one pair' }] : [];
}

function twice(names: unknown, path: string): ConfigIssue[] {
  return list(names).flatMap((name, index, all) =>
    all.indexOf(name) === index ? [] : [{ path: `${path}[${index}]`, message: `${string(name) ?? ''} is named twice` }],
  );
}

/** The configuration with the pairs of its universe after its own; one that it names itself is not generated again. */
export function withUniverse(
  config: Config,
  kindsOf: MarketKinds,
): { readonly config: Config; readonly issues: readonly ConfigIssue[] } {
  const { universe, accounts } = config;
  if (universe === null) return { config, issues: [] };
  const { pairs, leftOut, excluded } = generatePairs(universe, accounts, kindsOf);
  const issues: ConfigIssue[] = excluded.flatMap((count, index) =>
    count > 0 ? [] : [{ path: `universe.exclude[${index}]`, message: 'takes no pair away: see its names' }],
  );
  if (pairs.length === 0) {
    const reasons = leftOut.map(({ what, reason }) => `${what}: ${reason}`);
    issues.push({ path: 'universe', message: ['comes to no pair', ...reasons].join('; ') });
  }
  const own = new Set(config.pairs.map(pairName));
  const { kinds, allowSameVenue, allowUnhedgedQuote } = universe;
  const generated = pairs
    .filter((pair) => !own.has(pairName(pair)))
    .map((pair) => ({ ...pair, kinds, allowSameVenue, allowUnhedgedQuote, isGenerated: true }));
  return { config: { ...config, pairs: [...config.pairs, ...generated] }, issues };
}
