/** What a client may subscribe: which channel at which address, with which arguments. */
import type { SimMarket } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { balanceAndPositionSubscription, balanceSubscription, positionSubscription } from './account-channels.ts';
import { userId } from './account.ts';
import { booksSubscription, topLevelsSubscription } from './book-channels.ts';
import { candleLengthMs } from './candle-lengths.ts';
import type { ChannelArgument, Connection, Route, SendTo, Subscription } from './connection.ts';
import { OkxError } from './errors.ts';
import type { Ledgers } from './ledger.ts';
import type { MarketSource } from './market-channels.ts';
import {
  candleSubscription,
  fundingSubscription,
  indexSubscription,
  markPriceSubscription,
  openInterestSubscription,
  tickerSubscription,
  tradesSubscription,
} from './market-channels.ts';
import { indexMarket } from './market-views.ts';
import { ordersSubscription } from './order-updates.ts';

export interface ChannelSource {
  readonly context: ProtocolContext;
  readonly ledgers: Ledgers;
}

type Create = (source: MarketSource) => Subscription;

const publicChannels: ReadonlyMap<string, Create> = new Map<string, Create>([
  ['tickers', tickerSubscription],
  ['trades', tradesSubscription],
  ['books', booksSubscription],
  ['books5', (source) => topLevelsSubscription(source, 5)],
  ['bbo-tbt', (source) => topLevelsSubscription(source, 1)],
  ['mark-price', markPriceSubscription],
  ['index-tickers', indexSubscription],
  ['funding-rate', fundingSubscription],
  ['open-interest', openInterestSubscription],
]);
const ofPerpetualsOnly: ReadonlySet<string> = new Set(['funding-rate', 'open-interest']);
/** For accounts that trade far more than these do. */
const volumeChannels: ReadonlyMap<string, Route> = new Map([
  ['books-l2-tbt', 'public'],
  ['books50-l2-tbt', 'public'],
  ['fills', 'private'],
]);
const privateChannels: ReadonlySet<string> = new Set(['account', 'positions', 'balance_and_position', 'orders']);
const instrumentTypes: ReadonlySet<string | undefined> = new Set([
  'SPOT',
  'MARGIN',
  'SWAP',
  'FUTURES',
  'OPTION',
  'ANY',
]);
const usualIntervalMs = 5000;
const intervalsMs: ReadonlySet<number> = new Set([2000, 3000, 4000]);

/** @throws OkxError 60011, 60018, 64003 */
export function createSubscription(
  source: ChannelSource,
  connection: Connection,
  argument: ChannelArgument,
  send: SendTo,
): Subscription {
  const channel = argument['channel'] ?? '';
  if (volumeChannels.get(channel) === connection.route) {
    throw new OkxError('64003', "Your trading fee tier doesn't meet the requirement to access this channel");
  }
  if (connection.route === 'private') return privateSubscription(source, connection, argument, send);
  const create = connection.route === 'public' ? publicChannels.get(channel) : businessChannel(channel);
  const market = channelMarket(source.context, channel, argument);
  if (create === undefined || market === null) throw unknownChannel(argument);
  return create({ context: source.context, market, argument, send });
}

function businessChannel(channel: string): Create | undefined {
  if (channel === 'trades-all') return tradesSubscription;
  const lengthMs = channel.startsWith('candle') ? candleLengthMs(channel.slice('candle'.length)) : null;
  return lengthMs === null ? undefined : (source) => candleSubscription(source, lengthMs);
}

function channelMarket(context: ProtocolContext, channel: string, argument: ChannelArgument): SimMarket | null {
  const id = argument['instId'] ?? '';
  if (channel === 'index-tickers') return indexMarket(context, id);
  const market = context.exchange.state.markets.get(id) ?? null;
  return market !== null && ofPerpetualsOnly.has(channel) && market.instrument.kind === 'spot' ? null : market;
}

function privateSubscription(
  { context, ledgers }: ChannelSource,
  { credentials }: Connection,
  argument: ChannelArgument,
  send: SendTo,
): Subscription {
  const { channel = '', instType, instId, ccy } = argument;
  if (!privateChannels.has(channel)) throw unknownChannel(argument);
  if (credentials === null) throw new OkxError('60011', 'Please log in');
  const { account } = credentials;
  const { markets, accounts } = context.exchange.state;
  const needsType = channel === 'orders' || channel === 'positions';
  const named = instId === undefined || markets.has(instId);
  const known = ccy === undefined || accounts.get(account)?.balances.has(ccy) === true;
  if ((needsType && !instrumentTypes.has(instType)) || !named || !known) throw unknownChannel(argument);
  const { extraParams, ...rest } = argument;
  const pushedArgument = { ...rest, uid: userId(context, account) };
  const common = { context, argument, pushedArgument, account, send };
  const everyMs = pushInterval(extraParams);
  switch (channel) {
    case 'account':
      return balanceSubscription({ ...common, ledgers, everyMs });
    case 'positions':
      return positionSubscription({ ...common, ledgers, everyMs });
    case 'balance_and_position':
      return balanceAndPositionSubscription({ ...common, ledgers, everyMs: null });
    default:
      return ordersSubscription(common);
  }
}

/** Of `{"updateInterval": "0"}`: 0 turns the regular pushes off. */
function pushInterval(extraParams: string | undefined): number | null {
  const [, digits = ''] = /"updateInterval"\s*:\s*"?(\d{1,5})\b/.exec(extraParams ?? '') ?? [];
  if (digits === '0') return null;
  return intervalsMs.has(Number(digits)) ? Number(digits) : usualIntervalMs;
}

export function unknownChannel(argument: ChannelArgument): OkxError {
  const words = Object.entries(argument).map(([name, value]) => `${name}:${value}`);
  const problem = `wrong URL or ${words.join(',').slice(0, 200)} doesn't exist`;
  return new OkxError(
    '60018',
    `Subscribe failed, ${problem}. Please use the correct URL, channel and parameters referring to API document.`,
  );
}
