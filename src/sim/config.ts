/** Configuration of the simulated exchanges: defaults, and a check that names every mistake at once. */
import type { Decimal, DecimalText } from '../domain/decimal.ts';
import { decimal } from '../domain/decimal.ts';
import type { DepthModel } from './exchange/book.ts';
import { isObject } from './json.ts';
import type { FeeText, VenueProfile } from './protocols/profile.ts';
import type { Permission } from './protocols/protocol.ts';
import { permissions } from './protocols/protocol.ts';
import { profileOf, venueNames } from './protocols/registry.ts';
import type { FeeSchedule } from './exchange/rules.ts';

export interface AccountConfig {
  readonly name: string;
  /** Null: made at the first start and kept in the home. */
  readonly apiKey: string | null;
  readonly secret: string | null;
  /** The passphrase, where the venue has one. */
  readonly password: string | null;
  readonly permissions: readonly Permission[];
  readonly balances: Readonly<Record<string, DecimalText>>;
  readonly spotFees: FeeSchedule;
  readonly perpetualFees: FeeSchedule;
}

export type FundingConfig =
  | { readonly kind: 'constant'; readonly rate: Decimal; readonly intervalHours: number }
  | {
      readonly kind: 'recorded';
      readonly file: string;
      readonly intervalHours: number;
      /** For settlements that the file does not hold. */
      readonly rate: Decimal;
    };

export interface VenueConfig {
  readonly port: number;
  readonly model: DepthModel;
  readonly funding: FundingConfig;
  readonly accounts: readonly AccountConfig[];
  /** Unified symbols. */
  readonly instruments: readonly string[];
  /** Listed as well, as far as the venue can and the tape, if there is one, has their prices. */
  readonly wanted: readonly string[];
  /** Whether the venue's rate limits are enforced. */
  readonly rateLimits: boolean;
}

export interface SimConfig {
  /** Null: prices come from the control API alone. */
  readonly tape: string | null;
  readonly venues: Readonly<Record<string, VenueConfig>>;
}

const defaultModel: DepthModel = {
  spreadTicks: decimal('1'),
  levels: 5,
  levelQuantity: decimal('50000'),
  levelTicks: decimal('1'),
  refillMs: 1000,
};

/** A model, not a record: near the mean of binance's settled USDC rates of May to July 2025 (0.3 bps in 8 hours). */
const defaultRate = decimal('0.00003');

export function defaultVenue(profile: VenueProfile): VenueConfig {
  return {
    port: 0,
    model: {
      ...defaultModel,
      spreadTicks: decimal(profile.spreadTicks ?? '1'),
      levels: profile.levels ?? defaultModel.levels,
    },
    funding: { kind: 'constant', rate: defaultRate, intervalHours: profile.fundingIntervalHours },
    accounts: [defaultAccount(profile)],
    instruments: profile.instruments.filter(({ listedByDefault }) => listedByDefault).map(({ symbol }) => symbol),
    wanted: [],
    rateLimits: true,
  };
}

function defaultAccount({ defaultAccount: usual }: VenueProfile): AccountConfig {
  return {
    name: 'main',
    apiKey: null,
    secret: null,
    password: null,
    permissions: ['read', 'trade'],
    balances: usual.balances,
    spotFees: feesOf(usual.spotFees),
    perpetualFees: feesOf(usual.perpetualFees),
  };
}

function feesOf(text: FeeText | null): FeeSchedule {
  return { takerBps: decimal(text?.takerBps ?? '0'), makerBps: decimal(text?.makerBps ?? '0') };
}

/** Reads a parsed JSON document. Mistakes are added to `problems`, each with its path; the result is then unusable. */
export function parseConfig(document: unknown, problems: string[]): SimConfig {
  const root = section(document, '', ['tape', 'venues'], problems);
  const venues: Record<string, VenueConfig> = {};
  for (const [name, value] of Object.entries(section(root['venues'] ?? {}, 'venues', null, problems))) {
    const profile = profileOf(name);
    if (profile !== null) venues[name] = parseVenue(value, profile, problems);
    else problems.push(`venues.${name}: unknown venue; known: ${venueNames.join(', ')}`);
  }
  if (Object.keys(venues).length === 0) problems.push('venues: at least one is needed');
  const tape = root['tape'] ?? null;
  if (tape !== null && typeof tape !== 'string') problems.push('tape: must be a path or null');
  return { tape: typeof tape === 'string' ? tape : null, venues };
}

