/** Signatures, nonces and permissions of private requests. */
import { createHash, createHmac } from 'node:crypto';
import type { Credentials, RestRequest } from '../protocol.ts';
import { header, signatureMatches } from '../protocol.ts';
import { KrakenError } from './errors.ts';
import type { Parameters } from './parameters.ts';
import { formParameters, jsonParameters, requiredText } from './parameters.ts';

export interface Authenticated {
  readonly credentials: Credentials;
  readonly params: Parameters;
  readonly nonce: string;
}

/**
 * The setting of every key: how far a nonce may be below the highest one. Ten seconds of the usual nonces, milliseconds,
 * which is what the exchange recommends where requests overtake each other; on a loopback two share a millisecond.
 */
export const nonceWindow = 10_000n;

/** @throws KrakenError in this order: key, arguments, nonce missing, signature, nonce too far below the highest one */
export type Authenticate = (request: RestRequest) => Authenticated;

/** The last nonce of each key lives in memory only: after a restart a key starts again. */
export function createAuthenticate(known: readonly Credentials[]): Authenticate {
  const byKey = new Map(known.map((credentials) => [credentials.apiKey, credentials]));
  const lastNonces = new Map<string, bigint>();
  return (request) => {
    const credentials = byKey.get(header(request, 'api-key'));
    if (credentials === undefined) throw new KrakenError('EAPI:Invalid key');
    const params = bodyParameters(request);
    const nonce = nonceOf(params);
    const expected = signature(credentials.secret, request.path, nonce, request.body);
    if (!signatureMatches(expected, header(request, 'api-sign'))) throw new KrakenError('EAPI:Invalid signature');
    const value = BigInt(nonce);
    const last = lastNonces.get(credentials.apiKey) ?? 0n;
    // A request that a fault delivers late has an old nonce; `ignoreExpiry` is there to execute it all the same.
    if (value <= last - nonceWindow && !request.ignoreExpiry) throw new KrakenError('EAPI:Invalid nonce');
    if (value > last) lastNonces.set(credentials.apiKey, value);
    return { credentials, params, nonce };
  };
}

/** HMAC-SHA512, keyed with the decoded secret, of the path and the SHA-256 of nonce and body; in base 64. */
export function signature(secret: string, path: string, nonce: string, body: string): string {
  const digest = createHash('sha256')
    .update(nonce + body)
    .digest();
  return createHmac('sha512', Buffer.from(secret, 'base64')).update(path).update(digest).digest('base64');
}

function bodyParameters(request: RestRequest): Parameters {
  const isJson = header(request, 'content-type').includes('json') || request.body.startsWith('{');
  return isJson ? jsonParameters(request.body) : formParameters(request.body);
}

function nonceOf(params: Parameters): string {
  let nonce = '';
  try {
    nonce = requiredText(params, 'nonce');
  } catch {
    // Missing or no scalar: the same answer as for one that is no number.
  }
  if (!/^\d{1,20}$/.test(nonce)) throw new KrakenError('EAPI:Invalid nonce');
  return nonce;
}
