/** Keys, receive windows and signatures: the same for requests and for the websocket API. */
import type { Credentials, ProtocolContext, RestRequest } from '../protocol.ts';
import { header, hmacSha256, signatureMatches } from '../protocol.ts';
import type { Parameters } from './call.ts';
import { BinanceError, missing, rejectedKey } from './errors.ts';

/** How far ahead of the server a request's timestamp may be. */
const aheadMs = 1000;
const usualWindow = '5000';
const longestWindowMs = 60_000;

export interface SignedText {
  /** What the client's HMAC covers. */
  readonly text: string;
  readonly params: Parameters;
  readonly executedAtMs: number;
  readonly ignoreExpiry: boolean;
}

/** @throws BinanceError -2014, -2015 */
export function credentialsOf(context: ProtocolContext, apiKey: string): Credentials {
  if (apiKey === '') throw new BinanceError(-2014, 'API-key format invalid.', 401);
  const credentials = context.credentials.find((candidate) => candidate.apiKey === apiKey);
  if (credentials === undefined) throw rejectedKey();
  return credentials;
}

export function apiKeyOf(request: RestRequest): string {
  return header(request, 'x-mbx-apikey');
}

/** The receive window, then the signature. @throws BinanceError -1102, -1131, -1021, -1022 */
export function checkSignature(credentials: Credentials, signed: SignedText): void {
  const { params } = signed;
  const timestamp = params.get('timestamp') ?? '';
  const recvWindow = params.get('recvWindow') ?? usualWindow;
  const signature = params.get('signature') ?? '';
  if (!/^\d{1,16}$/.test(timestamp)) throw missing('timestamp');
  if (!/^\d{1,5}(\.\d{1,3})?$/.test(recvWindow) || Number(recvWindow) > longestWindowMs) {
    throw new BinanceError(-1131, 'recvWindow must be less than 60000.');
  }
  if (signature === '') throw missing('signature');
  const sentAtMs = timestamp.length === 16 ? Number(timestamp) / 1000 : Number(timestamp);
  if (!signed.ignoreExpiry && sentAtMs >= signed.executedAtMs + aheadMs) {
    throw new BinanceError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.");
  }
  if (!signed.ignoreExpiry && signed.executedAtMs - sentAtMs > Number(recvWindow)) {
    throw new BinanceError(-1021, 'Timestamp for this request is outside of the recvWindow.');
  }
  if (!signatureMatches(hmacSha256(credentials.secret, signed.text), signature.toLowerCase())) {
    throw new BinanceError(-1022, 'Signature for this request is not valid.');
  }
}

/** What a request's signature covers: query and body, joined without a separator, less the signature itself. */
export function signedRequestText(request: RestRequest): string {
  return unsigned(request.rawQuery) + unsigned(request.body);
}

function unsigned(text: string): string {
  return text
    .split('&')
    .filter((part) => !part.startsWith('signature='))
    .join('&');
}

/** What a websocket API request's signature covers: its parameters by name, less the signature itself. */
export function signedParametersText(params: Parameters): string {
  return [...params]
    .filter(([name]) => name !== 'signature')
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}
