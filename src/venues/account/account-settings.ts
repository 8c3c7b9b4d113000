/**
 * Fees and settings of an account as its exchange tells them: through ccxt where it is right, else from the raw reply.
 * One entry an exchange; what is not in it is asked of ccxt's unified method.
 */
import { decimal, toText, type DecimalText } from '../../domain/decimal.ts';
import type { AccountFees } from '../../ports/venue-diagnostics.ts';
import { VenueError } from '../../ports/venue.ts';
import { decimalText, isRecord, list, record, text, textOrNull } from '../capabilities/raw.ts';
import type { ExactExchange } from '../exact-exchange.ts';

/** The exchange has no request or no setting of this kind; the message says which. */
export class CannotTell extends Error {}

interface ExactFee {
  readonly taker?: string | undefined;
  readonly maker?: string | undefined;
  readonly info: unknown;
}

interface ExactLeverage {
  readonly longLeverage?: number | string | undefined;
  readonly shortLeverage?: number | string | undefined;
}

/** What ccxt adds to `ExactExchange` for these questions; `has` says which of it an exchange has. */
interface TellingExchange extends ExactExchange {
  readonly walletAddress?: string;
  fetchTradingFee(symbol: string): Promise<ExactFee>;
  fetchLeverage(symbol: string): Promise<ExactLeverage>;
  fetchPositionMode(symbol: string): Promise<{ readonly hedged?: boolean | undefined }>;
  fetchMarginMode(symbol: string): Promise<{ readonly marginMode?: string | undefined }>;
  fetchPosition(symbol: string): Promise<{ readonly info: unknown }>;
  privateGetLeveragepreferences(params: object): Promise<unknown>;
  publicPostInfo(params: object): Promise<unknown>;
}

type Ask<T> = (exchange: TellingExchange, symbol: string) => Promise<T>;

interface AccountSettings {
  readonly fees: Ask<AccountFees>;
  readonly leverage: Ask<DecimalText>;
  readonly positionMode: Ask<'one_way' | 'hedge'>;
  readonly marginMode: Ask<string>;
}

const usual: AccountSettings = {
  async fees(exchange, symbol) {
    mustHave(exchange, 'fetchTradingFee', 'what an account pays');
    const { taker, maker } = await exchange.fetchTradingFee(symbol);
    return feesOf(taker, maker);
  },
  async leverage(exchange, symbol) {
    mustHave(exchange, 'fetchLeverage', 'the leverage');
    const { longLeverage, shortLeverage } = await exchange.fetchLeverage(symbol);
    if (longLeverage !== shortLeverage) {
      throw new VenueError('bad_request', `${symbol}: leverage differs by side: ${longLeverage} and ${shortLeverage}`);
    }
    return decimalText(longLeverage, 'leverage');
  },
  async positionMode(exchange, symbol) {
    mustHave(exchange, 'fetchPositionMode', 'the position mode');
    const { hedged } = await exchange.fetchPositionMode(symbol);
    if (typeof hedged !== 'boolean') throw new VenueError('malformed_reply', `${exchange.id}: no position mode`);
    return hedged ? 'hedge' : 'one_way';
  },
  async marginMode(exchange, symbol) {
    mustHave(exchange, 'fetchMarginMode', 'the margin mode');
    const { marginMode } = await exchange.fetchMarginMode(symbol);
    return text(marginMode, 'margin mode');
  },
};

const oneWay: Pick<AccountSettings, 'positionMode'> = { positionMode: () => Promise.resolve('one_way') };

