/** Who signed a request: OK-ACCESS-* headers, base64 HMAC-SHA256 of timestamp + method + path with query + body. */
import { createHmac } from 'node:crypto';
import type { Credentials, RestRequest } from '../protocol.ts';
import { header, signatureMatches } from '../protocol.ts';
import { OkxError, unauthorised } from './errors.ts';

/** How far a request's timestamp may lie from the server's clock, either way. */
export const windowMs = 30_000;

export function hmacBase64(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64');
}

/** The order of the checks: what is missing, key, passphrase, time, signature. @throws OkxError 50103–50107, 50111, 50105, 50112, 50102, 50113 */
export function authenticate(credentials: readonly Credentials[], request: RestRequest): Credentials {
  const apiKey = neededHeader(request, 'OK-ACCESS-KEY', '50103');
  const passphrase = neededHeader(request, 'OK-ACCESS-PASSPHRASE', '50104');
  const signature = neededHeader(request, 'OK-ACCESS-SIGN', '50106');
  const timestamp = neededHeader(request, 'OK-ACCESS-TIMESTAMP', '50107');
  const found = credentials.find((candidate) => candidate.apiKey === apiKey);
  if (found === undefined) throw unauthorised('50111', 'Invalid OK-ACCESS-KEY');
  if (!signatureMatches(found.password ?? '', passphrase)) {
    throw unauthorised('50105', 'Request header "OK-ACCESS-PASSPHRASE" incorrect.');
  }
  const sentAtMs = parseTimestamp(timestamp);
  if (sentAtMs === null) throw unauthorised('50112', 'Invalid OK-ACCESS-TIMESTAMP');
  if (!request.ignoreExpiry && Math.abs(request.executedAtMs - sentAtMs) > windowMs) {
    throw unauthorised('50102', 'Timestamp request expired');
  }
  const query = request.rawQuery === '' ? '' : `?${request.rawQuery}`;
  const expected = hmacBase64(found.secret, `${timestamp}${request.method}${request.path}${query}${request.body}`);
  if (!signatureMatches(expected, signature)) throw unauthorised('50113', 'Invalid Sign');
  return found;
}

function neededHeader(request: RestRequest, name: string, code: string): string {
  const value = header(request, name.toLowerCase());
  if (value === '') throw unauthorised(code, `Request header "${name}" can't be empty.`);
  return value;
}

/** `2020-12-08T09:08:57.715Z`, with or without the milliseconds. */
function parseTimestamp(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : atMs;
}

/** @throws OkxError 50120 */
export function requirePermission({ permissions }: Credentials, needed: 'read' | 'trade'): void {
  if (!permissions.has(needed)) {
    throw new OkxError('50120', "This API key doesn't have permission to use this function.");
  }
}
