/** OKX's endpoints under `/api/v5/trade`: orders in, lists of orders and fills out. */
import { zero } from '../../../domain/decimal.ts';
import { positionOf } from '../../exchange/funds.ts';
import { signedQuantity } from '../../exchange/state.ts';
import type { SimOrder } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { DeadMan } from '../dead-man.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { OkxBody, OkxCall, OkxHandler } from './call.ts';
import { answer, choice, instrumentTypeOf, integerOrNull, required, requiredMarket } from './call.ts';
import { familyOf } from './contracts.ts';
import { missingParameter, OkxError, parameterError, refusalError } from './errors.ts';
import type { Ledgers } from './ledger.ts';
import {
  fillSubType,
  fillView,
  orderInstrumentType,
  orderState,
  orderType,
  orderView,
  presentMoment,
  tradesByOrder,
} from './order-views.ts';
import { batchOf, cancelItem, isolatedUnsupported, namedOrder, outcomeBody, placeItem } from './orders.ts';
import { page, timeWindow } from './paging.ts';

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;
/** OKX's three months, as days. */
const quarterMs = 90 * dayMs;

export interface TradingOptions {
  readonly context: ProtocolContext;
  readonly ledgers: Ledgers;
  readonly deadMan: DeadMan;
}

export function tradingHandlers(options: TradingOptions): Readonly<Record<string, OkxHandler>> {
  const { context } = options;
  return {
    'POST trade/order': (call) => outcomeBody([placeItem(context, call, call.params)], call.wallMs),
    'POST trade/batch-orders': (call) =>
      outcomeBody(
        batchOf(call.items).map((item) => placeItem(context, call, item)),
        call.wallMs,
      ),
    'POST trade/cancel-order': (call) => outcomeBody([cancelItem(context, call, call.params)], call.wallMs),
    'POST trade/cancel-batch-orders': (call) =>
      outcomeBody(
        batchOf(call.items).map((item) => cancelItem(context, call, item)),
        call.wallMs,
      ),
    'POST trade/close-position': (call) => closePosition(context, call),
    'POST trade/cancel-all-after': (call) => cancelAllAfter(options, call),
    'GET trade/order': (call) => {
      const market = requiredMarket(context, call.params);
      const order = namedOrder(context, call.account, call.params);
      if (order === null || order.instrument !== market.instrument) throw new OkxError('51603', 'Order does not exist');
      return answer(orderViews(options, call, [order]));
    },
    'GET trade/orders-pending': (call) => pendingOrders(options, call),
    'GET trade/orders-history': (call) => doneOrders(options, call, weekMs),
    'GET trade/orders-history-archive': (call) => doneOrders(options, call, quarterMs),
    'GET trade/fills': (call) => fills(options, call, 3 * dayMs),
    'GET trade/fills-history': (call) => {
      required(call.params, 'instType');
      return fills(options, call, quarterMs);
    },
  };
}

/** Everything at market, reduce-only. */
function closePosition(context: ProtocolContext, { params, account }: OkxCall): OkxBody {
  const { instrument } = requiredMarket(context, params);
  const mode = choice(params, 'mgnMode', ['cross', 'isolated']);
  if (mode === null) throw missingParameter('mgnMode');
  if (mode === 'isolated') throw isolatedUnsupported();
  if ((params.get('posSide') ?? 'net') !== 'net') throw parameterError('posSide');
  const clientOrderId = params.get('clOrdId') ?? '';
  if (!/^[A-Za-z0-9]{0,32}$/.test(clientOrderId)) throw parameterError('clOrdId');
  const holder = accountOf(context.exchange.state, account);
  const { quantity } = positionOf(holder, instrument.id);
  if (instrument.kind === 'spot' || quantity.eq(zero)) throw new OkxError('51023', "Position doesn't exist.");
  const side = quantity.gt(zero) ? 'sell' : 'buy';
  const pending = [...holder.openOrders].filter(
    (order) => order.instrument === instrument && order.reduceOnly && order.side === side,
  );
  if (pending.length > 0 && params.get('autoCxl') !== 'true') {
    throw new OkxError('51115', 'Cancel all pending close-orders before liquidation.', { status: 429 });
  }
  for (const order of pending) context.exchange.cancel(account, order.id);
  const result = context.exchange.place(account, {
    instrument: instrument.id,
    clientOrderId,
    side,
    type: 'market',
    timeInForce: 'ioc',
    price: null,
    quantity: signedQuantity(side, quantity).abs(),
    quantityUnit: 'base',
    reduceOnly: true,
  });
  if (result.kind === 'refused') throw refusalError(result.refusal.reason, true);
  return answer([{ instId: instrument.id, posSide: 'net', clOrdId: clientOrderId, tag: params.get('tag') ?? '' }]);
}

