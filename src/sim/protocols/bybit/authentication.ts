/** Who sent a request: key, time and signature of its headers. */
import type { Credentials, ProtocolContext, RestRequest } from '../protocol.ts';
import { header, hmacSha256, signatureMatches } from '../protocol.ts';
import { BybitError, parameterError } from './errors.ts';

/** How far ahead of the server a request's timestamp may be. */
const aheadMs = 1000;

/** The order of the checks: key, window, signature. @throws BybitError 10003, 10002, 10004 */
export function authenticate(context: ProtocolContext, request: RestRequest): Credentials {
  const apiKey = header(request, 'x-bapi-api-key');
  const timestamp = header(request, 'x-bapi-timestamp');
  const receiveWindow = header(request, 'x-bapi-recv-window') || '5000';
  const credentials = context.credentials.find((candidate) => candidate.apiKey === apiKey);
  if (credentials === undefined) throw new BybitError(10003, 'API key is invalid.');
  if (!/^\d{1,15}$/.test(timestamp) || !/^\d{1,6}$/.test(receiveWindow)) {
    throw parameterError('invalid timestamp or recv_window');
  }
  const sentAtMs = Number(timestamp);
  const late = request.executedAtMs - sentAtMs > Number(receiveWindow);
  if (!request.ignoreExpiry && (late || sentAtMs - request.executedAtMs >= aheadMs)) {
    throw new BybitError(
      10002,
      `invalid request, please check your server timestamp or recv_window param. req_timestamp[${timestamp}],server_timestamp[${request.executedAtMs}],recv_window[${receiveWindow}]`,
    );
  }
  const payload = request.method === 'POST' ? request.body : request.rawQuery;
  const expected = hmacSha256(credentials.secret, timestamp + apiKey + receiveWindow + payload);
  if (!signatureMatches(expected, header(request, 'x-bapi-sign'))) {
    throw new BybitError(10004, 'error sign! please check your signature generation algorithm.');
  }
  return credentials;
}

/** Reading needs `read`, anything that changes something `trade`. @throws BybitError 10005 */
export function requirePermission(credentials: Credentials, method: string): void {
  if (credentials.permissions.has(method === 'GET' ? 'read' : 'trade')) return;
  throw new BybitError(10005, 'Permission denied, please check your API key permissions.');
}
