/** Kraken's error texts. A reply is HTTP 200 with `{error, result}`; an empty list of errors is success. */
import type { RefusalReason } from '../../exchange/placement.ts';
import type { RestReply } from '../protocol.ts';

export class KrakenError extends Error {
  /** @param text as on the wire: `EOrder:Unknown order` */
  constructor(text: string) {
    super(text);
    this.name = 'KrakenError';
  }
}

export const invalidArguments = (field: string): KrakenError => new KrakenError(`EGeneral:Invalid arguments:${field}`);
export const unknownPair = (): KrakenError => new KrakenError('EQuery:Unknown asset pair');
export const unknownOrder = (): KrakenError => new KrakenError('EOrder:Unknown order');
export const permissionDenied = (): KrakenError => new KrakenError('EGeneral:Permission denied');
export const invalidSession = (): KrakenError => new KrakenError('ESession:Invalid session');

export function ok(result: unknown): RestReply {
  return { status: 200, body: { error: [], result } };
}

export function failed(text: string, status = 200): RestReply {
  return { status, body: { error: [text] } };
}

const refusals: Readonly<Record<RefusalReason, string>> = {
  quantity_not_positive: 'EGeneral:Invalid arguments:volume',
  quantity_below_minimum: 'EOrder:Order minimum not met',
  quantity_above_maximum: 'EGeneral:Invalid arguments:volume',
  quantity_off_step: 'EGeneral:Invalid arguments:volume',
  price_not_positive: 'EOrder:Invalid price',
  price_off_tick: 'EOrder:Tick size check failed',
  notional_below_minimum: 'EOrder:Cost minimum not met',
  duplicate_client_order_id: 'EGeneral:Invalid arguments:cl_ord_id not unique',
  insufficient_balance: 'EOrder:Insufficient funds',
  insufficient_margin: 'EOrder:Insufficient funds',
  above_leverage_cap: 'EOrder:Margin position size exceeded',
  reduce_only: 'EOrder:Reduce only:No position exists',
  post_only_would_take: 'EOrder:Post only order',
  cannot_fill_at_once: 'EOrder:Invalid order',
  no_market: 'EService:Unavailable',
  market_closed: 'EService:Market in cancel_only mode',
  order_limit: 'EOrder:Orders limit exceeded',
};

export function refusalError(reason: RefusalReason): KrakenError {
  return new KrakenError(refusals[reason]);
}
