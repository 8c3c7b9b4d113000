/** What a client asks for when it subscribes or unsubscribes, checked. */
import { zero } from '../../../domain/decimal.ts';
import { isObject } from '../../json.ts';
import type { SimMarket } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { KrakenError, invalidSession, permissionDenied } from './errors.ts';
import { wireNumber } from './format.ts';
import { assetOf, costDecimals, lotDecimals, pairNamed, pairOf } from './instruments.ts';
import { candleMinutes, listedCodes } from './market.ts';
import type { MarketSource, MarketSubscription } from './market-streams.ts';
import { bookSubscription, candleSubscription, tickerSubscription, tradeSubscription } from './market-streams.ts';
import type { Tokens } from './tokens.ts';

type Params = Readonly<Record<string, unknown>>;

export type Subscribing =
  | {
      readonly kind: 'market';
      readonly key: string;
      readonly channel: string;
      /** What the acknowledgement repeats. */
      readonly result: Params;
      create(): MarketSubscription;
    }
  | {
      readonly kind: 'user';
      readonly channel: 'executions' | 'balances';
      readonly account: string;
      readonly result: Params;
      readonly snapshots: ReadonlySet<'orders' | 'trades' | 'balances'>;
    }
  | { readonly kind: 'instruments'; readonly data: unknown }
  | { readonly kind: 'refused'; readonly error: string; readonly symbol: string };

const depths: ReadonlySet<unknown> = new Set([10, 25, 100, 500, 1000]);
const mostSymbols = 200;
const malformed = (): KrakenError => new KrakenError('Malformed request');

/** One wish a symbol. @throws KrakenError when the whole request is wrong */
export function readSubscribing(context: ProtocolContext, tokens: Tokens, params: unknown): Subscribing[] {
  if (!isObject(params)) throw malformed();
  switch (params['channel']) {
    case 'book':
    case 'ticker':
    case 'trade':
    case 'ohlc':
      return readMarkets(context, params, params['channel']);
    case 'instrument':
      return [{ kind: 'instruments', data: instrumentData(context) }];
    case 'executions':
    case 'balances':
      return [readUser(context, tokens, params, params['channel'])];
    default:
      throw new KrakenError('Subscription name invalid');
  }
}

type MarketChannel = 'book' | 'ticker' | 'trade' | 'ohlc';

function readMarkets(context: ProtocolContext, params: Params, channel: MarketChannel): Subscribing[] {
  const symbols = params['symbol'];
  if (!Array.isArray(symbols) || symbols.length > mostSymbols) throw malformed();
  const wantsSnapshot = booleanOr(params, 'snapshot', channel !== 'trade');
  const reading = readSettings(params, channel);
  return symbols.map((symbol: unknown): Subscribing => {
    if (typeof symbol !== 'string') throw malformed();
    const instrument = pairNamed(symbol)?.instrument;
    const market = context.exchange.state.markets.get(instrument?.id ?? '');
    if (market === undefined || instrument?.symbol !== symbol) {
      return { kind: 'refused', error: `Currency pair not supported ${symbol}`, symbol };
    }
    return {
      kind: 'market',
      key: JSON.stringify([channel, symbol, reading.settings]),
      channel,
      result: { channel, symbol, snapshot: wantsSnapshot, ...reading.settings },
      create: () => reading.create({ context, market, wantsSnapshot }),
    };
  });
}

interface Settings {
  readonly settings: Params;
  create(source: MarketSource): MarketSubscription;
}

function readSettings(params: Params, channel: MarketChannel): Settings {
  switch (channel) {
    case 'book': {
      const depth = params['depth'] ?? 10;
      if (typeof depth !== 'number' || !depths.has(depth)) throw new KrakenError('Subscription depth not supported');
      return { settings: { depth }, create: (source) => bookSubscription(source, depth) };
    }
    case 'ticker': {
      const trigger = params['event_trigger'] ?? 'trades';
      if (trigger !== 'trades' && trigger !== 'bbo') throw malformed();
      return { settings: { event_trigger: trigger }, create: (source) => tickerSubscription(source, trigger) };
    }
    case 'trade':
      return { settings: {}, create: tradeSubscription };
    case 'ohlc': {
      const { interval } = params;
      if (typeof interval !== 'number' || !candleMinutes.has(interval)) {
        throw new KrakenError('Subscription ohlc interval not supported');
      }
      return { settings: { interval }, create: (source) => candleSubscription(source, interval) };
    }
  }
}

function readUser(
  context: ProtocolContext,
  tokens: Tokens,
  params: Params,
  channel: 'executions' | 'balances',
): Subscribing {
  const { token } = params;
  const credentials = typeof token === 'string' ? tokens.holderOf(token, context.wallMs()) : null;
  if (credentials === null) throw invalidSession();
  if (!credentials.permissions.has('read')) throw permissionDenied();
  const { account } = credentials;
  if (channel === 'balances') {
    const snapshot = booleanOr(params, 'snapshot', true);
    return {
      kind: 'user',
      channel,
      account,
      result: { channel, snapshot },
      snapshots: new Set(snapshot ? ['balances'] : []),
    };
  }
  const orders = booleanOr(params, 'snap_orders', true);
  const trades = booleanOr(params, 'snap_trades', false);
  return {
    kind: 'user',
    channel,
    account,
    result: { channel, snap_orders: orders, snap_trades: trades, order_status: true, maxratecount: 180 },
    snapshots: new Set([...(orders ? ['orders' as const] : []), ...(trades ? ['trades' as const] : [])]),
  };
}

function booleanOr(params: Params, name: string, otherwise: boolean): boolean {
  const value = params[name] ?? otherwise;
  if (typeof value !== 'boolean') throw malformed();
  return value;
}

function instrumentData(context: ProtocolContext): unknown {
  const markets = [...context.exchange.state.markets.values()];
  return { assets: [...listedCodes(context)].map(assetRow), pairs: markets.map(pairRow) };
}

function assetRow(code: string): Params {
  const { decimals, displayDecimals } = assetOf(code);
  return {
    id: code,
    status: 'enabled',
    precision: decimals,
    precision_display: displayDecimals,
    borrowable: false,
    collateral_value: wireNumber(zero, 2),
  };
}

function pairRow({ instrument }: SimMarket): Params {
  const { pairDecimals } = pairOf(instrument);
  return {
    symbol: instrument.symbol,
    base: instrument.base,
    quote: instrument.quote,
    status: 'online',
    qty_precision: lotDecimals,
    qty_increment: wireNumber(instrument.quantityStep, lotDecimals),
    price_precision: pairDecimals,
    cost_precision: costDecimals,
    marginable: false,
    has_index: true,
    cost_min: wireNumber(instrument.minimumNotional, 2),
    price_increment: wireNumber(instrument.priceTick, pairDecimals),
    tick_size: wireNumber(instrument.priceTick, pairDecimals),
    qty_min: wireNumber(instrument.minimumQuantity, lotDecimals),
  };
}
