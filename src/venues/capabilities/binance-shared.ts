/** What Binance's spot and futures markets say alike. */
import { VenueError, type KeyPermissions } from '../../ports/venue.ts';
import type { InstrumentKind } from '../../domain/instrument.ts';
import { isRecord, textOrNull, type RawRecord } from './raw.ts';
import { callEndpoint } from './usual.ts';
import type { VenueFailure } from './venue-dialect.ts';
import type { VenueReply } from '../calls/call-context.ts';
import type { ExactExchange } from '../exact-exchange.ts';

/** Checked on arrival against the signed timestamp. */
export const recvWindowMs = 5_000;

export function binanceFailure({ body }: Pick<VenueReply, 'body'>): VenueFailure | null {
  if (!isRecord(body)) return null;
  const code = textOrNull(body['code']);
  return code === null || code === '200' || code === '0' ? null : { code, message: textOrNull(body['msg']) ?? '' };
}

/** A ban says until when: it is longer than any `Retry-After`. */
export function bannedForMs(reply: VenueReply, nowMs: number): number | null {
  const bannedUntil = /banned until (\d{13})/.exec(binanceFailure(reply)?.message ?? '')?.[1];
  return bannedUntil === undefined ? null : Math.max(Number(bannedUntil) - nowMs, 0);
}

/** https://developers.binance.com/docs/wallet/account/api-key-permission, one answer for all markets. */
export async function binancePermissions(exchange: ExactExchange, kind: InstrumentKind): Promise<KeyPermissions> {
  const key = await callEndpoint(exchange, 'sapiGetAccountApiRestrictions');
  const trades = key[kind === 'spot' ? 'enableSpotAndMarginTrading' : 'enableFutures'] === true;
  return { trade: trades ? [kind] : [], withdraw: key['enableWithdrawals'] === true };
}

/** https://developers.binance.com/docs/margin_trading/account/Get-BNB-Burn-Status; null: a fee is taken in a coin of its order. */
export function spotFeeCoinOf({ spotBNBBurn }: RawRecord): string | null {
  if (typeof spotBNBBurn !== 'boolean')
    throw new VenueError('malformed_reply', 'spotBNBBurn is neither true nor false');
  return spotBNBBurn ? 'BNB' : null;
}
