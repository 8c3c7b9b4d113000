/** Orders taken on the private websocket: the same as REST, with the same outcomes and limits. */
import { isObject } from '../../json.ts';
import type { ProtocolContext } from '../protocol.ts';
import { requirePermission } from './authentication.ts';
import type { OkxBody, OkxParameters } from './call.ts';
import { parametersOf } from './call.ts';
import type { Connection } from './connection.ts';
import { OkxError, parameterError } from './errors.ts';
import { okxInstruments } from './instruments.ts';
import { instrumentCode } from './market-views.ts';
import type { ItemOutcome, OrderCall } from './orders.ts';
import { batchOf, cancelItem, outcomeBody, placeItem } from './orders.ts';
import type { RateLimits } from './rate-limits.ts';
import { checkLimits } from './rate-limits.ts';

type OrderItem = (context: ProtocolContext, call: OrderCall, item: OkxParameters) => ItemOutcome;

interface Operation {
  /** The request whose limit it shares. */
  readonly request: string;
  readonly item: OrderItem;
  readonly isBatch: boolean;
}

export const orderOperations: ReadonlyMap<string, Operation> = new Map([
  ['order', { request: 'POST trade/order', item: placeItem, isBatch: false }],
  ['batch-orders', { request: 'POST trade/batch-orders', item: placeItem, isBatch: true }],
  ['cancel-order', { request: 'POST trade/cancel-order', item: cancelItem, isBatch: false }],
  ['batch-cancel-orders', { request: 'POST trade/cancel-batch-orders', item: cancelItem, isBatch: true }],
]);

export interface SocketOrder {
  readonly operation: Operation;
  readonly args: unknown;
  /** As sent: wall milliseconds, as text. */
  readonly expTime: unknown;
}

/** @throws OkxError 50011, 50061, 50120, 51000, 51111, 60011, 60013 */
export function runOrders(
  context: ProtocolContext,
  limits: RateLimits,
  { credentials }: Connection,
  { operation, args, expTime }: SocketOrder,
): OkxBody {
  if (credentials === null) throw new OkxError('60011', 'Please log in');
  requirePermission(credentials, 'trade');
  const given: unknown[] = Array.isArray(args) ? args : [];
  const { request, item, isBatch } = operation;
  if (given.length === 0 || (!isBatch && given.length > 1) || !given.every(isObject)) {
    throw new OkxError('60013', 'Invalid args');
  }
  const items = batchOf(given.map((one) => namedByInstrument(parametersOf(one))));
  const wallMs = context.wallMs();
  const { account } = credentials;
  if (context.enforceRateLimits) checkLimits(limits, request, { items, account, address: '', wallMs });
  const call = { account, wallMs, expiresAtMs: expiryOf(expTime) };
  return outcomeBody(
    items.map((one) => item(context, call, one)),
    wallMs,
  );
}

function expiryOf(expTime: unknown): number | null {
  if (expTime === undefined || expTime === '') return null;
  const text = typeof expTime === 'string' || typeof expTime === 'number' ? String(expTime) : '';
  if (!/^\d{13}$/.test(text)) throw parameterError('expTime');
  return Number(text);
}

/** Clients may name an instrument by its whole number. */
function namedByInstrument(item: OkxParameters): OkxParameters {
  const code = item.get('instIdCode');
  if (code === undefined || item.has('instId')) return item;
  const named = okxInstruments.find((instrument) => String(instrumentCode(instrument)) === code);
  return new Map([...item, ['instId', named?.id ?? code]]);
}
