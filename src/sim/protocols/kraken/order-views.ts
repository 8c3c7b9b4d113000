/** Orders and trades as Kraken's REST protocol writes them. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, roundTo, zero } from '../../../domain/decimal.ts';
import type { SimInstrument } from '../../exchange/instruments.ts';
import { averagePrice } from '../../views/market-view.ts';
import { moneyPlaces } from '../../exchange/position.ts';
import type { SimOrder, SimTrade } from '../../exchange/state.ts';
import { padded, seconds } from './format.ts';
import { derivedId, tradeNumber } from './ids.ts';
import { costDecimals, lotDecimals, pairOf } from './instruments.ts';
import { clientIdOf, userReferenceOf } from './references.ts';
import type { OrderRequest } from '../../exchange/order-request.ts';

type Described = Pick<OrderRequest, 'side' | 'type' | 'quantity' | 'price'>;

/** `buy 100.00000000 USDCUSD @ limit 0.9996` */
export function describeRequest(instrument: SimInstrument, order: Described): string {
  const { altname, pairDecimals } = pairOf(instrument);
  const volume = padded(order.quantity, lotDecimals);
  const price = order.price === null ? '' : ` ${padded(order.price, pairDecimals)}`;
  return `${order.side} ${volume} ${altname} @ ${order.type}${price}`;
}

/** What is left of an order that may not rest is cancelled; nothing of this exchange's orders expires by time. */
export const orderStatuses = { open: 'open', filled: 'closed', cancelled: 'canceled', expired: 'canceled' } as const;

/** Why it was cancelled; null when it was not. */
export function reasonOf(order: SimOrder): string | null {
  if (order.status === 'open' || order.status === 'filled') return null;
  if (order.doneReason === 'user' || order.doneReason === 'dead_man_switch') return 'User requested';
  if (order.doneReason === 'cannot_fill_at_once') return 'Fill or kill';
  return 'Immediate or cancel';
}

export function orderFlags(order: SimOrder): string {
  const flags = [
    ...(order.timeInForce === 'post_only' ? ['post'] : []),
    ...(order.quantityUnit === 'quote' ? ['viqc'] : []),
    order.feeIn === 'base' ? 'fcib' : 'fciq',
  ];
  return flags.join(',');
}

/** @param tradeIds null when they were not asked for */
export function orderView(order: SimOrder, tradeIds: readonly string[] | null): Record<string, unknown> {
  const clientId = clientIdOf(order);
  const isClosed = order.status !== 'open';
  const { altname, pairDecimals } = pairOf(order.instrument);
  const average = averagePrice(order.filledQuote, order.filledBase);
  return {
    refid: null,
    userref: userReferenceOf(order),
    ...(clientId === null ? {} : { cl_ord_id: clientId }),
    status: orderStatuses[order.status],
    ...(isClosed ? { reason: reasonOf(order) } : {}),
    opentm: seconds(order.createdAtMs),
    ...(isClosed ? { closetm: seconds(order.updatedAtMs) } : {}),
    starttm: 0,
    expiretm: 0,
    descr: {
      pair: altname,
      type: order.side,
      ordertype: order.type,
      price: order.price === null ? '0' : padded(order.price, pairDecimals),
      price2: '0',
      leverage: 'none',
      order: describeRequest(order.instrument, order),
      close: '',
    },
    vol: padded(order.quantity, lotDecimals),
    vol_exec: padded(order.filledBase, lotDecimals),
    cost: padded(order.filledQuote, costDecimals),
    fee: padded(order.feePaid, costDecimals),
    price: padded(average === null ? zero : decimal(average), pairDecimals),
    stopprice: '0.00000',
    limitprice: '0.00000',
    misc: '',
    oflags: orderFlags(order),
    ...(tradeIds === null || tradeIds.length === 0 ? {} : { trades: tradeIds }),
  };
}

export function tradeView(trade: SimTrade): Record<string, unknown> {
  const { instrument } = trade.order;
  return {
    ordertxid: trade.order.id,
    postxid: derivedId('T', 'position', trade.tradeId),
    pair: instrument.id,
    time: seconds(trade.executedAtMs),
    type: trade.order.side,
    ordertype: trade.order.type,
    price: padded(trade.price, pairOf(instrument).pairDecimals),
    cost: padded(trade.price.times(trade.quantityBase), costDecimals),
    fee: padded(feeInQuote(trade), costDecimals),
    vol: padded(trade.quantityBase, lotDecimals),
    margin: '0.00000',
    leverage: '0',
    misc: '',
    trade_id: tradeNumber(trade.tradeId),
    maker: trade.role === 'maker',
  };
}

/** A trade's fee is told in quote currency, also where it was charged in base. */
function feeInQuote(trade: SimTrade): Decimal {
  const isQuote = trade.feeCurrency === trade.order.instrument.quote;
  return isQuote ? trade.fee : roundTo(trade.fee.times(trade.price), moneyPlaces, 'half_up');
}
