/** Signatures of requests and of websocket challenges, and nonces. */
import { createHash, createHmac } from 'node:crypto';
import type { Credentials, RestRequest } from '../protocol.ts';
import { header, signatureMatches } from '../protocol.ts';
import { invalid, KrakenFuturesError } from './errors.ts';

/** For so long nonces may arrive out of order. */
const disorderMs = 30_000;
const noncesKept = 10_000;

export interface Authenticator {
  /** @throws KrakenFuturesError authenticationError, nonceBelowThreshold, nonceDuplicate */
  rest(request: RestRequest): Credentials;
  /** Null when there is no such key, or it did not sign the challenge. */
  challenge(apiKey: unknown, challenge: string, signed: unknown): Credentials | null;
  knows(apiKey: unknown): boolean;
}

export function createAuthenticator(credentials: readonly Credentials[]): Authenticator {
  const nonces = new Map<string, Nonces>();
  const find = (apiKey: unknown): Credentials | undefined => credentials.find((each) => each.apiKey === apiKey);
  return {
    knows: (apiKey) => find(apiKey) !== undefined,
    rest(request) {
      const known = find(header(request, 'apikey'));
      const nonce = header(request, 'nonce');
      if (known === undefined || !isSigned(known, request, nonce)) throw new KrakenFuturesError('authenticationError');
      if (nonce !== '') useNonce(nonces, known.apiKey, nonce, request.executedAtMs);
      return known;
    },
    challenge(apiKey, challenge, signed) {
      const known = find(apiKey);
      if (known === undefined || typeof signed !== 'string') return null;
      return signatureMatches(signatureOf(known.secret, challenge), signed) ? known : null;
    },
  };
}

/** base64(HMAC-SHA512(base64 secret, SHA-256(text))). */
export function signatureOf(secret: string, text: string): string {
  const digest = createHash('sha256').update(text).digest();
  return createHmac('sha512', Buffer.from(secret, 'base64')).update(digest).digest('base64');
}

/**
 * What is signed: parameters, nonce, path without `/derivatives`. The parameters are taken as they were sent, or, as
 * older clients sign them, before they were encoded.
 */
function isSigned(known: Credentials, request: RestRequest, nonce: string): boolean {
  const given = header(request, 'authent');
  const path = request.path.replace(/^\/derivatives/, '');
  const sent = request.rawQuery + request.body;
  return [sent, plainText(sent)].some((data) =>
    signatureMatches(signatureOf(known.secret, data + nonce + path), given),
  );
}

function plainText(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return encoded;
  }
}

interface Nonces {
  /** Nonces that may still be repeated by mistake, with the wall time of their use, in order of use. */
  readonly used: Map<bigint, number>;
  threshold: bigint;
}

/** A nonce is good once, and only while no much older request had a higher one. */
function useNonce(nonces: Map<string, Nonces>, apiKey: string, text: string, wallMs: number): void {
  if (!/^\d{1,25}$/.test(text)) throw invalid('nonce');
  const nonce = BigInt(text);
  const kept = nonces.get(apiKey) ?? { used: new Map<bigint, number>(), threshold: -1n };
  nonces.set(apiKey, kept);
  for (const [used, atMs] of kept.used) {
    if (wallMs - atMs <= disorderMs && kept.used.size <= noncesKept) break;
    kept.used.delete(used);
    if (used > kept.threshold) kept.threshold = used;
  }
  if (kept.used.has(nonce)) throw new KrakenFuturesError('nonceDuplicate');
  if (nonce <= kept.threshold) throw new KrakenFuturesError('nonceBelowThreshold');
  kept.used.set(nonce, wallMs);
}
