/** What differs between exchanges about whose account is used: what a request is signed with, and sub-accounts. */
import type { ExecutionStyle } from '../../domain/position.ts';
import { VenueError } from '../../ports/venue.ts';
import { dialects } from '../dialects.ts';
import type { PaceShare, VenueCredentials } from '../exchange.ts';
import { styleRefusal } from './position-needs.ts';

export type CredentialName = keyof VenueCredentials;

const keyAndSecret: readonly CredentialName[] = ['apiKey', 'secret'];
const needed: Readonly<Record<string, readonly CredentialName[]>> = {
  okx: [...keyAndSecret, 'password'],
  hyperliquid: ['walletAddress', 'privateKey'],
  dydx: ['walletAddress', 'privateKey'],
};

/** By ccxt's names. */
export function neededCredentials(venue: string): readonly CredentialName[] {
  return needed[venue] ?? keyAndSecret;
}

/**
 * What an account takes of its exchange's paces.
 * @param accountsThere of the configuration at this exchange, itself included; they are taken to share one address
 * @param given by a person for this account, above 0 to 1; null: as many as there are share what is counted by address
 */
export function paceShare(venue: string, accountsThere: number, given: number | null): PaceShare {
  if (given !== null) return { orders: given, reads: given };
  return { orders: 1, reads: dialects.get(venue)?.readsCountedBy === 'address' ? 1 / accountsThere : 1 };
}

/** ccxt options by which requests name a sub-account; everywhere else keys belong to one. */
const options: Readonly<
  Record<string, { readonly written: RegExp; readonly like: string; readonly names: readonly string[] }>
> = {
  // Orders name a vault, reads an address; a sub-account is both.
  hyperliquid: {
    written: /^0x[0-9a-fA-F]{40}$/,
    like: 'an address such as 0x…',
    names: ['vaultAddress', 'subAccountAddress'],
  },
  dydx: { written: /^\d{1,6}$/, like: 'a number such as 0', names: ['subAccountNumber', 'subAccountId'] },
};

/** Testnets that ccxt does not know, or that do not exist. */
const withoutTestnet: ReadonlySet<string> = new Set(['kraken', 'coinbase']);

/** Exchanges that src/sim does not speak for. */
const withoutSimulation: ReadonlySet<string> = new Set(['hyperliquid', 'dydx']);

export interface AccountTerms {
  readonly sandbox: boolean;
  /** In mode demo or paper. */
  readonly simulated?: boolean;
  readonly subAccount: string | null;
  /** Of the whole service: every account of a pair must be able to do it. */
  readonly style?: ExecutionStyle;
  /** Spot is sold there on a loan. */
  readonly borrows?: boolean;
}

/** What an exchange does not offer, by the field that asks for it. */
export function accountRefusals(
  venue: string,
  terms: AccountTerms,
): { readonly field: string; readonly message: string }[] {
  const refusals = [];
  const ordersRefused = dialects.get(venue)?.capabilities.ordersRefused;
  if (ordersRefused !== undefined) refusals.push({ field: 'venue', message: ordersRefused });
  const capabilities = dialects.get(venue)?.capabilities;
  if (capabilities !== undefined && ordersRefused === undefined && terms.style !== undefined) {
    const message = styleRefusal(capabilities, terms.style);
    if (message !== null) refusals.push({ field: 'venue', message });
  }
  const lends = capabilities?.lending != null;
  if (terms.borrows === true && capabilities !== undefined && ordersRefused === undefined && !lends) {
    const lenders = [...dialects.values()].filter((one) => one.capabilities.lending != null);
    const names = lenders.map((one) => one.capabilities.venue).join(', ');
    const message = `${venue} lends no coins to spot orders here, which shortSpot: borrow needs; those that do: ${names}`;
    refusals.push({ field: 'venue', message });
  }
  if (terms.sandbox && withoutTestnet.has(venue)) {
    refusals.push({ field: 'venue', message: `${venue} has no testnet: it cannot be used in mode sandbox` });
  }
  if (terms.simulated === true && withoutSimulation.has(venue)) {
    const message = `${venue} is not simulated: it cannot be used in the modes demo and paper`;
    refusals.push({ field: 'venue', message });
  }
  try {
    subAccountOptions(venue, terms.subAccount);
  } catch (error) {
    refusals.push({ field: 'subAccount', message: error instanceof Error ? error.message : String(error) });
  }
  return refusals;
}

/** @throws VenueError `bad_request` where the exchange does not take one with a request, or not written so. */
export function subAccountOptions(venue: string, subAccount: string | null): Readonly<Record<string, unknown>> {
  if (subAccount === null) return {};
  const rule = options[venue];
  if (rule === undefined) {
    const reason = `keys of ${venue} belong to one sub-account by themselves: leave subAccount out and use that one's keys`;
    throw new VenueError('bad_request', reason);
  }
  if (!rule.written.test(subAccount)) throw new VenueError('bad_request', `a sub-account of ${venue} is ${rule.like}`);
  return Object.fromEntries(rule.names.map((name) => [name, subAccount]));
}
