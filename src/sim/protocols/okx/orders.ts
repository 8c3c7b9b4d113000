/** Placing and cancelling orders: one item at a time, each with its own outcome. Used by REST and by websockets. */
import type { Decimal } from '../../../domain/decimal.ts';
import { zero } from '../../../domain/decimal.ts';
import type { TimeInForce } from '../../exchange/events.ts';
import { positionOf } from '../../exchange/funds.ts';
import type { SimMarket, SimOrder } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { OkxBody, OkxCall, OkxParameters } from './call.ts';
import { amountOrNull, choice, marketNamed, required } from './call.ts';
import { toBase } from './contracts.ts';
import { missingParameter, OkxError, parameterError, refusalError } from './errors.ts';
import type { OrderRequest } from '../../exchange/order-request.ts';

/** What an order operation needs of the request that carries it. */
export type OrderCall = Pick<OkxCall, 'account' | 'wallMs' | 'expiresAtMs'>;

export interface ItemOutcome {
  readonly row: Readonly<Record<string, unknown>>;
  readonly succeeded: boolean;
}

/** Code 0 when all items went through, 2 when some did, 1 when none did. */
export function outcomeBody(outcomes: readonly ItemOutcome[], wallMs: number): OkxBody {
  const succeeded = outcomes.filter((outcome) => outcome.succeeded).length;
  const data = outcomes.map(({ row }) => row);
  const micros = `${wallMs}000`;
  const times = { inTime: micros, outTime: micros };
  if (succeeded === outcomes.length) return { code: '0', data, msg: '', ...times };
  if (succeeded === 0) return { code: '1', data, msg: 'All operations failed', ...times };
  return { code: '2', data, msg: 'Bulk operation partially succeeded.', ...times };
}

const largestBatch = 20;

/** @throws OkxError 51111 */
export function batchOf(items: readonly OkxParameters[]): readonly OkxParameters[] {
  if (items.length > largestBatch) {
    throw new OkxError('51111', `Maximum ${largestBatch} orders can be placed in bulk.`);
  }
  return items;
}

export function placeItem(context: ProtocolContext, call: OrderCall, item: OkxParameters): ItemOutcome {
  return attempt(item, call.wallMs, () => {
    if (call.expiresAtMs !== null && call.expiresAtMs < call.wallMs) {
      throw new OkxError(
        '50036',
        "The expTime can't be earlier than the current system time. Please adjust the expTime and try again.",
      );
    }
    const market = itemMarket(context, item);
    const request = orderRequest(market, item);
    const result = context.exchange.place(call.account, request);
    if (result.kind === 'placed') return result.order;
    const position = positionOf(accountOf(context.exchange.state, call.account), market.instrument.id);
    throw refusalError(result.refusal.reason, !position.quantity.eq(zero));
  });
}

export function cancelItem(context: ProtocolContext, call: OrderCall, item: OkxParameters): ItemOutcome {
  return attempt(item, call.wallMs, () => {
    const market = itemMarket(context, item);
    const order = namedOrder(context, call.account, item);
    if (order === null || order.instrument !== market.instrument) {
      throw new OkxError(
        '51400',
        'Order cancellation failed as the order has been filled, canceled or does not exist.',
      );
    }
    const cancelled = context.exchange.cancel(call.account, order.id);
    if (cancelled !== null) return cancelled;
    throw order.status === 'filled'
      ? new OkxError('51402', 'Order cancellation failed as the order has been completed.')
      : new OkxError('51401', 'Order cancellation failed as the order has been canceled.');
  });
}

/** By `ordId`, or else the newest of `clOrdId`. Orders that the account may not see yet are not found. */
export function namedOrder(context: ProtocolContext, account: string, params: OkxParameters): SimOrder | null {
  const id = params.get('ordId');
  const clientOrderId = params.get('clOrdId');
  const view = context.exchange.viewOf(account);
  if (id !== undefined) return view.order(id);
  if (clientOrderId !== undefined) return view.orderByClientId(clientOrderId);
  throw new OkxError('51003', 'Either client order ID or order ID is required.');
}

function attempt(item: OkxParameters, wallMs: number, operation: () => SimOrder): ItemOutcome {
  const row = (fields: Record<string, unknown>): Record<string, unknown> => ({
    tag: item.get('tag') ?? '',
    ts: String(wallMs),
    subCode: '',
    ...fields,
  });
  try {
    const order = operation();
    return {
      succeeded: true,
      row: row({ clOrdId: order.clientOrderId, ordId: order.id, sCode: '0', sMsg: '' }),
    };
  } catch (error) {
    if (!(error instanceof OkxError)) throw error;
    const { code, message, subCode } = error;
    return {
      succeeded: false,
      row: row({
        clOrdId: item.get('clOrdId') ?? '',
        ordId: item.get('ordId') ?? '',
        sCode: code,
        sMsg: message,
        subCode,
      }),
    };
  }
}

