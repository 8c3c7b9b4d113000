/** Several orders in one request, each with its own answer. */
import type { BinanceCall, Endpoints, Parameters } from '../binance-shared/call.ts';
import { BinanceError, illegal, missing } from '../binance-shared/errors.ts';
import { optional, required } from '../binance-shared/parameters.ts';
import { isObject } from '../../json.ts';
import type { ProtocolContext } from '../protocol.ts';
import { cancelOrder, createOrder } from './orders.ts';

const mostPlaced = 5;
const mostCancelled = 10;

export function batchOrderEndpoints(context: ProtocolContext): Endpoints {
  return {
    'POST /fapi/v1/batchOrders': {
      access: 'trade',
      weight: 5,
      orders: countOf,
      handle: (call) => {
        const orders = orderList(required(call, 'batchOrders'));
        return orders.map((params) => answered(() => createOrder(context, { ...call, params })));
      },
    },
    'DELETE /fapi/v1/batchOrders': {
      access: 'trade',
      weight: 1,
      handle: (call) => {
        const symbol = required(call, 'symbol');
        return namesOf(call).map(([name, value]) => {
          const params = new Map([
            ['symbol', symbol],
            [name, value],
          ]);
          return answered(() => cancelOrder(context, { ...call, params }));
        });
      },
    },
  };
}

/** A refusal is the answer of its own order. */
function answered(action: () => Record<string, unknown>): Record<string, unknown> {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof BinanceError)) throw error;
    return { code: error.code, msg: error.message };
  }
}

function countOf(params: Parameters): number {
  const list = parsedList(params.get('batchOrders') ?? '');
  return list === null ? 0 : Math.min(list.length, mostPlaced);
}

function parsedList(text: string): unknown[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** @throws BinanceError -1100, -4082 */
function orderList(text: string): Parameters[] {
  const list = parsedList(text);
  if (list === null || list.length === 0 || !list.every(isObject)) throw illegal('batchOrders', 'a list of orders');
  if (list.length > mostPlaced) throw new BinanceError(-4082, 'Invalid number of batch place orders.');
  return list.map((fields) => new Map(Object.entries(fields).flatMap(([name, value]) => scalar(name, value))));
}

function scalar(name: string, value: unknown): [string, string][] {
  const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return isScalar ? [[name, String(value)]] : [];
}

/** @throws BinanceError -1102, -1100, -4083 */
function namesOf(call: BinanceCall): [string, string][] {
  const byId = optional(call, 'orderIdList');
  const byClientId = optional(call, 'origClientOrderIdList');
  const text = byId ?? byClientId;
  if (text === undefined) throw missing('orderIdList');
  const list = parsedList(text);
  const isPlain = list?.every((value) => typeof value === 'string' || typeof value === 'number') === true;
  if (list === null || !isPlain) throw illegal(byId === undefined ? 'origClientOrderIdList' : 'orderIdList', 'a list');
  if (list.length === 0 || list.length > mostCancelled) {
    throw new BinanceError(-4083, 'Invalid number of batch cancel orders.');
  }
  return list.map((value) => [byId === undefined ? 'origClientOrderId' : 'orderId', String(value)]);
}
