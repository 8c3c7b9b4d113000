/** Who asks: a signed token of a CDP key (ES256), or the older headers with an HMAC. */
import { createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isObject } from '../../json.ts';
import type { Credentials, RestRequest } from '../protocol.ts';
import { header, hmacSha256, signatureMatches } from '../protocol.ts';
import { unauthorised, v2Error } from './errors.ts';

/** The host that clients sign, whichever address they are pointed at. */
const apiHost = 'api.coinbase.com';
const issuers = ['cdp', 'coinbase-cloud'];
/** How long a token may live, and how far an HMAC's time may be from the exchange's. */
const tokenSeconds = 120;
const hmacSeconds = 30;

export interface Authenticator {
  /** @throws CoinbaseError 401 */
  rest(request: RestRequest): Credentials;
  /** Null when the token does not hold. A token for websockets names no request. */
  token(jwt: string, wallMs: number): Credentials | null;
  /** The older form for websockets: HMAC of time, channel and products. */
  websocketHmac(
    apiKey: string,
    timestamp: string,
    signature: string,
    signed: string,
    wallMs: number,
  ): Credentials | null;
}

export function createAuthenticator(credentials: readonly Credentials[]): Authenticator {
  const publicKeys = new Map<string, KeyObject | null>();
  const find = (apiKey: string): Credentials | undefined => credentials.find((each) => each.apiKey === apiKey);

  function publicKeyOf(known: Credentials): KeyObject | null {
    const kept = publicKeys.get(known.apiKey);
    if (kept !== undefined) return kept;
    const made = publicKey(known.secret);
    publicKeys.set(known.apiKey, made);
    return made;
  }

  /** @param accepts whether the token's `uri` is right */
  function holderOf(jwt: string, wallMs: number | null, accepts: (uri: unknown) => boolean): Credentials | null {
    const [head = '', payload = '', signature = '', ...rest] = jwt.split('.');
    const header = jsonOf(head);
    const claims = jsonOf(payload);
    if (rest.length > 0 || header['alg'] !== 'ES256' || header['kid'] !== claims['sub']) return null;
    const known = typeof header['kid'] === 'string' ? find(header['kid']) : undefined;
    const key = known === undefined ? null : publicKeyOf(known);
    if (known === undefined || key === null) return null;
    if (!issuers.includes(String(claims['iss'])) || !isCurrent(claims, wallMs) || !accepts(claims['uri'])) return null;
    const signed = Buffer.from(`${head}.${payload}`);
    const holds = verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
    return holds ? known : null;
  }

  return {
    rest(request) {
      const bearer = /^Bearer (\S+)$/.exec(header(request, 'authorization'))?.[1];
      const wallMs = request.ignoreExpiry ? null : request.executedAtMs;
      if (bearer === undefined) return legacy(request, find(header(request, 'cb-access-key')), wallMs);
      const hosts = [apiHost, header(request, 'host')];
      const uris = hosts.map((host) => `${request.method} ${host}${request.path}`);
      const holder = holderOf(bearer, wallMs, (uri) => typeof uri === 'string' && uris.includes(uri));
      if (holder === null) throw unauthorised();
      return holder;
    },
    token: (jwt, wallMs) => holderOf(jwt, wallMs, (uri) => uri === undefined),
    websocketHmac(apiKey, timestamp, signature, signed, wallMs) {
      const known = find(apiKey);
      if (known === undefined || !isNear(timestamp, wallMs)) return null;
      return signatureMatches(hmacSha256(known.secret, signed), signature) ? known : null;
    },
  };
}

/** The public half of a private key in PEM; null when the secret is none. */
function publicKey(secret: string): KeyObject | null {
  try {
    return createPublicKey(secret);
  } catch {
    return null;
  }
}

/** The older form: HMAC of time, method, path and body; v2 signs its query too. */
function legacy(request: RestRequest, known: Credentials | undefined, wallMs: number | null): Credentials {
  const timestamp = header(request, 'cb-access-timestamp');
  if (known === undefined) throw unauthorised();
  if (wallMs !== null && !isNear(timestamp, wallMs)) {
    throw v2Error(401, 'authentication_error', 'request timestamp expired');
  }
  const query = request.rawQuery === '' || request.path.startsWith('/api/v3/') ? '' : `?${request.rawQuery}`;
  const signed = timestamp + request.method + request.path + query + request.body;
  if (!signatureMatches(hmacSha256(known.secret, signed), header(request, 'cb-access-sign'))) throw unauthorised();
  return known;
}

function isNear(timestamp: string, wallMs: number): boolean {
  return /^\d{1,12}$/.test(timestamp) && Math.abs(Number(timestamp) - wallMs / 1000) <= hmacSeconds;
}

/** @param wallMs null: the time is not looked at */
function isCurrent(claims: Readonly<Record<string, unknown>>, wallMs: number | null): boolean {
  const { nbf, exp } = claims;
  if (typeof nbf !== 'number' || typeof exp !== 'number' || exp - nbf > tokenSeconds) return false;
  return wallMs === null || (nbf * 1000 <= wallMs && wallMs < exp * 1000);
}

/** An object in base64url, or an empty one. */
function jsonOf(part: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}
