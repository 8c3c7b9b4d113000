/**
 * Checks that need more than one field. They read the document as it was written, not as it was parsed, so that they
 * find what they can beside a mistake elsewhere: every issue is reported at once.
 */
import { decimal } from '../domain/decimal.ts';
import { exchangeOf } from '../domain/exchange-of.ts';
import { accountPrefix, sharesVariables } from './account-variables.ts';
import { alertIssues } from './alert-checks.ts';
import type { ExecutionStyle } from '../domain/position.ts';
import { leverageIssues } from './leverage-checks.ts';
import { node, number, string, type Node } from './nodes.ts';
import { accountName, accountPattern } from './fields.ts';
import { executionStyles } from './schema.ts';
import { borrowingAccounts, strategyIssues } from './strategy-checks.ts';
import type { MarketKinds } from './universe.ts';
import { universeIssues } from './universe-checks.ts';
import type { ConfigIssue, VenueRefusal } from './issue.ts';

/** What an exchange does not offer of an account's terms, by the field that asks for it. */
export type AccountRefusals = (
  venue: string,
  terms: {
    readonly sandbox: boolean;
    readonly simulated: boolean;
    readonly subAccount: string | null;
    /** Of the execution, where it is one of ours. */
    readonly style?: ExecutionStyle;
    /** Whether spot is sold there on a loan. */
    readonly borrows?: boolean;
  },
) => readonly { readonly field: string; readonly message: string }[];

export function crossCheck(
  document: unknown,
  knownVenues: VenueRefusal,
  accountRefusals: AccountRefusals = () => [],
  marketKinds: MarketKinds = () => null,
): ConfigIssue[] {
  const root = node(document);
  const accounts = new Map(Object.entries(node(root['accounts'])).map(([name, account]) => [name, node(account)]));
  return [
    ...accountIssues(accounts, root, knownVenues, accountRefusals, marketKinds),
    ...pairIssues(root, accounts),
    ...universeIssues(root, marketKinds),
    ...modeIssues(root),
    ...thresholdIssues(root),
    ...leverageIssues(root, marketKinds),
    ...alertIssues(root),
    ...strategyIssues(root, knownVenues),
  ];
}

const simulatedModes: readonly (string | null)[] = ['demo', 'paper'];

function accountIssues(
  accounts: ReadonlyMap<string, Node>,
  root: Node,
  knownVenues: VenueRefusal,
  accountRefusals: AccountRefusals,
  marketKinds: MarketKinds,
): ConfigIssue[] {
  const mode = string(root['mode']);
  const style = styleOf(root);
  const borrowers = borrowingAccounts(root, marketKinds);
  const styled = style === null ? {} : { style };
  const issues: ConfigIssue[] = [];
  for (const [name, account] of accounts) {
    const path = `accounts.${name}`;
    if (!accountPattern.test(name)) issues.push({ path, message: `the name must be ${accountName}` });
    const before = [...accounts.keys()].slice(0, [...accounts.keys()].indexOf(name));
    const other = before.find((one) => sharesVariables(one, name) || sharesVariables(name, one));
    if (other !== undefined) {
      const message = `the variables ${accountPrefix(name)}* of its keys could be those of account ${other}: rename one`;
      issues.push({ path, message });
    }
    const venue = string(account['venue']);
    const refusal = venue === null || venue === '' ? null : knownVenues(venue);
    if (refusal !== null) issues.push({ path: `${path}.venue`, message: refusal });
    issues.push(...sandboxIssues(account, path, mode));
    const terms = {
      sandbox: mode === 'sandbox',
      simulated: simulatedModes.includes(mode),
      subAccount: string(account['subAccount']),
      ...styled,
      ...(borrowers.has(name) ? { borrows: true } : {}),
    };
    for (const { field, message } of venue === null || refusal !== null ? [] : accountRefusals(venue, terms)) {
      issues.push({ path: `${path}.${field}`, message });
    }
    const balances = account['startingBalances'];
    for (const currency of Object.keys(node(balances)).filter((one) => !/^[A-Z0-9]+$/.test(one))) {
      issues.push({ path: `${path}.startingBalances.${currency}`, message: 'is not a currency: write it like USDT' });
    }
    if (balances !== undefined && mode !== null && !simulatedModes.includes(mode)) {
      const message = `is for the modes demo and paper; in ${mode} the exchange knows the balances`;
      issues.push({ path: `${path}.startingBalances`, message });
    }
    if (balances === undefined && simulatedModes.includes(mode)) {
      issues.push({
        path: `${path}.startingBalances`,
        message: 'is missing: a simulated account without coins trades nothing',
      });
    }
  }
  return issues;
}

/** Keys of a testnet and real ones must not be taken for each other, nor one leg of a pair be play money. */
function sandboxIssues(account: Node, path: string, mode: string | null): ConfigIssue[] {
  const written = string(account['sandbox']);
  if (written === null || mode === null || (written === 'true') === (mode === 'sandbox')) return [];
  const message =
    written === 'true'
      ? `is for the mode sandbox; in ${mode} nothing goes to a testnet`
      : 'must be true in mode sandbox: every account trades at the testnet of its exchange';
  return [{ path: `${path}.sandbox`, message }];
}

function pairIssues(root: Node, accounts: ReadonlyMap<string, Node>): ConfigIssue[] {
  const written = root['pairs'];
  const pairs = Array.isArray(written) ? written.map(node) : [];
  const seen = new Map<string, number>();
  return pairs.flatMap((pair, index) => {
    const path = `pairs[${index}]`;
    const legs = { spot: node(pair['spot']), perp: node(pair['perp']) };
    const issues = (['spot', 'perp'] as const).flatMap((leg) => unknownAccount(legs[leg], `${path}.${leg}`, accounts));
    const name = [legs.spot, legs.perp].flatMap((leg) => [leg['account'], leg['symbol']]).join(' ');
    const before = seen.get(name);
    if (before !== undefined) issues.push({ path, message: `is the same pair as pairs[${before}]` });
    seen.set(name, before ?? index);
    return [...issues, ...sameVenue(pair, legs, path, accounts), ...coins(pair, legs, path)];
  });
}