function itemMarket(context: ProtocolContext, item: OkxParameters): SimMarket {
  return marketNamed(context, required(item, 'instId'));
}

const timesInForce: ReadonlyMap<string, TimeInForce> = new Map([
  ['limit', 'gtc'],
  ['market', 'ioc'],
  ['ioc', 'ioc'],
  ['optimal_limit_ioc', 'ioc'],
  ['fok', 'fok'],
  ['post_only', 'post_only'],
]);

/** @throws OkxError */
function orderRequest(market: SimMarket, item: OkxParameters): OrderRequest {
  const { instrument } = market;
  const isSpot = instrument.kind === 'spot';
  const borrow = tradeMode(isSpot, item) === 'cross' && isSpot;
  const side = choice(item, 'side', ['buy', 'sell']);
  if (side === null) throw missingParameter('side');
  const type = required(item, 'ordType');
  const timeInForce = timesInForce.get(type);
  if (timeInForce === undefined || (type === 'optimal_limit_ioc' && isSpot)) throw parameterError('ordType');
  const isMarket = type === 'market' || type === 'optimal_limit_ioc';
  const spendsQuote = isSpot && isMarket && spendsQuoteOf(item, side);
  const size = sizeOf(item);
  checkUnsupported(item, isSpot);
  return {
    instrument: instrument.id,
    clientOrderId: clientOrderIdOf(item),
    side,
    type: isMarket ? 'market' : 'limit',
    timeInForce,
    price: isMarket ? null : priceOf(item),
    quantity: spendsQuote ? size : toBase(instrument, size),
    quantityUnit: spendsQuote ? 'quote' : 'base',
    reduceOnly: choice(item, 'reduceOnly', ['true', 'false']) === 'true',
    ...(borrow ? { borrow } : {}),
  };
}

/** Of the account's mode, multi-currency margin: isolated margin does not exist in it. */
function tradeMode(isSpot: boolean, item: OkxParameters): 'cash' | 'cross' {
  const mode = choice(item, 'tdMode', ['cash', 'cross', 'isolated']);
  if (mode === null) throw missingParameter('tdMode');
  if (mode === 'isolated') throw isolatedUnsupported();
  if (mode === 'cash' && !isSpot) throw parameterError('tdMode');
  return mode;
}

export function isolatedUnsupported(): OkxError {
  return new OkxError(
    '50072',
    'Isolated margin mode is no longer supported in multi-currency margin mode and portfolio margin mode.',
  );
}

/** A spot market buy spends quote currency unless it says otherwise; a sell always names what it sells. */
function spendsQuoteOf(item: OkxParameters, side: 'buy' | 'sell'): boolean {
  const target = choice(item, 'tgtCcy', ['base_ccy', 'quote_ccy']);
  if (side === 'buy') return target !== 'base_ccy';
  if (target === 'quote_ccy') throw parameterError('tgtCcy');
  return false;
}

function sizeOf(item: OkxParameters): Decimal {
  required(item, 'sz');
  return amountOrNull(item, 'sz') ?? zero;
}

function priceOf(item: OkxParameters): Decimal {
  const price = amountOrNull(item, 'px');
  if (price === null) throw new OkxError('51204', 'The price for the limit order cannot be empty.');
  return price;
}

/** 32 letters and digits at most; '' when none was sent. */
function clientOrderIdOf(item: OkxParameters): string {
  const id = item.get('clOrdId') ?? '';
  if (!/^[A-Za-z0-9]{0,32}$/.test(id)) throw parameterError('clOrdId');
  return id;
}

/** What would be ignored silently otherwise. */
function checkUnsupported(item: OkxParameters, isSpot: boolean): void {
  const side = item.get('posSide') ?? 'net';
  if (side !== 'net') throw parameterError('posSide');
  if (isSpot && item.get('reduceOnly') === 'true') {
    throw new OkxError(
      '51133',
      'Reduce-only feature is unavailable for spot transactions in multi-currency margin accounts.',
    );
  }
  for (const name of ['attachAlgoOrds', 'pxUsd', 'pxVol', 'tpTriggerPx', 'slTriggerPx']) {
    if (item.has(name)) throw parameterError(name);
  }
  if (!/^[A-Za-z0-9]{0,16}$/.test(item.get('tag') ?? '')) throw parameterError('tag');
}