function parseVenue(value: unknown, profile: VenueProfile, problems: string[]): VenueConfig {
  const path = `venues.${profile.venue}`;
  const usual = defaultVenue(profile);
  const names = ['port', 'model', 'funding', 'accounts', 'instruments', 'wanted', 'rateLimits'];
  const fields = section(value, path, names, problems);
  const accounts = fields['accounts'];
  if (accounts !== undefined && (!Array.isArray(accounts) || accounts.length === 0)) {
    problems.push(`${path}.accounts: must be a list of at least one account`);
  }
  const { rateLimits = usual.rateLimits } = fields;
  if (typeof rateLimits !== 'boolean') problems.push(`${path}.rateLimits: must be true or false`);
  return {
    port: whole(fields['port'], `${path}.port`, usual.port, 0, 65_535, problems),
    model: parseModel(fields['model'], `${path}.model`, usual.model, problems),
    funding: parseFunding(fields['funding'], `${path}.funding`, usual.funding, problems),
    accounts: Array.isArray(accounts)
      ? accounts.map((account: unknown, index) =>
          parseAccount(account, `${path}.accounts[${index}]`, profile, problems),
        )
      : usual.accounts,
    instruments: parseInstruments(fields, path, profile, problems) ?? usual.instruments,
    wanted: parseWanted(fields['wanted'], `${path}.wanted`, problems),
    rateLimits: rateLimits !== false,
  };
}

/** Null when they are left out. */
function parseInstruments(
  fields: Readonly<Record<string, unknown>>,
  venuePath: string,
  { instruments }: VenueProfile,
  problems: string[],
): readonly string[] | null {
  const value = fields['instruments'];
  if (value === undefined) return null;
  const path = `${venuePath}.instruments`;
  const known = instruments.map(({ symbol }) => symbol);
  if (!Array.isArray(value) || (value.length === 0 && fields['wanted'] === undefined)) {
    problems.push(`${path}: must be a list of symbols; known: ${known.join(', ')}`);
    return null;
  }
  return value.filter((symbol: unknown): symbol is string => {
    const isKnown = typeof symbol === 'string' && known.includes(symbol);
    if (!isKnown) problems.push(`${path}: not listed: ${String(symbol)}; known: ${known.join(', ')}`);
    return isKnown;
  });
}

/** Those that the venue does not know are no mistake: it does not list them. */
function parseWanted(value: unknown, path: string, problems: string[]): readonly string[] {
  if (value === undefined) return [];
  const symbols: readonly unknown[] = Array.isArray(value) ? value : [null];
  const texts = symbols.filter((symbol) => typeof symbol === 'string');
  if (texts.length !== symbols.length) problems.push(`${path}: must be a list of symbols`);
  return texts;
}

function parseModel(value: unknown, path: string, usual: DepthModel, problems: string[]): DepthModel {
  if (value === undefined) return usual;
  const names = ['spreadTicks', 'levels', 'levelQuantity', 'levelTicks', 'refillMs'];
  const fields = section(value, path, names, problems);
  return {
    spreadTicks: amount(fields['spreadTicks'], `${path}.spreadTicks`, usual.spreadTicks, problems),
    levels: whole(fields['levels'], `${path}.levels`, usual.levels, 1, 1000, problems),
    levelQuantity: amount(fields['levelQuantity'], `${path}.levelQuantity`, usual.levelQuantity, problems),
    levelTicks: amount(fields['levelTicks'], `${path}.levelTicks`, usual.levelTicks, problems),
    refillMs: whole(fields['refillMs'], `${path}.refillMs`, usual.refillMs, 0, 1e12, problems),
  };
}

function parseFunding(value: unknown, path: string, usual: FundingConfig, problems: string[]): FundingConfig {
  if (value === undefined) return usual;
  const fields = section(value, path, ['kind', 'rate', 'intervalHours', 'file'], problems);
  const intervalHours = whole(fields['intervalHours'], `${path}.intervalHours`, usual.intervalHours, 1, 24, problems);
  const rate = amount(fields['rate'], `${path}.rate`, decimal('0'), problems, true);
  if (fields['kind'] === 'constant') return { kind: 'constant', rate, intervalHours };
  if (fields['kind'] === 'recorded' && typeof fields['file'] === 'string') {
    return { kind: 'recorded', file: fields['file'], intervalHours, rate };
  }
  problems.push(`${path}: must be {"kind": "constant", "rate": …} or {"kind": "recorded", "file": …}`);
  return usual;
}