function unknownAccount(leg: Node, path: string, accounts: ReadonlyMap<string, Node>): ConfigIssue[] {
  const account = string(leg['account']);
  if (account === null || accounts.has(account)) return [];
  const configured = [...accounts.keys()].join(', ') || 'none';
  return [{ path: `${path}.account`, message: `no account ${account}; configured are: ${configured}` }];
}

interface Legs {
  readonly spot: Node;
  readonly perp: Node;
}

function sameVenue(pair: Node, legs: Legs, path: string, accounts: ReadonlyMap<string, Node>): ConfigIssue[] {
  if (pair['allowSameVenue'] === 'true') return [];
  const [spot, perp] = [legs.spot, legs.perp].map((leg) =>
    string(accounts.get(string(leg['account']) ?? '')?.['venue']),
  );
  if (!spot || !perp || exchangeOf(spot) !== exchangeOf(perp)) return [];
  const message = `both legs are at ${exchangeOf(spot)}: refused, unless the pair says allowSameVenue: true`;
  return [{ path, message }];
}

function coins(pair: Node, legs: Legs, path: string): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const asset = string(pair['asset']);
  const [spotBase, spotQuote] = string(legs.spot['symbol'])?.split('/') ?? [];
  const [perpBase, perpCoins] = string(legs.perp['symbol'])?.split('/') ?? [];
  for (const [leg, base] of [
    ['spot', spotBase],
    ['perp', perpBase],
  ] as const) {
    if (asset === null || base === undefined || base === asset) continue;
    issues.push({ path: `${path}.${leg}.symbol`, message: `trades ${base}, not the pair's asset ${asset}` });
  }
  const [perpQuote, settle] = perpCoins?.split(':') ?? [];
  if (spotQuote && settle && settle === perpQuote && spotQuote !== settle && pair['allowUnhedgedQuote'] !== 'true') {
    const risk = `a move of ${settle} in ${spotQuote} would hit the whole notional`;
    const message = `spot is quoted in ${spotQuote}, the perpetual settles in ${settle}: ${risk}; refused, unless the pair says allowUnhedgedQuote: true`;
    issues.push({ path, message });
  }
  return issues;
}

function modeIssues(root: Node): ConfigIssue[] {
  const mode = string(root['mode']);
  const issues: ConfigIssue[] = [];
  if (mode === 'live' && root['live'] !== 'true') {
    issues.push({
      path: 'live',
      message: 'mode live trades real money: it needs live: true here, and the flag --live',
    });
  }
  if (mode === 'demo' && root['simulation'] === undefined) {
    issues.push({ path: 'simulation', message: 'is missing: the demo replays a tape' });
  }
  if (mode !== null && mode !== 'demo' && root['simulation'] !== undefined) {
    issues.push({ path: 'simulation', message: `is for the mode demo; in ${mode} prices come from the exchanges` });
  }
  const scale = string(node(root['clock'])['scale']);
  if (mode !== null && mode !== 'demo' && scale !== null && !equals(scale, '1')) {
    issues.push({ path: 'clock.scale', message: `must be 1 in mode ${mode}: a real market runs at its own pace` });
  }
  return issues;
}

/** Defaults are written out here as in the schema: a default can contradict a field that is given. */
function thresholdIssues(root: Node): ConfigIssue[] {
  const strategy = node(root['strategy']);
  const sizing = node(root['sizing']);
  const [entry, exit] = [number(strategy['entryBps'] ?? '20'), number(strategy['exitBps'] ?? '5')];
  const [horizon, holding] = [number(strategy['horizonDays']), number(strategy['maxHoldingDays'] ?? '7')];
  const [bootstrap, least] = [number(sizing['bootstrapUsd']), number(sizing['minPositionUsd'] ?? '1000')];
  const issues: ConfigIssue[] = [];
  if (entry && exit && exit.gte(entry)) {
    const message = `exitBps ${exit.toFixed()} must be under entryBps ${entry.toFixed()}: a position would close as it opens`;
    issues.push({ path: 'strategy.exitBps', message });
  }
  if (horizon && holding && horizon.gt(holding)) {
    const message = `must be at most maxHoldingDays ${holding.toFixed()}: no carry is earned after a position is closed`;
    issues.push({ path: 'strategy.horizonDays', message });
  }
  const life = number(node(strategy['funding'])['maxLifeDays']);
  const counted = horizon ?? holding;
  if (life && counted && life.lt(counted)) {
    const message = `must be at least horizonDays ${counted.toFixed()} (maxHoldingDays, where it is not given): no carry is earned after a position is closed`;
    issues.push({ path: 'strategy.funding.maxLifeDays', message });
  }
  if (bootstrap && least && bootstrap.lte(least)) {
    const message = `must be above minPositionUsd ${least.toFixed()}: every position would be refused`;
    issues.push({ path: 'sizing.bootstrapUsd', message });
  }
  return issues;
}

/** Null for a style that is none: the schema says so. */
function styleOf(root: Node): ExecutionStyle | null {
  const written = string(node(root['execution'])['style'] ?? 'taker_taker');
  return executionStyles.find((style) => style === written) ?? null;
}

function equals(first: string, second: string): boolean {
  return number(first)?.eq(decimal(second)) ?? false;
}
