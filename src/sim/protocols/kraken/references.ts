/**
 * The two names that a client may give an order: `cl_ord_id`, unique among its open orders, or `userref`, a number that
 * many orders may share. The exchange's core knows one client id; a `userref` is kept in it behind a word that a
 * `cl_ord_id` cannot hold, with the order's number to keep it unique.
 */
import type { SimOrder } from '../../exchange/state.ts';
import { invalidArguments } from './errors.ts';
import type { Parameters } from './parameters.ts';
import { integerOrNull, textOrNull } from './parameters.ts';

const longUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const shortUuid = /^[0-9a-f]{32}$/i;
/** Visible ASCII. */
const freeText = /^[!-~]{1,18}$/;
const encodedReference = /^userref (-?\d+) \d+$/;

const leastReference = -(2 ** 31);
const greatestReference = 2 ** 31 - 1;

/** @param orderNumber of the order to be placed. @throws KrakenError when a name is malformed, or both are given */
export function clientOrderIdOf(params: Parameters, orderNumber: number): string {
  const clientId = textOrNull(params, 'cl_ord_id');
  const reference = userReferenceOrNull(params);
  if (clientId !== null && reference !== null) throw invalidArguments('cl_ord_id');
  if (reference !== null) return `userref ${reference} ${orderNumber}`;
  if (clientId === null) return '';
  if (!longUuid.test(clientId) && !shortUuid.test(clientId) && !freeText.test(clientId)) {
    throw invalidArguments('cl_ord_id');
  }
  return clientId;
}

/** Null when it is missing. @throws KrakenError when it is no 32-bit integer */
export function userReferenceOrNull(params: Parameters): number | null {
  const reference = integerOrNull(params, 'userref');
  if (reference === null) return null;
  if (reference < leastReference || reference > greatestReference) throw invalidArguments('userref');
  return reference;
}

export function userReferenceOf(order: SimOrder): number | null {
  const encoded = encodedReference.exec(order.clientOrderId)?.[1];
  return encoded === undefined ? null : Number(encoded);
}

/** Null when the client gave none. */
export function clientIdOf(order: SimOrder): string | null {
  return order.clientOrderId === '' || userReferenceOf(order) !== null ? null : order.clientOrderId;
}