const accountFields = ['name', 'apiKey', 'secret', 'password', 'permissions', 'balances'];
const feeFields = ['takerFeeBps', 'makerFeeBps', 'perpetualTakerFeeBps', 'perpetualMakerFeeBps'];

/** `takerFeeBps` and `makerFeeBps` are those of spot; of perpetuals at a venue that has nothing else. */
function parseAccount(value: unknown, path: string, profile: VenueProfile, problems: string[]): AccountConfig {
  const usual = defaultAccount(profile);
  const fields = section(value, path, [...accountFields, ...feeFields], problems);
  const text = (name: string): string | null => {
    const field = fields[name] ?? null;
    if (field !== null && (typeof field !== 'string' || field === '')) problems.push(`${path}.${name}: must be text`);
    return typeof field === 'string' ? field : null;
  };
  const balances: Record<string, DecimalText> = {};
  if (fields['balances'] === undefined) Object.assign(balances, usual.balances);
  for (const [currency, held] of Object.entries(
    section(fields['balances'] ?? {}, `${path}.balances`, null, problems),
  )) {
    balances[currency] = amount(held, `${path}.balances.${currency}`, decimal('0'), problems).toFixed();
  }
  const fees = (takerName: string, makerName: string, schedule: FeeSchedule): FeeSchedule => ({
    takerBps: amount(fields[takerName], `${path}.${takerName}`, schedule.takerBps, problems, true),
    makerBps: amount(fields[makerName], `${path}.${makerName}`, schedule.makerBps, problems, true),
  });
  const isPerpetualOnly = profile.defaultAccount.spotFees === null;
  const [perpetualTaker, perpetualMaker] = isPerpetualOnly
    ? (['takerFeeBps', 'makerFeeBps'] as const)
    : (['perpetualTakerFeeBps', 'perpetualMakerFeeBps'] as const);
  return {
    name: text('name') ?? usual.name,
    apiKey: text('apiKey'),
    secret: text('secret'),
    password: text('password'),
    permissions: parsePermissions(fields['permissions'], `${path}.permissions`, problems) ?? usual.permissions,
    balances,
    spotFees: fees('takerFeeBps', 'makerFeeBps', usual.spotFees),
    perpetualFees: fees(perpetualTaker, perpetualMaker, usual.perpetualFees),
  };
}

/** Null when they are left out. */
function parsePermissions(value: unknown, path: string, problems: string[]): readonly Permission[] | null {
  if (value === undefined) return null;
  const given: readonly unknown[] = Array.isArray(value) ? value : [null];
  const known = permissions.filter((permission) => given.includes(permission));
  if (known.length !== given.length) problems.push(`${path}: must be a list of ${permissions.join(', ')}`);
  return known;
}

/** An object's fields; `known` null allows any name. */
function section(
  value: unknown,
  path: string,
  known: readonly string[] | null,
  problems: string[],
): Readonly<Record<string, unknown>> {
  if (!isObject(value)) {
    problems.push(`${path === '' ? 'the configuration' : path}: must be an object`);
    return {};
  }
  for (const name of Object.keys(value)) {
    if (known !== null && !known.includes(name)) {
      problems.push(`${path === '' ? '' : `${path}.`}${name}: unknown key; known: ${known.join(', ')}`);
    }
  }
  return value;
}

function whole(value: unknown, path: string, usual: number, least: number, most: number, problems: string[]): number {
  if (value === undefined) return usual;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  problems.push(`${path}: must be a whole number from ${least} to ${most}`);
  return usual;
}

/** Decimals are written as text, so that none passes through a float. */
function amount(value: unknown, path: string, usual: Decimal, problems: string[], signed = false): Decimal {
  if (value === undefined) return usual;
  if (typeof value === 'string' && (signed ? /^-?\d+(\.\d+)?$/ : /^\d+(\.\d+)?$/).test(value)) return decimal(value);
  problems.push(`${path}: must be a decimal in quotes, such as "0.5"`);
  return usual;
}