/** Seconds until all open orders are cancelled, unless sent again before; 0 stops the timer. Wall time. */
function cancelAllAfter({ deadMan }: TradingOptions, { params, account, wallMs }: OkxCall): OkxBody {
  required(params, 'timeOut');
  const seconds = integerOrNull(params, 'timeOut') ?? 0;
  if (seconds !== 0 && (seconds < 10 || seconds > 120)) throw parameterError('timeOut');
  // Timers of orders that share a tag are not modelled.
  if (params.has('tag')) throw parameterError('tag');
  const triggersAtMs = seconds === 0 ? null : wallMs + seconds * 1000;
  deadMan.arm(account, null, triggersAtMs);
  return answer([{ triggerTime: String(triggersAtMs ?? 0), tag: '', ts: String(wallMs) }]);
}

function pendingOrders(options: TradingOptions, call: OkxCall): OkxBody {
  const { params } = call;
  const state = choice(params, 'state', ['live', 'partially_filled']);
  const open = ordersNamed(call, options.context.exchange.viewOf(call.account).openOrders).filter(
    (order) => state === null || orderState(order) === state,
  );
  return answer(
    orderViews(
      options,
      call,
      page(params, open, (order) => order.id),
    ),
  );
}

/** Orders that were done so long ago at most; a window is of their arrival. Unfilled ones are kept as long as others. */
function doneOrders(options: TradingOptions, call: OkxCall, agesMs: number): OkxBody {
  const { params } = call;
  required(params, 'instType');
  const state = choice(params, 'state', ['canceled', 'filled', 'mmp_canceled']);
  const category = choice(params, 'category', [
    'twap',
    'adl',
    'full_liquidation',
    'partial_liquidation',
    'delivery',
    'ddh',
  ]);
  const window = timeWindow(params, call.nowMs, Infinity);
  const done = ordersNamed(call, options.context.exchange.viewOf(call.account).orders).filter(
    (order) =>
      order.status !== 'open' &&
      (state === null || orderState(order) === state) &&
      (category === null || (category === 'full_liquidation' ? 'liquidation' : category) === order.origin) &&
      order.updatedAtMs >= call.nowMs - agesMs &&
      order.createdAtMs >= window.fromMs &&
      order.createdAtMs <= window.toMs,
  );
  return answer(
    orderViews(
      options,
      call,
      page(params, done, (order) => order.id),
    ),
  );
}

/** By `instType`, `instId`, `instFamily`, `uly` and `ordType`, as far as given. */
function ordersNamed({ params }: OkxCall, orders: readonly SimOrder[]): SimOrder[] {
  const matches = instrumentFilter(params);
  const types = params.get('ordType')?.split(',');
  return orders.filter((order) => matches(order) && (types === undefined || types.includes(orderType(order))));
}

function instrumentFilter(params: OkxCall['params']): (order: SimOrder) => boolean {
  const type = instrumentTypeOf(params);
  const id = params.get('instId');
  const family = params.get('instFamily') ?? params.get('uly');
  return (order) =>
    (type === null || orderInstrumentType(order) === type) &&
    (id === undefined || order.instrument.id === id) &&
    (family === undefined || (order.instrument.kind === 'perpetual' && familyOf(order.instrument) === family));
}

function fills({ context, ledgers }: TradingOptions, call: OkxCall, agesMs: number): OkxBody {
  const { params } = call;
  const matches = instrumentFilter(params);
  const orderId = params.get('ordId');
  const subType = params.get('subType');
  const window = timeWindow(params, call.nowMs, agesMs);
  const ledger = ledgers.of(accountOf(context.exchange.state, call.account));
  const found = context.exchange
    .viewOf(call.account)
    .trades.filter(
      (trade) =>
        matches(trade.order) &&
        (orderId === undefined || trade.order.id === orderId) &&
        (subType === undefined || fillSubType(trade) === subType) &&
        trade.executedAtMs >= window.fromMs &&
        trade.executedAtMs <= window.toMs,
    );
  const newest = page(params, found, (trade) => ledger.billIdOf(trade));
  return answer(newest.map((trade) => fillView(trade, ledger.billIdOf(trade))));
}

function orderViews({ context }: TradingOptions, call: OkxCall, orders: readonly SimOrder[]): unknown[] {
  const account = accountOf(context.exchange.state, call.account);
  const trades = tradesByOrder(account.trades, orders);
  return orders.map((order) => orderView(account, order, presentMoment(order, trades.get(order) ?? [])));
}
