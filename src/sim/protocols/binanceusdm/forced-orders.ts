/** Orders that the exchange itself sent: liquidations and auto-deleveraging, as the public and the account see them. */
import { toText, zero } from '../../../domain/decimal.ts';
import type { BookFeed } from '../../feed/book-feed.ts';
import { averagePrice } from '../../views/market-view.ts';
import type { SimOrder } from '../../exchange/state.ts';
import type { BinanceCall, Endpoints } from '../binance-shared/call.ts';
import { weightWith } from '../binance-shared/call.ts';
import type { MarketStream } from '../binance-shared/market-streams.ts';
import { orderStatus, sideName } from '../binance-shared/orders.ts';
import { choice, chosenMarkets, limitOf, optional } from '../binance-shared/parameters.ts';
import { page, timeWindow, within } from '../binance-shared/window.ts';
import type { ProtocolContext } from '../protocol.ts';
import { orderView, weekWindow } from './views.ts';

/** The newest liquidation of each instrument. */
export type ForcedOrders = ReadonlyMap<string, SimOrder>;

export function createForcedOrders({ exchange }: ProtocolContext): ForcedOrders {
  const newest = new Map<string, SimOrder>();
  exchange.onTransaction(({ events }) => {
    for (const event of events) {
      if (event.kind !== 'order_opened' || event.order.origin !== 'liquidation') continue;
      const order = exchange.state.orders.get(event.order.id);
      if (order !== undefined) newest.set(order.instrument.id, order);
    }
  });
  return newest;
}

/** At most one a second, the newest. */
const intervalMs = 1000;

export function forcedOrderStream(context: ProtocolContext, forced: ForcedOrders, { market }: BookFeed): MarketStream {
  const { id } = market.instrument;
  let sent = forced.get(id);
  let sentAtMs = 0;
  return {
    due(wallMs) {
      const order = forced.get(id);
      if (order === undefined || order === sent || wallMs - sentAtMs < intervalMs) return [];
      sent = order;
      sentAtMs = wallMs;
      return [{ channel: `trades/${id}`, data: message(order, context.exchange.clock.marketMs()) }];
    },
  };
}

function message(order: SimOrder, nowMs: number): unknown {
  const average = averagePrice(order.filledQuote, order.filledBase) ?? '0';
  return {
    e: 'forceOrder',
    E: nowMs,
    o: {
      s: order.instrument.id,
      S: sideName(order),
      o: 'LIMIT',
      f: 'IOC',
      q: toText(order.quantity),
      p: order.price === null ? average : toText(order.price ?? zero),
      ap: average,
      X: orderStatus(order),
      l: toText(order.filledBase),
      z: toText(order.filledBase),
      T: order.updatedAtMs,
    },
  };
}

const autoCloseTypes = new Map([
  ['LIQUIDATION', 'liquidation' as const],
  ['ADL', 'adl' as const],
]);

export function forcedOrderEndpoints(context: ProtocolContext): Endpoints {
  return {
    'GET /fapi/v1/forceOrders': {
      access: 'read',
      weight: weightWith('symbol', 20, 50),
      handle: (call) => forcedOf(context, call).map(orderView),
    },
  };
}

function forcedOf(context: ProtocolContext, call: BinanceCall): readonly SimOrder[] {
  const instruments = chosenMarkets(context, call).map(({ instrument }) => instrument);
  const type = optional(call, 'autoCloseType');
  const origin = type === undefined ? null : choice(type, autoCloseTypes, -1130, 'Invalid autoCloseType.');
  const window = timeWindow(call, weekWindow);
  const found = context.exchange
    .viewOf(call.account)
    .orders.filter(
      (order) =>
        order.origin !== 'user' &&
        (origin === null || order.origin === origin) &&
        instruments.includes(order.instrument) &&
        within(order.createdAtMs, window),
    );
  return page(found, limitOf(call, 50, 100), window.fromMs !== null);
}