const special: Readonly<Record<string, Partial<AccountSettings>>> = {
  bybit: {
    // ccxt cuts the leverage to a whole number, and has no request for the position mode.
    leverage: async (exchange, symbol) => decimalText((await bybitPosition(exchange, symbol))['leverage'], 'leverage'),
    positionMode: async (exchange, symbol) =>
      text((await bybitPosition(exchange, symbol))['positionIdx'], 'position index') === '0' ? 'one_way' : 'hedge',
  },
  okx: {
    fees: async (exchange, symbol) => okxFees(symbol, (await exchange.fetchTradingFee(symbol)).info),
    marginMode: () => Promise.reject(new CannotTell('okx takes the margin mode with each order')),
  },
  krakenfutures: {
    ...oneWay,
    // https://docs.kraken.com/openapi/futures-rest.yaml: its fee schedules are kept, and no longer what is charged.
    fees: () =>
      Promise.reject(new CannotTell('krakenfutures has no request that tells what it has charged since 2026-06-22')),
    leverage: async (exchange, symbol) => {
      const preference = await krakenLeverage(exchange, symbol);
      if (preference === null)
        throw new CannotTell(`krakenfutures has no leverage setting for ${symbol}: cross margin`);
      return preference;
    },
    // A leverage preference is what makes a market isolated.
    marginMode: async (exchange, symbol) => ((await krakenLeverage(exchange, symbol)) === null ? 'cross' : 'isolated'),
  },
  hyperliquid: {
    ...oneWay,
    leverage: async (exchange, symbol) => decimalText((await assetData(exchange, symbol))['value'], 'leverage'),
    marginMode: async (exchange, symbol) => text((await assetData(exchange, symbol))['type'], 'margin mode'),
  },
  dydx: {
    ...oneWay,
    leverage: () =>
      Promise.reject(new CannotTell('dydx has no leverage setting: a sub-account is margined as a whole')),
    marginMode: () => Promise.resolve('cross'),
  },
};

/** @throws CannotTell, and whatever ccxt throws. */
export function accountSettings(exchange: ExactExchange): {
  readonly [Name in keyof AccountSettings]: (symbol: string) => ReturnType<AccountSettings[Name]>;
} {
  const { fees, leverage, positionMode, marginMode } = { ...usual, ...special[exchange.id] };
  const telling = asTelling(exchange);
  return {
    fees: (symbol) => fees(telling, symbol),
    leverage: (symbol) => leverage(telling, symbol),
    positionMode: (symbol) => positionMode(telling, symbol),
    marginMode: (symbol) => marginMode(telling, symbol),
  };
}

function asTelling(exchange: ExactExchange): TellingExchange {
  if (isTelling(exchange)) return exchange;
  throw new VenueError('bad_request', `${exchange.id} is not an exchange of ccxt`);
}

function isTelling(exchange: ExactExchange): exchange is TellingExchange {
  return 'fetchTradingFee' in exchange;
}

function mustHave(exchange: ExactExchange, method: string, what: string): void {
  const has = exchange.has[method];
  if (has !== true && has !== 'emulated') throw new CannotTell(`${exchange.id} has no request that tells ${what}`);
}

const bpsOfRate = decimal('10000');

function feesOf(taker: unknown, maker: unknown): AccountFees {
  const bps = (rate: unknown, what: string): DecimalText => toText(decimal(decimalText(rate, what)).times(bpsOfRate));
  return { takerBps: bps(taker, 'taker fee'), makerBps: bps(maker, 'maker fee') };
}

async function bybitPosition(exchange: TellingExchange, symbol: string) {
  return record((await exchange.fetchPosition(symbol)).info, 'position');
}

/** What is charged is negative, and depends on the coin that a contract settles in or a pair is quoted in. */
function okxFees(symbol: string, info: unknown): AccountFees {
  const reply = record(info, 'fees');
  const [pair = '', settle] = symbol.split(':');
  const coin = settle ?? pair.split('/')[1];
  const ending = coin === 'USDC' ? 'USDC' : settle === 'USDT' ? 'U' : '';
  const charged = (name: string): DecimalText => {
    const rate = textOrNull(reply[`${name}${ending}`]) ?? reply[name];
    return toText(decimal(decimalText(rate, `${name} fee`)).times(decimal('-1')));
  };
  return feesOf(charged('taker'), charged('maker'));
}

async function krakenLeverage(exchange: TellingExchange, symbol: string): Promise<DecimalText | null> {
  const id = exchange.markets?.[symbol]?.id ?? symbol;
  const reply = record(await exchange.privateGetLeveragepreferences({ symbol: id }), 'leverage preferences');
  const found = list(reply['leveragePreferences'], 'leverage preferences').find(
    (entry) => isRecord(entry) && String(entry['symbol']).toUpperCase() === id.toUpperCase(),
  );
  return isRecord(found) ? decimalText(found['maxLeverage'], 'leverage') : null;
}

async function assetData(exchange: TellingExchange, symbol: string) {
  const coin = exchange.markets?.[symbol]?.baseName;
  const user = exchange.options['subAccountAddress'] ?? exchange.walletAddress;
  const reply = await exchange.publicPostInfo({ type: 'activeAssetData', user, coin });
  return record(record(reply, 'asset data')['leverage'], 'leverage');
}
